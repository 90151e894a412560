"""A version that was damaged is not served: each file in turn, cut short, flipped or gone."""

import json
import shutil

import numpy as np
import pytest

from api.versions import Versions
from embeddings.lists import forget
from embeddings.publish import publish
from embeddings.registry import Registry
from embeddings.seal import CHANGING
from graph.errors import IncompatibleVersion, NoPublishedVersion


@pytest.fixture(scope="module")
def two(planted, fitted, policy, tmp_path_factory):
    """Two versions; the second one is served."""
    folder = tmp_path_factory.mktemp("two")
    return folder, [publish(fitted, planted, folder, policy=policy, store_id="s") for _ in range(2)]


@pytest.fixture
def versions(two, tmp_path):
    """A copy of one's own, and the names of both versions."""
    shutil.copytree(two[0], tmp_path / "versions")
    return tmp_path / "versions", *two[1]


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def flip_head(path):
    data = bytearray(path.read_bytes())
    data[min(20, len(data) - 1)] ^= 4
    path.write_bytes(data)


def flip_last(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def grow(path):
    path.write_bytes(path.read_bytes() + b"\0")


@pytest.mark.parametrize("harm", [cut, flip_head, flip_last, grow, lambda path: path.unlink()])
def test_damage_to_any_file_is_found_and_the_version_before_is_served(versions, harm):
    folder, first, second = versions
    kept = {path.name: path.read_bytes() for path in (folder / second).iterdir()}
    assert len(kept) > 40
    changing = {path.name for pattern in CHANGING for path in (folder / second).glob(pattern)}
    for name in sorted(kept.keys() - (changing if harm is flip_last else set())):
        harm(folder / second / name)
        assert (name, Versions(folder).current().version.name) == (name, first)
        (folder / second / name).write_bytes(kept[name])
    assert Versions(folder).current().version.name == second


def test_erasing_somebody_leaves_the_seal_whole(versions, planted):
    folder, _, second = versions
    assert forget(folder / second, planted.users[0])
    assert Registry(folder).current().name == second


def test_a_list_with_a_circle_that_cannot_be_is_not_used(versions, planted):
    folder, _, second = versions
    records = np.load(folder / second / "lists.npy", mmap_mode="r+")
    user = next(user for user in planted.users if Registry(folder).current().list_of(user))
    records["circles"][:, 0] ^= 1 << 15
    records.flush()
    assert Registry(folder).current().list_of(user) is None


def test_a_report_that_is_kept_is_under_the_seal_too(versions):
    folder, _, second = versions
    Registry(folder).keep_report(second, {"passed": True})
    assert Registry(folder).current().manifest["gate"] == {"passed": True}
    path = folder / second / "manifest.json"
    path.write_text(path.read_text().replace('"passed": true', '"passed": false'))
    with pytest.raises(IncompatibleVersion, match=r"manifest\.json is missing or damaged"):
        Registry(folder).current()


def test_a_version_of_before_there_were_seals_is_served(versions):
    folder, _, second = versions
    path = folder / second / "manifest.json"
    about = json.loads(path.read_text())
    path.write_text(json.dumps({name: about[name] for name in about if name not in ("files", "seal")}))
    assert Versions(folder).current().version.name == second


@pytest.mark.parametrize("pointer", [b"nothing\n", b"\xff\xfe\x00", b"../versions\n", b"x" * 10_000])
def test_a_pointer_to_nothing_stops_nobody_who_serves_and_is_said_at_a_start(versions, monkeypatch, pointer):
    folder, first, second = versions
    monkeypatch.setattr("api.versions.CHECK_EVERY_S", 0.0)
    held = Versions(folder)
    held.current()
    (folder / "current").write_bytes(pointer)
    assert (held.current().version.name, held.is_behind) == (second, True)
    with pytest.raises(IncompatibleVersion, match="names no version"):
        Versions(folder).current()
    Registry(folder).set_current(first)
    assert (held.current().version.name, held.is_behind) == (first, False)
    with pytest.raises(NoPublishedVersion):  # there is no way back to what was no version
        Registry(folder).rollback()


def test_a_version_of_another_store_is_not_taken_up(versions, monkeypatch):
    folder, _, second = versions
    monkeypatch.setattr("api.versions.CHECK_EVERY_S", 0.0)
    stores = iter(["s", "other"])
    held = Versions(folder, lambda: next(stores))
    held.current()
    Registry(folder).rollback()
    assert (held.current().version.name, held.is_behind) == (second, True)
    with pytest.raises(IncompatibleVersion, match="another store"):
        Versions(folder, lambda: "other").current()
