"""A fan graph as it is drawn: what a view leaves out, what is chosen, and nothing of what is hidden."""

import copy
import re

import pytest

from api.pages.graph_view import draw
from api.pages.view_state import KINDS, ViewState
from tests import scenes

RINGS = {name: name.title() for name in KINDS}


@pytest.fixture(scope="module")
def answer():
    return scenes.fan_graph()


def drawn(answer, language="en", **view):
    return draw(answer, ViewState("m", **view), language, RINGS)


def test_marks_go_from_the_centre_outwards_and_round_each_ring(answer):
    marks = drawn(answer).marks
    assert [mark.index for mark in marks] == list(range(len(marks)))
    assert marks[0].kind == "merchant"
    sorts = list(dict.fromkeys(mark.sort for mark in marks[1:]))
    assert sorts == list(KINDS)


def test_the_legend_counts_everything_and_the_picture_leaves_out_what_is_hidden_by_it(answer):
    whole, part = drawn(answer), drawn(answer, hide=("circle", "far"))
    assert [(name, number) for name, number, _ in whole.legend] == [
        ("near", 6), ("mid", 6), ("far", 6), ("circle", 9), ("shop", 8),
    ]  # fmt: skip
    assert [name for name, _, left_out in part.legend if left_out] == ["far", "circle"]
    assert {mark.sort for mark in part.marks} == {"merchant", "near", "mid", "shop"}


def test_leaving_a_kind_out_moves_nothing(answer):
    whole = {mark.id: (mark.x, mark.y, mark.r) for mark in drawn(answer).marks}
    assert all(whole[mark.id] == (mark.x, mark.y, mark.r) for mark in drawn(answer, hide=("shop",)).marks)


def test_the_chosen_node_brings_its_neighbours_out(answer):
    shown = next(node for node in answer["nodes"] if node["id"] == "c:0")
    ends = {edge["source"] for edge in answer["edges"] if edge["target"] == shown["id"]}
    found = drawn(answer, group="c:0")
    assert found.chosen.id == "c:0"
    assert {found.marks[index].id for index in found.linked} == ends | {"c:0"}
    assert found.chosen_lines.count("M") == len(ends)
    assert drawn(answer, group="nothing").chosen is None


def test_a_closeness_brings_its_whole_ring_out(answer):
    found = drawn(answer, group="mid")
    assert {found.marks[index].sort for index in found.linked} == {"mid"}
    assert len(found.linked) == 6
    assert found.chosen is None


def test_joints_name_each_pair_once(answer):
    found = drawn(answer)
    pairs = {
        frozenset((found.marks[int(one)].id, found.marks[int(other)].id))
        for one, others in (entry.split(":") for entry in found.joints.split(" "))
        for other in others.split(",")
    }
    assert pairs == {frozenset((edge["source"], edge["target"])) for edge in answer["edges"]}


def test_groups_are_named_by_their_interest_since_the_ring_says_the_rest(answer):
    names = {mark.id: (mark.name, mark.short) for mark in drawn(answer).marks}
    assert names["near.dining"] == ("Regulars · Dining", "Dining")
    assert {mark.id: mark.short for mark in drawn(answer, language="zh").marks}["far.fitness"] == "健身"


def test_one_community_alone_has_no_sector(answer):
    assert len(drawn(answer).sectors) > 1
    alone = answer | {
        "nodes": [node | {"community": 0} for node in answer["nodes"]],
        "communities": [answer["communities"][0]],
    }
    assert drawn(alone).sectors == []
    assert {mark.community for mark in drawn(alone).marks} == {None}


def test_what_is_hidden_is_drawn_alike_whatever_the_reason(answer):
    hidden = [mark for mark in drawn(answer).marks if mark.hidden]
    assert {mark.hidden for mark in hidden} == {"minimum", "complement"}
    assert len({(mark.r, mark.size) for mark in hidden}) == 1


def test_rows_list_the_most_people_first_and_the_hidden_by_id(answer):
    rows = drawn(answer).rows
    shown = [mark.people["v"] for mark in rows if not mark.hidden]
    assert shown == sorted(shown, reverse=True)
    hidden = [mark.id for mark in rows[len(shown) :]]
    assert hidden == sorted(hidden)
    assert hidden


def test_the_order_of_nodes_and_edges_changes_no_picture(answer):
    turned = copy.deepcopy(answer)
    turned["nodes"].reverse()
    turned["edges"].reverse()
    one, other = drawn(answer), drawn(turned)
    assert (one.marks, one.joints, one.labels, one.ring_labels) == (
        other.marks, other.joints, other.labels, other.ring_labels,
    )  # fmt: skip


def test_lines_are_few_paths_of_whole_numbers():
    found = drawn(scenes.stress())
    assert len(found.lines) <= 5 * 5
    assert sum(path.count("M") for _, _, path in found.lines) == 900
    assert not re.search(r"[^MLQ\d -]", "".join(path for _, _, path in found.lines))
