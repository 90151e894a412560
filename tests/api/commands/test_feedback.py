"""`circles feedback report` and `circles train --feedback` on a house with a day of feedback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from api.commands.common import Parts
from api.commands.train import train
from graph import snapshot as snapshots

CIRCLES = Path(sys.executable).parent / "circles"


@pytest.fixture
def circles(settings):
    def run(*arguments):
        kept = {key: value for key, value in os.environ.items() if not key.startswith("CIRCLES_")}
        kept |= {"CIRCLES_HOME": str(settings.home)}
        return subprocess.run(
            [CIRCLES, *arguments], env=kept, capture_output=True, text=True, timeout=120, check=False
        )

    return run


@pytest.fixture
def induced(service):
    """Two people joined from their lists."""
    for number, user in enumerate(("u60", "u62")):
        listed = service.ask("GET", f"/v1/users/{user}/circles").json
        body = {"event_id": f"j{number}", "kind": "join", "user_id": user, "circle_id": "bakers"}
        service.ask("POST", "/v1/events", body | {"rec_id": listed["rec_id"]})
    return service


@pytest.mark.parametrize("counting", ["all", "organic", "weighted"])
def test_training_counts_what_was_asked_for(induced, settings, counting):
    parts = Parts(settings)
    manifest = train(parts, quick=True, feedback=counting)
    members = snapshots.load(parts.home.snapshots / manifest["snapshot_id"]).members
    weight = members.columns.get("weight")
    assert (weight is None) == (counting == "all")
    left_out = 0 if weight is None else int(np.count_nonzero(np.asarray(weight) == 0))
    assert left_out == (2 if counting == "organic" else 0)
    assert manifest["counted_memberships"] == members.num_edges - left_out
    parts.store.close()


def test_what_counts_is_decided_when_a_snapshot_is_cut(circles):
    done = circles("train", "--feedback", "organic", "--snapshot", "abc")
    assert done.returncode == 2
    assert "circles snapshot --feedback" in done.stderr


def test_a_report_says_why_it_tells_nothing(circles):
    assert "fewer than 20 people" in circles("feedback", "report").stderr
    assert "refused" in json.loads(circles("feedback", "report", "--json").stdout)
