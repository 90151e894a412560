"""Channels on a graph of three people, worked out by hand, and each alone against its own plant."""

import numpy as np
import pytest

from embeddings.batch import raw_scores
from embeddings.channels import TOUCH_OF, default_exponents, ground_of, matrix_of, names_of
from embeddings.touches import touches_of

ONES = {"a": 0.0, "power": 1.0, "source": 0.0, "target": 0.0}


def grounded(snapshot, min_supporters=1):
    return ground_of(snapshot, touches_of(snapshot, half_life_days=180), min_supporters=min_supporters)


@pytest.fixture(scope="module")
def three(make_snapshot):
    """Ann is in book and tea, Bob in tea and chess, Cy in none; Ann and Cy pay at the mill once."""
    return make_snapshot(
        members={"ann": ["book", "tea"], "bob": ["chess", "tea"], "cy": []},
        paid={"ann": {"mill": 1}, "cy": {"mill": 1}, "bob": {"pier": 3}},
        themes={"tea": [("merchant", "mill")], "walk": [("merchant", "mill"), ("merchant", "pier")]},
    )  # circles by row: book, chess, tea, walk; merchants: mill, pier


def test_membership_filter_counts_shared_members(three):
    matrix = matrix_of("members", grounded(three), ONES).toarray()
    assert matrix.tolist() == [[1, 0, 1, 0], [0, 1, 1, 0], [1, 1, 2, 0], [0, 0, 0, 0]]


def test_membership_filter_divides_by_degrees(three):
    exponents = {"a": 1.0, "power": 0.5, "source": 1.0, "target": 0.5}
    matrix = matrix_of("members", grounded(three), exponents)
    # book -> tea: one shared member with two circles: (1/2)^.5, over d_book = 1 and root of d_tea = 2.
    assert matrix[0, 2] == pytest.approx(0.5**0.5 / 2**0.5)
    # tea -> tea: two members with two circles each: (1/2 + 1/2)^.5 / 2 / 2^.5
    assert matrix[2, 2] == pytest.approx(1 / 2 / 2**0.5)


def test_behaviour_filter_leads_from_merchants_to_circles_of_their_customers(three):
    matrix = matrix_of("merchants", grounded(three), ONES).toarray()
    assert matrix[0].tolist() == [1, 0, 1, 0]
    assert matrix[1] == pytest.approx([0, 2, 2, 0])  # three payments weigh log2(1 + 3) = 2


def test_behaviour_filter_weighs_people_by_both_degrees(three):
    matrix = matrix_of("merchants", grounded(three), ONES | {"a": 2.0})
    assert matrix[0, 0] == pytest.approx(1 / (1 * 2))  # Ann: one merchant, two circles


def test_theme_reaches_a_circle_without_members(three):
    ground = grounded(three)
    exponents = {"source": 0.5, "row": 0.5, "target": 0.5}
    matrix = matrix_of("theme_merchants", ground, exponents)
    # mill has two customers; walk two targets and no member; tea one target and two members.
    assert matrix[0, 3] == pytest.approx(2**-0.5 * 2**-0.5)
    assert matrix[0, 2] == pytest.approx(2**-0.5 * 3**-0.5)


def test_alike_themes_lead_from_circle_to_circle(three):
    exponents = {"source": 1.0, "row": 1.0, "target": 0.0}
    matrix = matrix_of("theme_alike", grounded(three), exponents)
    # N of tea is 1/1 * 1/2 at mill, N of walk 1/2 * 1/2 there; tea has two members.
    assert matrix[2, 3] == pytest.approx(0.5 * 0.25 / 2**0.5)


def test_near_themes_are_cosines_with_a_zero_diagonal(three):
    matrix = matrix_of("theme_near", grounded(three), {"power": 1.0})
    # tea is (1/2, 0), walk is (1/2, 1): the cosine is (1/2) / root(5/4).
    assert matrix[2, 3] == pytest.approx(0.5 / 1.25**0.5)
    assert matrix[2, 2] == 0


def test_product_themes_match_through_the_category(make_snapshot):
    snapshot = make_snapshot(
        bought={"ann": {"oolong": 1}, "bob": {"rope": 1}},
        themes={"tea": [("product", "sencha"), ("product", "oolong")]},
        categories={"oolong": "teas", "rope": "tools"},
    )
    matrix = matrix_of("theme_product_categories", grounded(snapshot), ONES | {"row": 0.0}).toarray()
    teas = snapshot.categories.find("teas")
    assert matrix[teas, 0] == 0.5
    assert matrix.sum() == 0.5


def test_only_channels_with_data_are_named(three):
    assert names_of(grounded(three)) == [
        "members",
        "merchants",
        "theme_alike",
        "theme_near",
        "theme_merchants",
    ]


def test_a_weight_needs_enough_consenting_supporters(make_snapshot):
    users = {f"u{i}": ["a", "b"] for i in range(3)} | {"v": ["b", "c"]}
    snapshot = make_snapshot(members=users | {"no": ["a", "b"]}, refusing=["no"])
    matrix = matrix_of("members", grounded(snapshot, min_supporters=3), ONES).toarray()
    assert matrix.tolist() == [[3, 3, 0], [3, 4, 0], [0, 0, 0]]
    assert matrix_of("members", grounded(snapshot, min_supporters=4), ONES).toarray()[0, 1] == 0


def test_a_circle_of_two_tells_nothing_about_its_members(make_snapshot):
    paid = {f"u{i}": {"shop" if i % 2 else "mill": 1} for i in range(24)}
    big = {f"u{i}": ["big"] for i in range(24)}

    def matrices(pair):
        members = {user: [*rings, *(["pair"] if user in pair else [])] for user, rings in big.items()}
        ground = grounded(make_snapshot(members=members, paid=paid), min_supporters=10)
        return [matrix_of(name, ground, default_exponents(name)).toarray()[:, 1] for name in names_of(ground)]

    for one, other in zip(matrices({"u0", "u2"}), matrices({"u1", "u3"}), strict=True):
        assert not one.any()
        assert not other.any()


@pytest.mark.parametrize("name", ["members", "merchants", "products", "product_categories"])
def test_filter_alone_finds_its_plant(planted, name):
    assert found_share(planted, name, rings=range(4)) > 0.75


@pytest.mark.parametrize(
    "name", ["theme_merchants", "theme_products", "theme_product_categories", "theme_alike", "theme_near"]
)
def test_theme_alone_finds_circles_without_members(planted, name):
    assert found_share(planted, name, rings=[4]) > 0.6


def found_share(snapshot, name, rings):
    """How often the best circle over the communities is of the own one, among those told anything."""
    touches = touches_of(snapshot, half_life_days=180)
    matrix = matrix_of(name, grounded(snapshot), default_exponents(name))
    scores = raw_scores(touches.of[TOUCH_OF[name]], matrix)
    rows = snapshot.circles.find_all(f"ring{town}-{ring}" for ring in rings for town in range(6))
    home = np.array([int(user, 16) % 6 for user in snapshot.users])
    told = scores[:, rows].any(axis=1)
    assert told.sum() >= 50
    return np.mean((scores[:, rows].argmax(axis=1) % 6 == home)[told])
