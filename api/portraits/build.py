"""The portraits of a week: count who is due, add noise, pay, publish; under the lock `portraits`.

What is made is first staged in a file beside the published ones, whole; then it is paid for; then it is
published. A build that dies on the way is finished by the next one from that file: nobody ever sees other
noise than what was paid for. Portraits that are not due are carried over as they are.
"""

from contextlib import ExitStack
from dataclasses import dataclass

from api.portraits.house import House
from api.portraits.make import make
from api.portraits.publish import publish
from graph.portraits.census import Town
from graph.portraits.town import town_of

LOCK = "portraits"


@dataclass(frozen=True)
class Built:
    """What a build did. week: of the newest file.

    made, carried: portraits made anew, and as they were. too_small: merchants without enough fans.
    unpaid: due, but the budget of the quarter is spent. changed: whether a file was written.
    """

    week: str
    made: int
    carried: int
    too_small: int
    unpaid: int
    changed: bool


def build(house: House, *, now: int) -> Built:
    """Bring the portraits up to date; nothing is written where none is due and the week is the same.

    Args:
        now: epoch seconds.

    Raises:
        InputError: no week is over in which enough people paid.
        StoreConflict: another build is running, or the payment log was rewritten meanwhile.
    """
    with house.home.lock(LOCK):
        town = town_of(house.store, house.policy)
        finished = _publish(house, town)  # what a build that died has left
        with ExitStack() as open_files:
            earlier = house.newest()
            if earlier is not None:
                open_files.callback(earlier.close)
            week, unpaid = make(house, town, earlier, now)
            as_it_was = (0, len(earlier.merchants()), len(earlier.tried())) if earlier else (0, 0, 0)
        counts = _publish(house, town) or finished
        return Built(week, *(counts or as_it_was), unpaid=unpaid, changed=counts is not None)


def _publish(house: House, town: Town) -> tuple[int, int, int] | None:
    """Publish what is staged; None where nothing is."""
    with ExitStack() as open_files:
        made, earlier = house.waiting(), house.newest()
        for file in (made, earlier):
            if file is not None:
                open_files.callback(file.close)
        return None if made is None else publish(house, town, made, earlier)
