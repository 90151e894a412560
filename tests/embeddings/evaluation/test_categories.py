"""Product categories in the place of circles."""

import pytest

from embeddings.evaluate import evaluate
from embeddings.evaluation.categories import as_circles, new_categories
from graph.errors import InputError

AISLES = {"tea": "drinks", "milk": "drinks", "bread": "bakery", "rope": "sport"}


@pytest.fixture(scope="module")
def before(make_snapshot):
    return make_snapshot(
        bought={"ann": {"tea": 1, "milk": 2}, "bob": {"bread": 1, "tea": 1}, "cy": {"bread": 3}},
        paid={"ann": {"store": 1}},
        categories=AISLES,
    )


@pytest.fixture(scope="module")
def whole(make_snapshot):
    return make_snapshot(
        bought={"ann": {"tea": 1, "milk": 2, "bread": 1}, "bob": {"bread": 1, "tea": 1}, "zoe": {"rope": 1}},
        categories=AISLES,
    )


def test_buying_in_a_category_is_joining_it(before):
    ranked = as_circles(before)
    assert list(ranked.circles) == ["bakery", "drinks"]
    assert [ranked.members.row(row).tolist() for row in range(3)] == [[1], [0, 1], [0]]
    assert ranked.paid is before.paid


def test_only_what_was_never_bought_in_before_is_asked_for(before, whole):
    assert new_categories(before, whole) == {"ann": {"bakery"}, "zoe": {"sport"}}


def test_methods_rank_categories_as_they_rank_circles(before):
    value = evaluate(as_circles(before), {"ann": {"bakery"}}, methods=["popularity"], apart=False)
    assert value["methods"][0]["metrics"]["ndcg@20"] == 1.0


def test_without_any_category_there_is_nothing_to_rank(make_snapshot):
    with pytest.raises(InputError, match="has a category"):
        as_circles(make_snapshot(bought={"ann": {"tea": 1}}))
