"""One person's payments add up as the one expression says, without the dataframe engine."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.aggregate import Adder
from graph.edges import LAYOUTS
from graph.log import NONE, PaymentLog, empty_rows
from graph.tallying import tally
from tests.logs import rows

payments = st.fixed_dictionaries(
    {
        "merchant": st.integers(0, 2),
        "product": st.sampled_from([NONE, 0, 1]),
        "quantity": st.sampled_from([NONE, 0, 2, 2**31]),
        "paid_at": st.sampled_from([5, 86_399, 86_400, 5_000_000]),
        "band": st.integers(0, 4),
        "scene": st.integers(0, 1),
        "refund": st.sampled_from([False, False, True]),
        "walled": st.sampled_from([False, False, False, True]),
    }
)


@pytest.fixture(scope="module")
def adder(tmp_path_factory):
    with Adder(PaymentLog(tmp_path_factory.mktemp("log")), threads=1) as opened:
        yield opened


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(listed=st.lists(payments, max_size=12))
def test_it_is_what_the_expression_gives(adder, listed):
    mine = rows(*listed, user=3)
    expected = adder.add_up(users=np.array([3]), extra={name: mine[name] for name in mine.dtype.names})
    found = tally(mine)
    for kind in LAYOUTS:
        assert found[kind].tolist() == expected[kind].edges.tolist()


def test_nothing_gives_no_edges():
    assert {kind: len(edges) for kind, edges in tally(empty_rows()).items()} == {"paid": 0, "bought": 0}
