"""What is installed from a wheel, away from the checkout, is the whole program."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from graph.local_neo4j.ports import free_port
from graph.settings import PROJECT
from tests.api.conftest import write_exports
from tests.fans import policy_with
from tests.houses import Client

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]
UV = Path(sys.executable).parent / "uv"
SERVING = "serve,load,neo4j"  # as the Dockerfile installs


def environment(**more):
    """Nothing of the checkout, and no setting but those given."""
    dropped = ("CIRCLES_", "PYTHON", "VIRTUAL")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)} | more


def run(*command, cwd, code=0, **more):
    """One command away from the checkout."""
    words, wanted = [str(word) for word in command], {"env": environment(**more), "timeout": 600}
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, **wanted)
    assert done.returncode == code, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Folder of the programs of a fresh environment that has the wheel and what serving needs."""
    base = tmp_path_factory.mktemp("wheel")
    run(UV, "build", "--wheel", "--quiet", "--out-dir", base, PROJECT, cwd=base)
    (wheel,) = base.glob("*.whl")
    run(UV, "venv", "--quiet", "--python", sys.executable, base / "venv", cwd=base)
    python = base / "venv" / "bin" / "python"
    run(UV, "pip", "install", "--quiet", "--python", python, f"{wheel}[{SERVING}]", cwd=base)
    return base / "venv" / "bin"


def test_it_knows_its_verbs_its_policy_and_what_is_missing(installed, tmp_path):
    home = {"CIRCLES_HOME": str(tmp_path / "home")}
    assert "Back up home and graph" in run(installed / "circles", "--help", cwd=tmp_path)
    found = json.loads(run(installed / "circles", "doctor", "--json", cwd=tmp_path, code=1, **home))[
        "findings"
    ]
    says = {(f["what"], f["level"]): f["says"] for f in found}
    assert str(installed.parent) in says["policy", "ok"]
    assert "train is not installed" in says["packages", "note"]


def test_it_serves_the_same_answers_as_the_checkout(installed, service, settings, tmp_path):
    expected = service.ask("GET", "/v1/users/u1/circles").json["items"]
    policy = policy_with(tmp_path, exploration_share=0.0)  # as `service` has it: nothing is drawn by lot
    port, where = free_port(), {"CIRCLES_HOME": str(settings.home), "CIRCLES_POLICY": str(policy)}
    server = subprocess.Popen(
        [installed / "circles", "serve", "--port", str(port), "--workers", "1"],
        cwd=tmp_path,
        env=environment(**where),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        client = Client(f"http://127.0.0.1:{port}", service.keys["service"])
        client.wait()
        assert client.ask("GET", "/readyz")[0] == 200
        assert healthy(port)
        status, answer = client.ask("GET", "/v1/users/u1/circles")
        assert (status, answer["items"]) == (200, expected)
        for path in ("/", "/docs", "/merchant", "/assets/page.css", "/openapi.json", "/readme"):
            assert len(reached(client.base + path)) > 100, path
    finally:
        server.terminate()
        server.wait(timeout=60)
    assert not healthy(port)


def healthy(port):
    """Whether the image's own question is answered with yes."""
    text = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
    command = json.loads(re.search(r"HEALTHCHECK.*?CMD (\[.*?\])$", text, re.MULTILINE | re.DOTALL)[1])
    done = subprocess.run(
        [sys.executable, "-c", command[2].replace("8000", str(port))], check=False, timeout=60
    )
    return done.returncode == 0


def reached(address):
    with urllib.request.urlopen(address, timeout=30) as response:
        return response.read()


def test_it_loads_and_erases(installed, tmp_path):
    home = {"CIRCLES_HOME": str(tmp_path / "home")}
    exports = write_exports(tmp_path / "exports")
    run(installed / "circles", "load", exports, "--assume-consent", cwd=tmp_path, **home)
    assert run(installed / "circles", "graph", "check", cwd=tmp_path, **home) == "all is well\n"
    gone = json.loads(run(installed / "circles", "forget", "u1", "--yes", "--json", cwd=tmp_path, **home))
    assert (gone["users"], gone["payments"]) == (1, 4)
