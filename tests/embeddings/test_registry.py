"""Versions by name, and the pointer to the one that is served."""

import json

import pytest

from embeddings.publish import publish
from embeddings.registry import Registry, Texts
from graph.errors import IncompatibleVersion, NoPublishedVersion, NotFound, StoreConflict


@pytest.fixture
def published(planted, fitted, policy, tmp_path):
    names = [publish(fitted, planted, tmp_path, policy=policy) for _ in range(3)]
    return Registry(tmp_path), names


def test_without_versions_there_is_nothing_to_serve(tmp_path):
    registry = Registry(tmp_path / "none")
    assert registry.list() == []
    with pytest.raises(NoPublishedVersion, match="circles train"):
        registry.current()


def test_versions_are_listed_oldest_first_and_one_is_served(published):
    registry, names = published
    assert [manifest["version"] for manifest in registry.list()] == names
    assert [manifest["served"] for manifest in registry.list()] == [False, False, True]


def test_rolling_back_serves_the_one_before_and_back_again(published):
    registry, names = published
    assert registry.rollback() == names[1]
    assert registry.current().name == names[1]
    assert registry.rollback() == names[2]


def test_a_single_version_cannot_be_rolled_back(planted, fitted, policy, tmp_path):
    publish(fitted, planted, tmp_path, policy=policy)
    with pytest.raises(NoPublishedVersion, match="no earlier version"):
        Registry(tmp_path).rollback()


def test_promoting_marks_and_serves(published):
    registry, names = published
    registry.promote(names[0])
    assert registry.current().manifest["state"] == "promoted"
    assert registry.current_name() == names[0]


@pytest.mark.parametrize("name", ["nothing", "../versions", "", ".staging-1", "a/b", "x" * 200])
def test_an_unknown_or_strange_name_is_not_found(published, name):
    registry, _ = published
    for act in (registry.open, registry.set_current, registry.promote):
        with pytest.raises(NotFound):
            act(name)


def test_another_format_is_refused_by_name(published):
    registry, names = published
    path = registry.versions / names[0] / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(IncompatibleVersion, match="format 99"):
        registry.open(names[0])


def test_a_version_knows_rows_labels_and_owners(published, planted):
    version = published[0].current()
    assert list(version.circles) == list(planted.circles)
    assert version.label("merchant", 0) == planted.merchants[0]
    assert version.label("product_category", 0) == planted.categories[0]
    assert version.label("scene", 0) == "shopping"
    assert version.circle_store_index.tolist() == list(range(len(planted.circles)))


def test_store_indices_that_came_later_have_no_row(published):
    import numpy as np

    version = published[0].current()
    assert version.rows("merchants", np.array([0, 10_000, -1])).tolist() == [0, -1, -1]


def test_texts_keep_order_and_duplicates(tmp_path):
    values = ["", "b", "ä茶", "b"]
    Texts.of(values).save(tmp_path, "names")
    loaded = Texts.load(tmp_path, "names")
    assert [loaded[i] for i in range(len(loaded))] == values


def test_a_report_is_kept_with_its_version_and_replaced_by_the_next(published):
    registry, names = published
    before = registry.manifest(names[0])
    registry.keep_report(names[0], {"passed": False, "reasons": ["too few people"]})
    registry.keep_report(names[0], {"passed": True, "reasons": []})
    after = registry.manifest(names[0])
    assert after.pop("gate") == {"passed": True, "reasons": []}
    assert after == before
    with pytest.raises(NotFound):
        registry.keep_report("none", {})


def test_a_version_is_removed_unless_it_is_served_or_a_rollback_goes_to_it(published):
    registry, names = published
    held = registry.open(names[0])
    registry.remove(names[0])
    assert sorted(path.name for path in registry.versions.iterdir() if path.is_dir()) == names[1:]
    assert len(held.circles) > 0  # whoever has it open keeps it
    for name in names[1:]:
        with pytest.raises(StoreConflict, match="is served, or was just before"):
            registry.remove(name)
