"""What is hidden in each scenario, and that nothing hidden is left in sight."""

import numpy as np
import pytest

from embeddings.evaluation.scenarios import memberships_only, scenarios_of, without_themes


@pytest.fixture(scope="module")
def posed(planted):
    return {s.name: s for s in scenarios_of(planted, {planted.users[0]: {"ring0-4"}}, seed=1)}


def test_warm_is_the_snapshot_as_it_is(posed, planted):
    assert posed["warm"].snapshot is planted
    assert posed["warm"].wanted == {planted.users[0]: {"ring0-4"}}


def test_cold_people_lost_all_memberships_and_nobody_else_any(posed, planted):
    cold = posed["cold"]
    before, after = (np.diff(s.members.indptr) for s in (planted, cold.snapshot))
    lost = {planted.users[row] for row in np.flatnonzero(before != after).tolist()}
    assert lost == set(cold.wanted)
    assert len(lost) == round(0.2 * np.count_nonzero(before))
    assert not after[before != after].any()
    assert np.array_equal(cold.snapshot.paid.indices, planted.paid.indices)


def test_what_was_lost_is_what_has_to_be_found(posed, planted):
    for user, wanted in posed["cold"].wanted.items():
        row = planted.users.find(user)
        joined = {planted.circles[circle] for circle in planted.members.row(row)}
        assert joined <= wanted <= joined | {"ring0-4"}


def test_few_shot_people_have_three_payments_left(posed, planted):
    few = posed["few-shot"].snapshot
    cold = {planted.users.find(user) for user in posed["few-shot"].wanted}
    for edges, whole in ((few.paid, planted.paid), (few.bought, planted.bought)):
        for row in range(len(planted.users)):
            left = int(edges.columns["payments"][edges.row_slice(row)].sum())
            had = int(whole.columns["payments"][whole.row_slice(row)].sum())
            assert left == (min(3, had) if row in cold else had)
            assert set(edges.row(row)) <= set(whole.row(row))


def test_a_seed_draws_the_same_people(planted):
    one, two = (scenarios_of(planted, {planted.users[0]: {"ring0-4"}}, seed=s)[1] for s in (1, 1))
    other = scenarios_of(planted, {planted.users[0]: {"ring0-4"}}, seed=2)[1]
    assert one.wanted == two.wanted != other.wanted
    assert one.snapshot.content_id == two.snapshot.content_id


def test_without_behaviour_only_the_warm_question_is_asked(make_snapshot):
    bare = make_snapshot(members={f"u{i}": ["tea", "book"] for i in range(10)})
    assert [s.name for s in scenarios_of(bare, {"u1": {"chess"}}, seed=0)] == ["warm"]


def test_views_show_less_and_leave_the_snapshot_alone(planted):
    before = planted.content_id
    assert not sum(theme.num_edges for theme in without_themes(planted).themes.values())
    assert without_themes(planted).paid is planted.paid
    bare = memberships_only(planted)
    assert (bare.paid.num_edges, bare.bought.num_edges) == (0, 0)
    assert bare.members is planted.members
    assert planted.content_id == before
