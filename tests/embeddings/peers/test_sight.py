"""What peers are shown, drawn by hand."""

import numpy as np
import pytest

from embeddings.peers.sight import has_behaviour, has_themes, sight_of


@pytest.fixture(scope="module")
def two(make_snapshot):
    """Circles book and tea (columns 0 and 1), merchants inn and mill; book is about the inn."""
    return make_snapshot(
        members={"ann": ["tea"], "bob": ["book"]},
        paid={"ann": {"mill": 4}, "bob": {"inn": 1}},
        themes={"book": [("merchant", "inn")]},
    )


def test_memberships_alone_are_people_by_circles(two):
    sight = sight_of(two, "memberships")
    assert sight.matrix.toarray().tolist() == [[0, 1], [1, 0]]


def test_joint_weighs_behaviour_and_not_how_often(two):
    sight = sight_of(two, "joint", behaviour=0.5)
    assert sight.matrix.toarray().tolist() == [[0, 1, 0, 0.5], [1, 0, 0.5, 0]]
    assert sight.circles.toarray().tolist() == [[0, 1], [1, 0]]


def test_a_circle_with_a_theme_is_a_row_that_joined_itself_and_paid_its_targets(two):
    rows = sight_of(two, "themes", theme_rows="circles").matrix.toarray()[2:]
    assert rows.tolist() == [[1, 0, 1, 0]]


def test_a_target_is_a_row_that_touched_itself_and_joined_the_circles_about_it(two):
    rows = sight_of(two, "themes", theme_rows="targets").matrix.toarray()[2:]
    assert rows.tolist() == [[1, 0, 1, 0]]
    assert sight_of(two, "themes", theme_rows="both").matrix.shape == (4, 4)


def test_themes_of_categories_bring_columns_of_categories(make_snapshot):
    snapshot = make_snapshot(
        members={"ann": ["tea"]},
        paid={"ann": {"mill": 1}},
        categories={"mill": "grain"},
        themes={"tea": [("category", "grain")]},
    )
    sight = sight_of(snapshot, "themes", theme_rows="circles")  # tea, mill, grain
    assert sight.matrix.toarray().tolist() == [[1, 1, 1], [1, 0, 1]]


def test_who_does_not_consent_has_an_empty_row(make_snapshot):
    snapshot = make_snapshot(members={"ann": ["tea"], "bob": ["tea"]}, refusing=["bob"])
    assert sight_of(snapshot, "memberships").matrix.toarray().tolist() == [[1], [0]]


def test_what_there_is_to_see_is_known(two, make_snapshot):
    bare = make_snapshot(members={"ann": ["tea"]})
    assert (has_behaviour(two), has_themes(two)) == (True, True)
    assert (has_behaviour(bare), has_themes(bare)) == (False, False)


def test_an_unknown_form_is_a_programmers_mistake(two):
    with pytest.raises(ValueError, match="form 'all'"):
        sight_of(two, "all")
    assert sight_of(two, "joint").matrix.dtype == np.float32
