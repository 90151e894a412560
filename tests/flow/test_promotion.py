"""A version on its way: trained on an earlier cut, judged on what people joined since."""

import json

import pytest

pytestmark = pytest.mark.slow


def test_a_version_is_judged_on_what_people_joined_since_and_then_served(house, tmp_path):
    """Generated people have planted circles, so there is something to be found that rivals do not find."""
    folder = tmp_path / "year"
    house.run("generate", str(folder), "--users", "500", "--payments", "30000")
    house.run("load", str(folder), "--assume-consent")
    snapshot = house.json("snapshot", "--as-of", "2025-08-01")["snapshot"]
    version = house.json("train", "--snapshot", snapshot, "--no-gnn")["version"]
    report = house.json("models", "promote", version)
    assert report["passed"], report["reasons"]
    assert report["people"] > 100
    assert all(rival["interval"][0] > 0 for rival in report["rivals"])
    (kept,) = house.json("models", "list")
    assert (kept["state"], kept["served"]) == ("promoted", True)
    assert kept["gate"] == report

    # A version of today has no future to be judged on; the promoted one stays served.
    fresh = house.json("train", "--no-gnn")["version"]
    told = json.loads(house.run("models", "promote", fresh, "--json", code=4).splitlines()[-1])
    assert told["error"]["code"] == "gate_refused"
    assert "circles snapshot --as-of" in told["error"]["message"]
    states = {m["version"]: (m["state"], m["served"]) for m in house.json("models", "list")}
    assert states == {version: ("promoted", True), fresh: ("unpromoted", False)}
    assert house.json("models", "diff", version, fresh)["counts"]["members"]["after"] > 0
