"""Our method with less to see, its parts alone, and names."""

import numpy as np
import pytest

from embeddings.batch import BatchScorer
from embeddings.circles import CirclesMethod
from embeddings.evaluation.methods import METHODS, alone, method_of, methods_for, parts_of
from embeddings.touches import touches_of
from graph.errors import ConfigError, InputError


@pytest.fixture(scope="module")
def ours(planted):
    method = CirclesMethod(gnn=False)
    method.fit(planted)
    return method


def test_a_part_alone_ranks_by_its_own_channel(ours, planted):
    part = next(part for part in parts_of(ours, planted) if part.name == "circles:members")
    channel = next(c for c in ours.fitted.model.channels if c.name == "members")
    only = BatchScorer(alone(ours.fitted.model, channel.name))
    users = np.arange(10)
    wanted = only.scores(touches_of(planted, half_life_days=180.0).rows(users))
    assert part.scores(users) == pytest.approx(wanted)
    assert not only.model.priors
    assert [c.name for c in only.model.channels] == ["members"]


def test_every_part_with_a_weight_is_named_once(ours, planted):
    names = [part.name.removeprefix("circles:") for part in parts_of(ours, planted)]
    model = ours.fitted.model
    assert sorted(names) == sorted(name for name, weights in model.weights.items() if any(weights))


def test_without_themes_a_circle_without_members_is_never_told_apart(planted):
    method = method_of("circles-no-themes", budget_s=0.0, device="cpu")
    method.fit(planted)
    empty = [row for row, name in enumerate(planted.circles) if name.endswith("-4")]
    scores = method.scores(np.arange(20))[:, empty]
    assert np.ptp(scores, axis=1) == pytest.approx(np.zeros(20), abs=1e-5)


def test_only_forms_that_the_data_have_are_named(planted, make_snapshot):
    bare = make_snapshot(members={"ann": ["tea"]})
    assert set(methods_for(planted)) <= set(METHODS)
    assert {"als-joint", "als-themes", "circles-no-themes"} <= set(methods_for(planted))
    assert not [name for name in methods_for(bare) if name.endswith(("-joint", "-themes"))]


def test_an_unknown_method_is_refused_with_those_there_are():
    with pytest.raises(InputError, match=r"'magic' is not known; methods are circles, .*turbo-cf"):
        method_of("magic")


def test_a_peer_without_its_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "embeddings.peers.factors", None)
    with pytest.raises(ConfigError, match="extra `train`"):
        method_of("als")
