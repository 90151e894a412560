"""Who gets a person's few invitations."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from graph.policy.allotment import Demand, allot
from graph.policy.invitations import InvitationRules

RULES = InvitationRules(small_circle=200, small_share=0.0)


def test_the_best_fitting_circles_get_the_places():
    demands = [Demand(1, circle, fit, 500) for circle, fit in ((10, 0.2), (11, 0.9), (12, 0.5))]
    assert allot(demands, {1: 2}, RULES) == {(1, 11), (1, 12)}
    assert allot(demands, {1: 0}, RULES) == allot(demands, {}, RULES) == frozenset()


def test_small_circles_get_their_share_where_it_costs_least():
    demands = [
        demand
        for user, fit in ((1, 0.1), (2, 0.4), (3, 0.3))
        for demand in (Demand(user, 10, 0.5, 900), Demand(user, 20, fit, 50))
    ]
    fair = replace(RULES, small_share=0.3)  # a third of three contested places: one
    assert allot(demands, {1: 1, 2: 1, 3: 1}, fair) == {(1, 10), (2, 20), (3, 10)}


def test_whoever_has_room_for_all_is_not_contested():
    demands = [Demand(1, 10, 0.9, 900), Demand(1, 20, 0.1, 50)]
    assert allot(demands, {1: 2}, replace(RULES, small_share=1.0)) == {(1, 10), (1, 20)}


demands = st.lists(
    st.builds(Demand, st.integers(0, 3), st.integers(0, 4), st.sampled_from([0.1, 0.5, 0.9]),
              st.sampled_from([10, 500])),
    max_size=20,
)  # fmt: skip


@given(demands, st.integers(0, 3), st.randoms(), st.sampled_from([0.0, 0.2, 1.0]))
def test_nobody_gets_more_than_their_room_and_order_does_not_matter(wanted, room, random, share):
    rules, rooms = replace(RULES, small_share=share), dict.fromkeys(range(4), room)
    met = allot(wanted, rooms, rules)
    for user in range(4):
        circles = {demand.circle for demand in wanted if demand.user == user}
        got = {circle for one, circle in met if one == user}
        assert got <= circles
        assert len(got) == min(room, len(circles))
    shuffled = list(wanted)
    random.shuffle(shuffled)
    assert allot(shuffled, rooms, rules) == met
