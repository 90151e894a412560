"""A store as files for Neo4j's importer."""

import csv
from contextlib import closing

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
