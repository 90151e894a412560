"""Dockerfile, compose.yaml, units and jobs: content with their linters, and true to the program."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

from api.cli import VERBS
from graph.settings import PROJECT, SECRETS, SETTINGS
from tests.houses import CIRCLES, House

BIN = Path(sys.executable).parent
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((PROJECT / "compose.yaml").read_text(encoding="utf-8"))
UNITS = sorted((PROJECT / "deploy" / "systemd").iterdir())
JOBS = sorted((PROJECT / "deploy" / "jobs").iterdir())
KNOWN = {f"CIRCLES_{s.name}" for s in SETTINGS} | {f"CIRCLES_{name}_FILE" for name in SECRETS}
OURS = {
    name: service for name, service in COMPOSE["services"].items() if service["image"].startswith("circles")
}


@pytest.mark.parametrize(
    "command",
    [
        ["hadolint", "Dockerfile"],
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"],
        ["yamllint", "--strict", "compose.yaml", ".yamllint"],
    ],
    ids=lambda command: command[0],
)
def test_linter_is_content(command):
    done = subprocess.run(
        [BIN / command[0], *command[1:]], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def copied():
    """What the Dockerfile takes from the checkout."""
    for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE):
        yield from line.split()[:-1]


def test_the_image_is_built_from_what_is_not_ignored_and_nothing_else():
    listed = (PROJECT / ".dockerignore").read_text().splitlines()
    assert listed[1] == "*"
    assert sorted(line[1:] for line in listed if line.startswith("!")) == sorted(copied())


def test_a_wheel_can_be_made_of_what_is_copied(tmp_path):
    for name in copied():
        source = PROJECT / name
        target = tmp_path / "source" / name
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(source, target, symlinks=True) if source.is_dir() else shutil.copy(source, target)
    build = [BIN / "uv", "build", "--wheel", "--quiet", "--out-dir", tmp_path, tmp_path / "source"]
    subprocess.run(build, check=True, timeout=300)
    assert len(list(tmp_path.glob("*.whl"))) == 1


def test_serving_has_no_torch_and_nothing_runs_as_root():
    serving = DOCKERFILE.split("AS train-packages")[0]
    assert "[serve,load,neo4j]" in serving
    assert "train]" not in serving
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert DOCKERFILE.rstrip().split("FROM ")[-1].startswith("base AS serve")  # what `docker build .` makes


@pytest.mark.parametrize("name", sorted(COMPOSE["services"]))
def test_every_service_is_confined(name):
    service = COMPOSE["services"][name]
    assert service["user"].split(":")[0] not in ("0", "root")
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("read_only") or name == "neo4j"
    assert "deploy" in service or "jobs" in service["profiles"]


def test_the_outside_reaches_tls_only():
    published = {name: s["ports"] for name, s in COMPOSE["services"].items() if "ports" in s}
    assert published.pop("tls") == ["443:8443"]
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


@pytest.mark.parametrize("name", sorted(OURS))
def test_settings_are_known_secrets_are_files_and_commands_are_verbs(name):
    service = OURS[name]
    assert service["environment"].keys() <= KNOWN
    secret = {f"/run/secrets/{secret}" for secret in service["secrets"]}
    assert secret == {value for key, value in service["environment"].items() if key.endswith("_FILE")}
    assert service.get("command", ["serve"])[0] in VERBS


def test_no_secret_is_in_the_repository():
    files = subprocess.run(
        ["git", "ls-files", "deploy/secrets"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert files.stdout.split() == ["deploy/secrets/.gitignore"]
    assert {secret["file"].rsplit("/", 1)[0] for secret in COMPOSE["secrets"].values()} == {"deploy/secrets"}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_have_sections_and_values(unit):
    read = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    read.optionxform = str
    read.read(unit)
    assert {"Unit", "Timer" if unit.suffix == ".timer" else "Service"} <= set(read.sections())
    assert read.has_section("Timer") or read["Service"]["NoNewPrivileges"] == "yes"
    if verify := shutil.which("systemd-analyze"):  # says more, where the machine has it
        _verify(verify, unit)


def _verify(program, unit):
    with tempfile.TemporaryDirectory() as folder:
        text = re.sub(
            r"^ExecStart=\S+", f"ExecStart={shutil.which('true')}", unit.read_text(), flags=re.MULTILINE
        )
        for other in UNITS:
            (Path(folder) / other.name).write_text(other.read_text())
        (Path(folder) / unit.name).write_text(text)
        if unit.suffix == ".timer":  # needs the job that it starts
            return
        command = [program, "verify", "--man=no", "--recursive-errors=no", Path(folder) / unit.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_units_and_jobs_call_verbs_that_exist():
    called = [
        word for path in (*UNITS, *JOBS) for word in re.findall(r"circles\}?\"? (\w+)", path.read_text())
    ]
    assert {"serve", "train", "portraits", "backup"} <= set(called) & VERBS.keys()
    timers = {unit.name.partition("@")[2].removesuffix(".timer") for unit in UNITS if unit.suffix == ".timer"}
    assert timers == {job.name for job in JOBS}


def test_the_nightly_backup_shares_with_the_last_one_and_keeps_fourteen(tmp_path):
    house = House(tmp_path / "home")
    house.run("keys", "create", "service")
    place = tmp_path / "backups"
    place.mkdir()
    for day in range(10, 25):
        (place / f"2020-01-{day}T000000Z").mkdir()
    environment = house.environment() | {"BACKUPS_IN": str(place), "PROGRAM": str(CIRCLES)}
    environment.pop("CIRCLES_STORE")
    shutil.rmtree(place / "2020-01-24T000000Z")
    house.run("backup", str(place / "2020-01-24T000000Z"))
    subprocess.run([PROJECT / "deploy" / "jobs" / "backup"], env=environment, check=True, timeout=120)
    kept = sorted(os.listdir(place))
    assert len(kept) == 14
    assert (kept[0], kept[-2]) == ("2020-01-12T000000Z", "2020-01-24T000000Z")
    shared = [(place / name / "policy.toml").stat().st_ino for name in kept[-2:]]
    assert shared[0] == shared[1]


def test_jobs_are_shell_that_parses():
    for job in JOBS:
        assert os.access(job, os.X_OK)
        subprocess.run(shlex.split(f"sh -n {job}"), check=True)
