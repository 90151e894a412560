"""Snapshots on disk."""

import dataclasses
import json
import os

import numpy as np
import pytest

from graph.cut import Tables, build
from graph.errors import IncompatibleVersion, NotFound
from graph.schema import THEME_KINDS
from graph.snapshot import latest, load, save
from graph.stores.base import ThemeTarget


@pytest.fixture
def snapshot(policy):
    """Three people, two merchants, one product, two circles."""
    paid = {
        "user": [0, 1],
        "merchant": [1, 0],
        "payments": [2, 1],
        "days": [2, 1],
        "last_at": [9, 8],
        "scene": [3, 0],
    }
    tables = Tables(
        users={"id": ["u1", "茶", "u3"]},
        merchants={"id": ["m1", "m2"], "name": ["Tea “house”", None], "category": ["tea", None]},
        products={"id": ["p1"], "category": ["coffee"]},
        circles={"id": ["c1", "c2"], "state": ["proposed", None]},
        paid={name: np.array(values) for name, values in paid.items()},
        bought={},
        members={"user": np.array([2]), "circle": np.array([1]), "joined_at": np.array([4])},
        themes={0: [ThemeTarget("merchant", "m1", 2.0), ThemeTarget("category", "coffee")]},
        consents={p: np.array([True, True, p == "circles"]) for p in ("circles", "links", "portraits")},
        links={"user": np.array([0]), "other": np.array([1]), "since": np.array([6])},
    )
    return build(tables, as_of=100, policy=policy)


def assert_equal(one, two):
    for field in ("users", "merchants", "products", "circles", "categories"):
        assert list(getattr(one, field)) == list(getattr(two, field))
    matrices = {
        name: (getattr(one, name), getattr(two, name)) for name in ("paid", "bought", "members", "links")
    }
    matrices |= {kind: (one.themes[kind], two.themes[kind]) for kind in THEME_KINDS}
    for name, (left, right) in matrices.items():
        assert (left.num_rows, left.num_columns) == (right.num_rows, right.num_columns), name
        assert left.indices.tolist() == right.indices.tolist(), name
        assert {c: v.tolist() for c, v in left.columns.items()} == {
            c: v.tolist() for c, v in right.columns.items()
        }
    assert {p: m.tolist() for p, m in one.consents.items()} == {
        p: m.tolist() for p, m in two.consents.items()
    }
    assert {label: list(names) for label, names in one.names.items()} == dict(two.names)


def test_a_saved_snapshot_is_read_back_whole(snapshot, tmp_path):
    folder = save(snapshot, tmp_path / "snapshots")
    loaded = load(folder)
    assert folder.name == snapshot.content_id == loaded.content_id
    assert (loaded.as_of, loaded.policy_id, loaded.counts()) == (100, snapshot.policy_id, snapshot.counts())
    assert_equal(snapshot, loaded)


def test_equal_content_gives_equal_files(snapshot, tmp_path):
    one, two = save(snapshot, tmp_path / "one"), save(snapshot, tmp_path / "two")
    files = sorted(path.name for path in one.iterdir())
    assert files == sorted(path.name for path in two.iterdir())
    assert [(one / name).read_bytes() for name in files] == [(two / name).read_bytes() for name in files]


def test_saving_again_leaves_the_first_one_as_it_is(snapshot, tmp_path):
    folder = save(snapshot, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert save(snapshot, tmp_path) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_equal_content_of_a_store_that_numbers_otherwise_replaces_the_old_numbers(snapshot, tmp_path):
    for numbers in ([0, 1], [1, 0]):
        numbered = dataclasses.replace(snapshot, store_index={"merchants": np.array(numbers)})
        assert load(save(numbered, tmp_path)).store_index["merchants"].tolist() == numbers
    assert [path.name for path in tmp_path.iterdir()] == [snapshot.content_id]


def test_time_and_policy_are_part_of_the_identity(snapshot):
    assert dataclasses.replace(snapshot, as_of=101).content_id != snapshot.content_id
    assert dataclasses.replace(snapshot, policy_id="other").content_id != snapshot.content_id


def test_nothing_half_written_stays_when_writing_fails(snapshot, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="No space"):
        save(snapshot, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_latest_is_the_one_written_last_and_never_a_half_written_one(snapshot, tmp_path):
    first = save(snapshot, tmp_path)
    second = save(dataclasses.replace(snapshot, as_of=101), tmp_path)
    os.utime(first / "manifest.json", ns=(1, 1))
    (tmp_path / ".staging-x").mkdir()
    (tmp_path / ".staging-x" / "manifest.json").write_text("{}")
    assert latest(tmp_path) == second


def test_a_missing_snapshot_names_the_command(tmp_path):
    for find in (
        lambda: latest(tmp_path),
        lambda: latest(tmp_path / "none"),
        lambda: load(tmp_path / "none"),
    ):
        with pytest.raises(NotFound, match="circles snapshot"):
            find()


@pytest.mark.parametrize("content", [json.dumps({"format": 99}), "{", "\x00"])
def test_another_format_or_damage_is_refused(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(IncompatibleVersion):
        load(tmp_path)


def test_counts_are_for_people(snapshot):
    assert snapshot.counts() == {
        "users": 3, "merchants": 2, "products": 1, "circles": 2, "categories": 2,
        "paid": 2, "bought": 0, "members": 1, "dismissed": 0, "links": 2, "themes": 2,
    }  # fmt: skip
