"""A version's parameters are where the next may begin: by id, and only where nothing forbids it."""

from dataclasses import replace

import numpy as np
import pytest

from embeddings.fit import fit
from embeddings.lists import forget
from embeddings.publish import publish
from embeddings.registry import Registry
from embeddings.warm import KINDS, Start, continued, start_at, start_of, why_cold
from graph.schema import Purpose


@pytest.fixture(scope="module")
def cut(planted):
    """The planted graph as if cut from a store, whose indices count from the end."""
    index = {label: np.arange(len(getattr(planted, label)))[::-1].copy() for label in KINDS.values()}
    return replace(planted, store_index=index)


@pytest.fixture(scope="module")
def fitted_cut(cut):
    return fit(cut, device="cpu", min_supporters=10)


@pytest.fixture
def version(cut, fitted_cut, policy, tmp_path):
    return Registry(tmp_path).open(publish(fitted_cut, cut, tmp_path, policy=policy, store_id="store-1"))


def test_turned_vectors_meet_those_of_known_things():
    turn = np.array([[0, 1], [-1, 0]], dtype=np.float32)  # a quarter turn, and twice as long
    spectral = {"circle": np.array([[1, 0], [0, 1], [3, 4]], dtype=np.float32)}
    earlier = {"circle": np.array([[0, 2], [-2, 0], [0, 0]], dtype=np.float32)}
    assert (spectral["circle"] @ turn * 2)[:2].tolist() == earlier["circle"][:2].tolist()
    assert continued(spectral, earlier)["circle"] == pytest.approx(np.array([[0, 2], [-2, 0], [-8, 6]]))


def test_nothing_in_common_leaves_the_spectral_vectors():
    spectral = {"circle": np.ones((2, 3), dtype=np.float32)}
    earlier = {"circle": np.zeros((2, 3), dtype=np.float32)}
    assert (continued(spectral, earlier)["circle"] == spectral["circle"]).all()


def test_things_are_found_again_by_their_index_in_the_store(version, cut, fitted_cut):
    order = np.arange(len(cut.merchants))[1:]
    fewer = replace(
        cut,
        store_index=cut.store_index | {"merchants": np.append(cut.store_index["merchants"][order], 10**6)},
    )
    found = start_of(version, fewer)
    assert (found.vectors["merchant"][:-1] == fitted_cut.start.vectors["merchant"][order]).all()
    assert not found.vectors["merchant"][-1].any()  # a merchant that the version does not know
    assert found.scalars == pytest.approx(fitted_cut.start.scalars)


def test_nothing_is_kept_of_what_few_people_touched(cut, fitted_cut):
    consenting = np.bincount(cut.members.indices, minlength=len(cut.circles))
    few, kept = consenting < 10, np.any(fitted_cut.start.vectors["circle"] != 0, axis=1)
    assert few.any()
    assert (kept == ~few).all()


def test_a_version_says_where_it_began(version, cut, policy, tmp_path):
    start, told = start_at(Registry(tmp_path), cut, "store-1")
    again = fit(cut, device="cpu", min_supporters=10, warm=start)
    manifest = Registry(tmp_path).open(publish(again, cut, tmp_path, policy=policy)).manifest
    assert told == f"starting at version {version.name}"
    assert manifest["model"]["gnn"]["warm_from"] == version.name
    assert version.manifest["model"]["gnn"]["warm_from"] is None


def test_only_the_last_run_begins_there(cut, fitted_cut):
    again = fit(cut, device="cpu", min_supporters=10, warm=replace(fitted_cut.start, version="v1"))
    assert again.validation == fitted_cut.validation  # what was hidden has not been seen
    assert again.losses["tuning-0"] == fitted_cut.losses["tuning-0"]
    assert again.losses["everything"][0] < fitted_cut.losses["everything"][0]


def test_other_dimensions_start_cold(cut, fitted_cut):
    other = Start({kind: np.ones((1, 3), np.float32) for kind in KINDS}, {}, "v1")
    cold = fit(cut, device="cpu", min_supporters=10, warm=other)
    assert cold.warm_from is None
    assert cold.losses == fitted_cut.losses


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda s: s, None),
        (lambda s: replace(s, as_of=s.as_of - 1), "after the cut"),
        (lambda s: replace(s, policy_id="other"), "policy"),
        (lambda s: replace(s, store_index={}), "another store"),
        (
            lambda s: replace(s, consents=dict(s.consents) | {CIRCLES: s.consents[CIRCLES] & LATER}),
            "withdrawn",
        ),
    ],
    ids=["the same", "an earlier cut", "another policy", "no store", "one withdrew"],
)
def test_what_forbids_to_begin_there(version, cut, change, reason):
    found = why_cold(version, change(cut), "store-1")
    assert found is None if reason is None else reason in found


CIRCLES, LATER = Purpose.CIRCLES.value, np.arange(300) > 0


def test_who_was_forgotten_leaves_nothing_to_the_next_version(version, cut):
    assert forget(version.folder, cut.users[5])
    assert "forgotten" in why_cold(Registry(version.folder.parent).open(version.name), cut, "store-1")


def test_without_a_version_it_starts_cold(cut, tmp_path):
    assert start_at(Registry(tmp_path), cut, "store-1") == (
        None,
        "starting cold: no version is published; run `circles train`",
    )
