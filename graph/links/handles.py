"""One-time handles: how one of two people may name the other until both have accepted.

A handle is 128 bits of a keyed hash of viewer, other and week. So it is kept nowhere, not even hashed; it is
the same when a request is repeated; nobody without the key can make or read one; and the same person has
another handle for every viewer and every week. It is worth nothing without the viewer it was made for.
"""

import hmac
from collections.abc import Sequence

_BYTES = 16
CONNECTED = -1  # in place of the week, for people who have accepted each other


class Handles:
    """Handles under a key of the house, from which their own key is made.

    Args:
        key: secret of the pseudonyms.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"handles of links", "sha256")

    def of(self, viewer: int, others: Sequence[int], period: int) -> list[str]:
        """Handles of others, by store index, for one viewer and one week; 32 hex digits each."""
        return [
            hmac.digest(self._key, b"%d %d %d" % (period, viewer, other), "sha256")[:_BYTES].hex()
            for other in others
        ]


def place_of(handle: str, handles: Sequence[str]) -> int:
    """Place of a handle among others, -1 when it is not there; every one is compared, in constant time."""
    found = -1
    given = handle.encode("utf-8")
    for place, known in enumerate(handles):
        if hmac.compare_digest(given, known.encode("ascii")):
            found = place
    return found
