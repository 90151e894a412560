"""`circles evaluate --task links`: figures, lists that anybody can score, and scenes of the data's own."""

import json

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from api.commands.evaluate import command
from graph.errors import InputError
from graph.schema import SCENES
from loaders.link_answers import read_link_pairs, read_links, read_scenes
from tests.tables import write_tables

TOWNS, SIZE = 8, 6


def name(town, number):
    return f"u{town}-{number}"


@pytest.fixture
def folder(tmp_path):
    """Eight towns of six people who go to the same six places for days, and to six of their own."""
    payments, people = [], [(town, number) for town in range(TOWNS) for number in range(SIZE)]
    for town, number in people:
        places = [f"t{town}-{i}" for i in range(6)] + [f"own{town}-{number}-{i}" for i in range(6)]
        payments += [(name(town, number), place, f"2026-01-0{day}") for place in places for day in (1, 2, 3)]
    merchants = sorted({place for _, place, _ in payments})
    tables = {
        "payments": [("payment_id", "user_id", "merchant_id", "paid_at")]
        + [(f"p{i}", *row) for i, row in enumerate(payments)],
        "merchants": [("merchant_id", "category", "scene")]
        + [(place, "gym", f"part {place[-1]}") for place in merchants],
        "links": [("user_id", "other_user_id")] + [(name(t, 0), name(t, 1)) for t in range(TOWNS)],
        "test/links": [("user_id", "other_user_id")] + [(name(t, 0), name(t, 2)) for t in range(TOWNS)],
        "test/link_pairs": [("user_id", "other_user_id", "label", "kind")]
        + [(name(t, 0), name(t, 2), 1, "new") for t in range(TOWNS)]
        + [(name(t, 0), name((t + 1) % TOWNS, 0), 0, "random") for t in range(TOWNS)],
    }
    return write_tables(tmp_path / "data", tables)


def run(folder, *arguments):
    given = [str(folder), "--task", "links", "--methods", "circles,common-neighbours", *map(str, arguments)]
    done = CliRunner().invoke(command, given, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_neighbours_are_found_and_pass_the_gates(folder, tmp_path):
    printed = run(folder, "--json", tmp_path / "figures.json")
    assert "after the gates" in printed
    assert "lets through" in printed
    value = json.loads((tmp_path / "figures.json").read_text())
    ours, peer = value["methods"]
    assert (value["asked"]["links"], ours["name"], ours["calibrated"]) == (TOWNS, "circles", False)
    for method in (ours, peer):
        assert (method["metrics"]["recall@10"], method["metrics"]["auc"]) == (1.0, 1.0)
    assert ours["gated"]["links_with_minimum"] == TOWNS
    assert (ours["gated"]["kept"], ours["gated"]["passed"]["scenes"]) == (1.0, 1.0)
    assert ours["reasons"] == {"says_more": 0.0, "singled_out": 0.0, "least": TOWNS * SIZE}


def test_lists_leave_out_what_is_known_and_are_ranked_from_one(folder, tmp_path):
    run(folder, "--lists", tmp_path / "links.parquet")
    rows = pq.read_table(tmp_path / "links.parquet").to_pylist()
    mine = [row for row in rows if row["user_id"] == name(0, 0)]
    assert {row["other_user_id"] for row in mine} >= {name(0, n) for n in (2, 3, 4, 5)}
    assert name(0, 1) not in {row["other_user_id"] for row in mine}
    assert [row["rank"] for row in mine] == list(range(1, len(mine) + 1))
    pairs = pq.read_table(tmp_path / "links.parquet.pairs").to_pylist()
    assert min(row["weight"] for row in pairs[:TOWNS]) > max(row["weight"] for row in pairs[TOWNS:])


def test_answers_are_read_as_they_are(folder, policy):
    assert len(read_links(str(folder), policy=policy, cut=None)) == TOWNS
    assert read_link_pairs(str(folder))[0] == (name(0, 0), name(0, 2), 1, "new")


def test_ids_of_pairs_are_text_and_labels_are_numbers(tmp_path):
    path = tmp_path / "test" / "link_pairs.csv"
    path.parent.mkdir()
    path.write_text("user_id,other_user_id,label,kind\n007,010,1,new\n")
    assert read_link_pairs(str(tmp_path)) == [("007", "010", 1, "new")]
    path.write_text("user_id,other_user_id,label,kind\n007,010,yes,new\n")
    with pytest.raises(InputError, match="a label is not a number"):
        read_link_pairs(str(tmp_path))


def test_what_no_pair_can_tell_is_left_out_of_the_figures(folder, tmp_path):
    pairs = folder / "test" / "link_pairs.csv"
    pairs.write_text("user_id,other_user_id,label,kind\nstranger,stranger2,1,new\n")
    run(folder, "--json", tmp_path / "figures.json")
    value = json.loads((tmp_path / "figures.json").read_text(), parse_constant=pytest.fail)
    assert "auc" not in value["methods"][0]["metrics"]


def test_scenes_of_the_data_are_numbered_after_ours(folder, policy):
    scenes = read_scenes(str(folder), policy=policy)
    assert set(scenes.values()) == set(range(len(SCENES), len(SCENES) + 6))
    assert scenes["t0-0"] == scenes["own3-2-0"] == len(SCENES)
