"""The operator's page is true: its commands are run in order, its names are those of the program."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from api.cli import VERBS
from graph.local_neo4j.ports import free_port
from graph.settings import PROJECT, SECRETS, SETTINGS

PAGE = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?:<!-- (run|elsewhere: [^\n]*) -->\n)?```(\w*)\n(.*?)```", PAGE, re.DOTALL)
PRELUDE = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"


def test_every_command_is_run_or_says_why_not():
    assert [text for mark, language, text in BLOCKS if not mark and not language] == []
    assert [language for mark, language, _ in BLOCKS if not mark] == ["cron", "yaml", "yaml"]


def test_links_lead_somewhere():
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", PAGE)
    assert targets
    assert [target for target in targets if not (PROJECT / "docs" / target).exists()] == []
    headings = {
        re.sub(r"[^\w-]", "", h.lower().replace(" ", "-"))
        for h in re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings


def test_verbs_and_settings_exist():
    known = {s.name for s in SETTINGS} | {f"{name}_FILE" for name in SECRETS}
    assert set(re.findall(r"CIRCLES_([A-Z_]+)", PAGE)) <= known
    code = "\n".join(text for _, _, text in BLOCKS) + "\n".join(re.findall(r"`(circles [^`]*)`", PAGE))
    called = set(re.findall(r"(?:^|\(|exec circles |DRILL )circles (\w[\w-]*)", code, re.MULTILINE))
    assert called
    assert called <= set(VERBS)


@pytest.mark.slow
@pytest.mark.xdist_group("operations")
def test_the_commands_do_what_the_page_says(tmp_path):
    script = PRELUDE + "".join(text for mark, _, text in BLOCKS if mark == "run")
    for place in ("/etc/circles", "/var/lib/circles", "/var/backups/circles"):
        script = script.replace(place, str(tmp_path) + place)
    script = script.replace("8443", str(free_port()))
    dropped = ("CIRCLES_", "PYTHON")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    environment["CIRCLES_LOG_LEVEL"] = "ERROR"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for said in ('"status":"ready"', "all is well; made", "is served now", '"circle_id"'):
        assert said in done.stdout, said
    assert "# TYPE circles_requests_total counter" in (tmp_path / "metrics.txt").read_text()


def alerts():
    return [yaml.safe_load(text) for _, language, text in BLOCKS if language == "yaml"]


def test_alerts_have_an_expression_each():
    scrape, rules = alerts()
    assert scrape["scrape_configs"][0]["authorization"]["credentials_file"]
    assert all(rule["alert"] and rule["expr"] for rule in rules["groups"][0]["rules"])


def test_alerts_ask_for_metrics_that_there_are():
    told = set(re.findall(r"`(circles_\w+)`", (PROJECT / "api" / "README.md").read_text(encoding="utf-8")))
    asked = set(
        re.findall(r"\bcircles_\w+", " ".join(rule["expr"] for rule in alerts()[1]["groups"][0]["rules"]))
    )
    assert len(asked) >= 5
    assert asked <= told
