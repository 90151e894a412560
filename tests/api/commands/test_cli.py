"""The command line as a person meets it: help, exit codes, errors that say what to do."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.cli import VERBS, exit_code
from graph.errors import ConfigError, GateRefused, NotFound, RecordError

CIRCLES = Path(sys.executable).parent / "circles"


def circles(home, *arguments, **environment):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CIRCLES_")}
    kept |= {"CIRCLES_HOME": str(home)} | environment
    return subprocess.run(
        [CIRCLES, *arguments], env=kept, capture_output=True, text=True, timeout=120, check=False
    )


def test_help_names_every_verb_and_imports_nothing_heavy(tmp_path):
    heavy = {"torch", "duckdb", "flask", "scipy"}
    code = f"import sys; import api.cli; print(*({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
    told = circles(tmp_path, "--help").stdout
    assert all(verb in told for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(tmp_path, verb):
    told = circles(tmp_path, verb, "--help")
    assert told.returncode == 0, told.stderr
    assert len(told.stdout) > 150
    assert not any(tmp_path.iterdir())  # help touches nothing


@pytest.mark.parametrize(
    ("error", "code"), [(NotFound(), 1), (ConfigError(), 2), (RecordError(), 3), (GateRefused(), 4)]
)
def test_exit_codes_tell_what_kind_of_failure_it_was(error, code):
    assert exit_code(error) == code


def test_usage_errors_are_two(tmp_path):
    assert circles(tmp_path, "load").returncode == 2
    assert circles(tmp_path, "lod").returncode == 2
    assert circles(tmp_path, "train", "--seed", "-1").returncode == 2


def test_refused_data_is_three_and_names_what_was_expected(tmp_path):
    done = circles(tmp_path / "home", "load", str(tmp_path / "absent"))
    assert done.returncode == 3
    assert "absent" in done.stderr
    assert "Traceback" not in done.stderr


def test_json_errors_are_json(tmp_path):
    done = circles(tmp_path / "home", "recommend", "nobody", "--json")
    assert done.returncode == 1
    assert json.loads(done.stderr)["error"]["code"] in ("not_found", "no_published_version")


def test_a_misspelt_setting_is_named(tmp_path):
    done = circles(tmp_path, "graph", "stats", CIRCLES_STOER="x")
    assert done.returncode == 2
    assert "CIRCLES_STOER" in done.stderr


def test_production_refuses_assumed_consent(tmp_path):
    policy = (Path(__file__).parents[3] / "policy.toml").read_text()
    strict = tmp_path / "policy.toml"
    strict.write_text(policy.replace("production = false", "production = true"))
    done = circles(
        tmp_path / "home", "load", "completejourney", "--assume-consent", CIRCLES_POLICY=str(strict)
    )
    assert done.returncode in (2, 4)
    assert "production" in done.stderr
