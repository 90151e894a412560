"""A store as files for Neo4j's importer."""

import csv
from contextlib import closing

import pytest

from graph.stores.base import ThemeTarget
from graph.stores.circle_life import NewCircle
from graph.stores.neo4j.csv_files import write_csv
from graph.stores.open import open_store

NEW = NewCircle(
    "brewers", "m0", 'The "Brewers"', None, "dining", (ThemeTarget("scene", "dining"),), ("茶",), None, "r"
)


def rows(folder, label):
    with (folder / f"{label}.nodes.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_life_of_circles_and_verdicts_come_along(tmp_path):
    with closing(open_store(f"sqlite:///{tmp_path / 'graph.db'}")) as store:
        store.intern("User", ["u0"])
        store.upsert("Circle", {"id": ["loaded"]})
        made = store.create_circle(NEW, 100)
        store.quarantine_circle(made, "odd", 200)
        store.add_event("e1", "report", 0, made, None, 150)
        store.add_event("e2", "report", 0, made, None, 160)
        store.judge_report("e1", True, 300)
        write_csv(store, tmp_path)
    loaded, brewers = rows(tmp_path, "Circle")
    assert (loaded["revision:long"], loaded["words"], loaded["reason"]) == ("", "", "")
    assert (brewers["revision:long"], brewers["words"], brewers["reason"]) == ("2", '["茶"]', "odd")
    assert (brewers["edited_at:long"], brewers["state_before"], brewers["request"]) == ("100", "open", "r")
    judged = {
        row["event_id"]: (row["upheld:boolean"], row["judged_at:long"]) for row in rows(tmp_path, "Event")
    }
    assert judged == {"e1": ("true", "300"), "e2": ("", "")}


@pytest.fixture
def files(tmp_path):
    """One person who was shown a circle twice, once at a place that nobody named, and one who clicked."""
    (tmp_path / "csv").mkdir()
    with closing(open_store(f"sqlite:///{tmp_path / 'graph.db'}")) as store:
        store.intern("User", ["ann", "bob"])
        store.intern("Circle", ["tea"])
        store.add_event("s1", "exposure", 0, 0, "r1", 10, 3)
        store.add_event("s2", "exposure", 0, 0, "r2", 20)
        store.add_event("c1", "click", 1, 0, None, 30)
        write_csv(store, tmp_path / "csv")
    return tmp_path / "csv"


def test_showings_are_relationships_from_a_person_to_a_circle(files):
    assert (files / "SHOWN.csv").read_text().splitlines() == [
        ":START_ID(User),:END_ID(Circle),times:long,last_at:long",
        "0,0,2,20",
    ]


def test_an_exposure_keeps_its_place_and_others_have_none(files):
    header, *rows = (files / "Event.nodes.csv").read_text().splitlines()
    place = header.split(",").index("position:long")
    assert [row.split(",")[place] for row in rows] == ["3", "", ""]
