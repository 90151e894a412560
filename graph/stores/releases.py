"""What was answered to owners' repeated questions, and what each answer cost: the ledger of every store.

Mixed into `GraphStore`. An answer once kept is never changed: the same question gives the same bytes, so
that asking often averages nothing away. It holds noisy counts of groups and nobody in particular.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Release:
    """One answer that was given.

    period: what its cost counts for, such as "2026-Q4". key: the question, once an owner. cost: in epsilon.
    payload: JSON text, as it is answered.
    """

    owner: str
    period: str
    key: str
    cost: float
    payload: str


class Releases(Protocol):
    """The methods of `GraphStore` about answers to repeated questions."""

    def keep_release(
        self, owner: str, period: str, key: str, cost: float, budget: float, payload: str
    ) -> str | None:
        """The answer to a question: the one kept, else this one where the owner's budget allows it.

        In one transaction: of several at once, all get what the first of them kept.

        Args:
            budget: what the owner's releases of the period may cost together.

        Returns:
            The payload that counts, or None where nothing is kept and the budget is spent.
        """

    def keep_releases(self, releases: Sequence[Release], budget: float) -> list[bool]:
        """The same for many owners at once, in one transaction: whether each release is in the ledger now.

        Args:
            releases: at most one an owner.
            budget: what the releases of one owner in one period may cost together.
        """

    def release_costs(self, period: str) -> dict[str, float]:
        """What each owner's releases of a period cost together; only owners that have any."""

    def releases(self, owner: str | None = None) -> list[Release]:
        """The ledger, of one owner or of all: by owner, period and key."""
