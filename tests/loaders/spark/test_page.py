"""What docs/scale.md says about Spark is run as it stands there."""

import subprocess

import pytest

from tests.houses import CIRCLES, House
from tests.project.test_scale import commands

pytestmark = [pytest.mark.spark, pytest.mark.slow]


def test_the_commands_do_what_the_page_says(tmp_path):
    environment = House(tmp_path / "home", "sqlite:///circles.db").environment()
    environment["PATH"] = f"{CIRCLES.parent}:{environment['PATH']}"
    script = "set -euo pipefail\n" + commands("spark")
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "these very files are loaded already" in done.stderr
    assert (tmp_path / "for-neo4j" / "import.args").exists()
