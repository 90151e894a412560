"""The gate: a good version passes; a worse one, and one that knew the future, do not."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from embeddings.fit import fit
from embeddings.model import Channel
from embeddings.promotion.gate import judge, later_memberships
from embeddings.promotion.leaks import leaks_of
from embeddings.split import without
from graph.csr import Csr
from graph.ids import Ids


@pytest.fixture(scope="module")
def later(past, future):
    return later_memberships(past, future)


def test_what_people_joined_after_the_cut_is_asked_for(past, future, later):
    assert len(later) > 100
    for user, circles in later.items():
        row = past.users.find(user)
        joined = {past.circles[c] for c in past.members.row(row)}
        assert circles
        assert not circles & joined
        assert circles <= {future.circles[c] for c in future.members.row(row)}
    assert later_memberships(future, future) == {}


def test_a_version_that_beats_every_rival_passes(publish_past, fitted_past, past, later):
    report = judge(publish_past(fitted_past), past, past, later)
    assert report.reasons == []
    assert report.passed
    assert [rival["name"] for rival in report.rivals] == [
        "popularity", "item-knn", "ease", "als", "fastrp-knn-joint",
    ]  # fmt: skip
    assert all(rival["interval"][0] > 0 and rival["beaten"] for rival in report.rivals)
    assert {line["by"] for line in report.shown()["fairness"]} == {"activity"}
    assert {guard.name for guard in report.guards} == {"cold users", "coverage", "calibration"}


def test_a_planted_worse_model_is_refused(publish_past, fitted_past, past, later):
    """Everything is what the snapshot gives, but the weights let it say the contrary."""
    weights = {name: tuple(-w for w in ws) for name, ws in fitted_past.model.weights.items()}
    worse = replace(fitted_past, model=replace(fitted_past.model, weights=weights))
    report = judge(publish_past(worse), past, past, later)
    assert not report.passed
    assert any("does not beat popularity" in reason for reason in report.reasons)


def test_a_worse_version_than_the_promoted_one_breaks_a_guard(publish_past, fitted_past, past, later):
    """Only the popular: what is served today shows more circles, and finds more for cold people."""
    weights = dict.fromkeys(fitted_past.model.weights, (0.0, 0.0, 0.0)) | {"popularity": (1.0, 1.0, 1.0)}
    popular = replace(fitted_past, model=replace(fitted_past.model, weights=weights))
    served = publish_past(fitted_past)
    report = judge(publish_past(popular), past, past, later, served=served)
    kept = {guard.name: guard.kept for guard in report.guards}
    assert report.reference == served.name
    assert (kept["cold users"], kept["coverage"]) == (False, False)
    assert any(reason.startswith("worsens cold users") for reason in report.reasons)


def test_with_too_few_people_nothing_is_judged(publish_past, fitted_past, past, later):
    few = dict(list(later.items())[:10])
    report = judge(publish_past(fitted_past), past, past, few)
    assert not report.passed
    assert "only 10 people" in report.reasons[0]
    assert report.rivals == []


def test_a_planted_membership_from_after_the_cut_is_refused(publish_past, past, future, policy, later):
    """The snapshot itself was cut too late, and says so."""
    leaking = replace(future, as_of=past.as_of)
    version = publish_past(fit(leaking, gnn=False, min_supporters=1), leaking)
    report = judge(version, leaking, past, later)
    assert not report.passed
    assert "later than the cut" in report.reasons[0]


def test_a_leak_without_a_date_is_found_beside_log_and_store(publish_past, past, future, later):
    members = future.members
    dateless = replace(members, columns={"joined_at": np.zeros(members.num_edges, dtype=np.uint32)})
    leaking = replace(future, as_of=past.as_of, members=dateless)
    version = publish_past(fit(leaking, gnn=False, min_supporters=1), leaking)
    assert leaks_of(version, leaking, leaking) == []
    report = judge(version, leaking, past, later)
    assert not report.passed
    assert "not what log and store know" in report.reasons[0]


def test_a_feature_from_after_the_cut_is_found_in_the_arrays(publish_past, past, future, fitted_past, later):
    """One channel was computed from the future; everything else is honest."""
    knowing = fit(future, gnn=False, min_supporters=1)
    stolen = next(c for c in knowing.model.channels if c.name == "merchants")
    channels = [c for c in fitted_past.model.channels if c.name != "merchants"]
    weights = dict(fitted_past.model.weights) | {"merchants": (1.0, 1.0, 1.0)}
    exponents = dict(fitted_past.model.exponents) | {"merchants": knowing.model.exponents["merchants"]}
    model = replace(
        fitted_past.model,
        channels=(*channels, Channel("merchants", "merchant", stolen.matrix)),
        weights=weights,
        exponents=exponents,
    )
    version = publish_past(replace(fitted_past, model=model))
    assert leaks_of(version, past, past) == ["channel 'merchants' is not what the snapshot gives"]
    assert not judge(version, past, past, later).passed


def test_another_snapshot_than_the_one_trained_on_is_not_accepted(publish_past, fitted_past, past, planted):
    found = leaks_of(publish_past(fitted_past), planted, past)
    assert found
    assert "not the one that was trained on" in found[0]


def test_who_withdrew_since_is_no_leak(publish_past, fitted_past, past):
    """Cut again, the first ten people are not there any more; nothing of theirs is called unknown."""
    known = SimpleNamespace(**vars(past))
    known.users = Ids.of(list(past.users)[10:])
    for name in ("paid", "bought", "members"):
        edges = getattr(past, name)
        kept = without(edges, edges.rows() < 10)
        setattr(known, name, Csr(kept.indptr[10:], kept.indices, kept.num_columns, kept.columns))
    assert leaks_of(publish_past(fitted_past), past, known) == []
