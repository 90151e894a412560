"""Of all households of the demonstration: what was made with the version is what would be answered now."""

import pytest
from threadpoolctl import threadpool_limits

from api.context import wire
from api.services.explaining import tell
from api.services.ranking import Question, look_up
from graph.settings import Settings

pytestmark = [pytest.mark.xdist_group("demonstration"), pytest.mark.slow]
LEAST_KEPT = 0.999  # of the first 20 places; the rest names more things than there is room for


@pytest.fixture(autouse=True)
def one_thread():
    """As in a worker: a pool of threads gets in the way of small products."""
    with threadpool_limits(1, "blas"):
        yield


def test_reasons_of_all_households_are_those_made_now(demonstration):
    context = wire(Settings(home=demonstration.home))
    served, store, now = context.versions.current(), context.store.get(), context.now()
    people = store.nodes("User")["id"]
    kept = asked = 0
    for user in people:
        person = look_up(context, served, store, Question(user), now)
        entry = served.version.lists.entry(user)
        rows = entry.rows[:20].tolist()
        assert person.is_fresh
        before, today = (tell(context.policy, served, person, kept_in, rows) for kept_in in (entry, None))
        # Two products of one name may be met in either order: what is said of them is the same.
        assert [*map(served.words.listed, before)] == [*map(served.words.listed, today)]
        kept, asked = kept + len(entry.told()), asked + len(rows)
    assert len(people) > 2000
    assert kept >= LEAST_KEPT * asked
    context.close()
