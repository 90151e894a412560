"""Reasons that were made with a version are the ones that would be made now."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from embeddings.explain import Explainer
from embeddings.profile import Decay
from embeddings.publish import publish
from embeddings.reasons import profile_in
from embeddings.registry import Registry
from embeddings.scorer import Scorer


@pytest.fixture
def one_thread():
    """A pool of threads gets in the way of small products."""
    with threadpool_limits(1, "blas"):
        yield


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("kind", ["fitted", "fitted_gnn"])
def test_what_is_kept_of_everybody_is_what_is_told_now(request, kind, planted, policy, tmp_path):
    publish(request.getfixturevalue(kind), planted, tmp_path, policy=policy)
    version = Registry(tmp_path).current()
    explainer = Explainer(Scorer(version))
    decay = Decay(version.model.newest_at, version.model.half_life_s)
    for user in np.flatnonzero(planted.consents["circles"])[::3].tolist():
        entry = version.lists.entry(planted.users[user])
        told = entry.told()
        assert list(told) == entry.rows[: len(told)].tolist()
        rows = entry.rows[::-1].tolist()  # asked about in another order, and together with others
        now = explainer.tell(profile_in(planted, user, decay), rows, policy.min_group_size)
        assert told == {row: made for row, made in zip(rows, now, strict=True) if row in told}


def test_a_version_says_by_which_rule_its_reasons_were_made(planted, policy, fitted, tmp_path):
    publish(fitted, planted, tmp_path, policy=policy)
    told = Registry(tmp_path).current().manifest["told"]
    assert told == {"policy_id": policy.policy_id, "min_group_size": policy.min_group_size}
