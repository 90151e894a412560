"""Lots for slots that are drawn: the same for a person all week, and known to nobody without the key."""

import hmac

from graph.links.periods import period_of
from graph.policy.exploration import Lot

_BYTES = 8
_RANGE = 2.0 ** (8 * _BYTES)


class Lots:
    """Lots under a key of the house, from which their own key is made.

    A list that is asked for again shows the same circles, so that nobody learns by asking which of them were
    drawn; next week draws anew.

    Args:
        key: secret of the pseudonyms.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"lots of exploration", "sha256")

    def of(self, user: str, at: int, after: int = 0) -> Lot:
        """Numbers in [0, 1) for a pseudonym in the week of a moment, by what is drawn.

        after: how many circles earlier pages of the list showed; each page has lots of its own, so that what
        is drawn on one says nothing of the next.
        """
        start = f"{period_of(at)} {user} " + (f"after {after} " if after else "")

        def lot(what: str) -> float:
            digest = hmac.digest(self._key, (start + what).encode("utf-8"), "sha256")
            # Just below 1 would round up to it.
            return min(int.from_bytes(digest[:_BYTES]) / _RANGE, 1.0 - 2.0**-53)

        return lot
