"""How near circles are in a version: columns of a matrix, worked by hand."""

import numpy as np
import pytest

from api.services.likeness import column_cosines
from embeddings.model import Channel
from graph.csr import Csr


@pytest.fixture
def channel():
    """Three things and four circles: 0 and 1 share one of two things, 2 has another one, 3 none."""
    rows, columns = np.array([0, 1, 0, 2]), np.array([0, 0, 1, 2])
    matrix = Csr.of(rows, columns, (3, 4), {"weight": np.ones(4, dtype=np.float32)})
    return Channel("theme_product_categories", "product_category", matrix)


def test_a_column_is_near_those_that_share_its_things(channel):
    found = column_cosines(channel, 0)
    assert found[:3].tolist() == pytest.approx([1.0, 2**-0.5, 0.0])
    assert np.isnan(found[3])


def test_a_circle_of_which_nothing_is_known_is_near_nothing(channel):
    assert column_cosines(channel, 3) is None


def test_the_order_of_the_two_does_not_matter(channel):
    assert column_cosines(channel, 0)[1] == pytest.approx(column_cosines(channel, 1)[0])
