"""What is told of noisy counts: by hand, and against somebody who subtracts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.policy.disclosed_portraits import (
    accompanied,
    enough_or_none,
    index_of,
    peer_share,
    release_growth,
    release_noisy,
    release_portion,
    release_size,
    settled,
)
from graph.policy.disclosure import Cell, DisclosureRules, Hidden, release_parts
from graph.policy.portraits import likely_noise, with_noise

RULES = DisclosureRules()
MINIMUM, COMPLEMENT = Cell(hidden=Hidden.MINIMUM), Cell(hidden=Hidden.COMPLEMENT)
EXACT = 0.0


def told(sizes, scale=EXACT, whole_scale=0.0):
    return release_noisy(sizes, [scale] * len(sizes), RULES, whole_scale=whole_scale)


@pytest.mark.parametrize(
    ("size", "scale", "shown"),
    [
        (20, 1.0, 20),
        (19, 1.0, None),
        (29, 12.5, 29),
        (28, 12.5, None),
        (-7, 12.5, None),
        (1_449, 12.5, 1_400),
    ],
)
def test_a_count_that_noise_alone_could_make_is_hidden(size, scale, shown):
    assert release_size(size, scale, RULES).v == shown  # ln 10 x 12.5 = 28.8


def test_a_single_small_part_takes_a_second_one_with_it_where_their_sum_is_told():
    assert told([700, 12, 80], 12.5, whole_scale=None) == [Cell(700), MINIMUM, COMPLEMENT]
    assert told([700, 12, 80], 12.5) == [Cell(700), MINIMUM, Cell(80)]  # 12, give or take 29


def test_long_lists_ask_for_more_so_that_noise_fills_none():
    assert told([60, 70, *[0] * 198], 12.5)[:2] == [MINIMUM, Cell(70)]  # ln 200 x 12.5 = 66.2


def test_noise_stands_for_a_complement_where_two_parts_are_small():
    assert told([700, 3, 4], EXACT) == [COMPLEMENT, MINIMUM, MINIMUM]  # 7 would be known exactly
    assert told([700, 3, 4], 12.5) == [Cell(700), MINIMUM, MINIMUM]  # 7, give or take 29


def test_noise_stands_for_nothing_where_the_sum_of_the_parts_is_told_too():
    assert told([700, 3, 4], 12.5, whole_scale=None) == [COMPLEMENT, MINIMUM, MINIMUM]


def test_a_whole_may_be_small_for_the_number_of_its_parts():
    sizes = [60, *[4] * 99]
    assert told(sizes)[0] == Cell(60)  # release_parts would ask for 2,000 people
    assert release_parts({f"{i:03}": size for i, size in enumerate(sizes)}, RULES)[0]["000"].hidden


def test_each_part_has_the_minimum_of_its_own_noise():
    cells = release_noisy([40, 30, 40, 40], [1.0, 30.0, 30.0, 1.0], RULES, whole_scale=0.0)
    assert cells == [Cell(40), MINIMUM, MINIMUM, Cell(40)]  # ln 10 x 30 = 69


def test_no_cell_of_a_table_is_hidden_alone_in_its_column():
    assert settled([[Cell(90), Cell(60)], [Cell(80), Cell(50)], [Cell(70), MINIMUM]], 1) == [
        [Cell(90), Cell(60)],
        [Cell(80), COMPLEMENT],
        [Cell(70), MINIMUM],
    ]


def test_no_part_of_a_sum_is_hidden_alone():
    assert accompanied([Cell(90), MINIMUM, Cell(60)]) == [Cell(90), MINIMUM, COMPLEMENT]
    for cells in ([Cell(90), Cell(60)], [Cell(90), MINIMUM, MINIMUM], [MINIMUM]):
        assert accompanied(cells) == cells


def test_a_row_that_shows_too_little_is_hidden_and_takes_cells_of_other_rows_with_it():
    rows = [[Cell(90), Cell(60), Cell(50)], [Cell(80), Cell(50), Cell(40)], [Cell(70), Cell(30), MINIMUM]]
    assert settled(rows, 3) == [rows[0], [COMPLEMENT] * 3, [COMPLEMENT, COMPLEMENT, MINIMUM]]


def test_parts_that_nothing_can_protect_are_all_hidden_alike():
    assert told([20, 1, 20]) == [COMPLEMENT] * 3  # 1 is all that 41 leaves for it, whichever are large
    assert told([3, 1, 2]) == [MINIMUM] * 3


def test_an_attribute_of_which_little_is_shown_is_hidden_whole():
    cells = [Cell(90), Cell(30), MINIMUM]
    assert enough_or_none(cells, 2) == cells
    assert enough_or_none(cells, 3) == [COMPLEMENT, COMPLEMENT, MINIMUM]


def test_shares_and_changes_are_of_what_is_told():
    assert release_portion(Cell(280), Cell(2_200), 0.95) == Cell(0.13)
    assert release_portion(Cell(100), Cell(100), 0.95) == Cell(0.95)
    assert release_growth(Cell(110), Cell(100)) == Cell(0.1)
    for function in (release_growth, lambda one, other: release_portion(one, other, 0.95)):
        assert function(MINIMUM, Cell(100)) == function(Cell(100), MINIMUM) == MINIMUM


def test_a_share_among_peers_is_of_many_people_or_of_none():
    assert peer_share(300, 4_000, 10.0, RULES) == 0.075
    assert peer_share(22, 4_000, 10.0, RULES) is None
    assert peer_share(300, 200, 10.0, RULES) is None
    assert index_of(Cell(0.3), 0.075) == 4.0
    assert index_of(Cell(0.3), 0.009) is index_of(Cell(0.3), None) is index_of(MINIMUM, 0.2) is None


PARTS = st.lists(st.integers(-30, 120), min_size=2, max_size=9)


@given(PARTS, st.lists(st.floats(0.0, 60.0), min_size=9, max_size=9))
def test_nothing_below_its_minimum_is_shown_and_nothing_is_hidden_alone_beside_its_sum(sizes, scales):
    scales = scales[: len(sizes)]
    cells = release_noisy(sizes, scales, RULES, whole_scale=12.5)
    for size, scale, cell in zip(sizes, scales, cells, strict=True):
        if cell.v is not None:
            assert size >= with_noise(RULES, scale).min_group_size
            assert cell == release_size(size, scale, RULES)
    together = release_noisy(sizes, scales, RULES, whole_scale=None)
    assert sum(cell.hidden is not None for cell in together) != 1


@given(PARTS, st.sampled_from([0.0, 4.0, 12.5, 40.0]))
def test_whoever_subtracts_learns_no_more_than_that_a_part_is_hidden(sizes, scale):
    """Known: the rule, every shown part exactly, and the whole but for the noise in it."""
    cells = told(sizes, scale)
    hidden = [at for at, cell in enumerate(cells) if cell.hidden]
    if not hidden or len(hidden) == len(sizes):
        return  # nothing to find, or nothing to subtract
    minimum = with_noise(RULES, scale).min_group_size
    rest = sum(max(0, sizes[at]) for at in hidden)
    blur = likely_noise(1) * scale
    for at in hidden:
        if cells[at].hidden is Hidden.MINIMUM:
            others = [
                minimum - 1 if cells[i].hidden is Hidden.MINIMUM else math.inf for i in hidden if i != at
            ]
            least_others = sum(0 if cells[i].hidden is Hidden.MINIMUM else minimum for i in hidden if i != at)
            assert rest - blur - sum(others) <= 0  # it may be empty
            assert rest + blur - least_others >= minimum - 1 - (math.inf in others)  # or nearly shown
