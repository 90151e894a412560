"""Where names stand: beside their node, on nothing else, and fewer of them on a phone."""

from hypothesis import given
from hypothesis import strategies as st

from api.pages.graph_labels import FONTS, Wanted, around_nodes, put_names, put_on_ring, shortened, width_of


def named(*nodes, is_phone=False, taken=None):
    """Names of nodes given as (text, x, y, radius)."""
    wanted = [Wanted(index, *node) for index, node in enumerate(nodes)]
    taken = taken or around_nodes([node[1:] for node in nodes])
    return put_names(wanted, taken, is_phone=is_phone)


def box(label):
    width, height = width_of(label.text) * FONTS[label.level], FONTS[label.level]
    left = {"right": label.x, "left": label.x - width}.get(label.side, label.x - width / 2)
    top = {"below": label.y, "above": label.y - height}.get(label.side, label.y - height / 2)
    return left, top, left + width, top + height


def test_a_lonely_node_is_named_on_its_outer_side():
    assert named(("Tea", 800, 500, 10))[0].side == "right"
    assert named(("Tea", 200, 500, 10))[0].side == "left"
    assert named(("Tea", 500, 100, 10))[0].side == "above"
    assert named(("Tea", 500, 900, 10))[0].side == "below"


def test_a_name_goes_to_the_other_side_where_its_own_is_taken():
    labels = named(("Tea", 700, 500, 10), ("Coffee", 725, 500, 10))
    assert labels[0].side == "left"
    assert labels[1].side == "right"


def test_a_node_that_is_shut_in_is_named_when_one_zooms_in():
    walls = [("", 700 + dx, 500 + dy, 14) for dx in (-45, 0, 45) for dy in (-45, 0, 45) if dx or dy]
    label = named(("Tea House", 700, 500, 6), *walls)[0]
    assert label.level >= 2


def test_a_long_name_is_cut_where_a_phone_has_no_room_for_it():
    long = "Refrigerated Grain Based Mixes"
    assert named((long, 300, 500, 10), is_phone=True)[0].text.endswith("…")
    assert len(named((long, 300, 500, 10))[0].text) > len(named((long, 300, 500, 10), is_phone=True)[0].text)


def test_a_cut_name_is_no_longer_than_asked_in_either_script():
    assert shortened("Tea", 11.0) == "Tea"
    for text in ("Refrigerated Grain Based Mixes", "冷藏谷物与甜筒饼干爱好者圈子"):
        assert shortened(text, 8.0).endswith("…")
        assert width_of(shortened(text, 8.0)) <= 8.1


def test_a_ring_is_named_at_the_top_unless_something_stands_there():
    free = put_on_ring("Regulars", 178, 500, around_nodes([]), is_phone=False)
    assert (free.x, free.y) == (500, 322)
    blocked = put_on_ring("Regulars", 178, 500, around_nodes([(500, 322, 20)]), is_phone=False)
    assert blocked.y > 322
    assert put_on_ring("Regulars", 178, 500, around_nodes([(500, 500, 600)]), is_phone=False) is None


spots = st.tuples(st.integers(20, 980), st.integers(20, 980), st.integers(4, 26))


@given(st.lists(spots, min_size=1, max_size=30, unique_by=lambda spot: spot[:2]), st.booleans())
def test_no_name_stands_on_a_node_or_another_name_seen_with_it(nodes, is_phone):
    labels = named(*[("Coffee House", *node) for node in nodes], is_phone=is_phone)
    boxes = [(label.level, box(label)) for label in labels.values()]
    for place, (level, one) in enumerate(boxes):
        for x, y, radius in nodes:
            assert not meet(one, (x - radius, y - radius, x + radius, y + radius))
        assert not any(meet(one, other) for same, other in boxes[place + 1 :] if same == level)


def meet(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
