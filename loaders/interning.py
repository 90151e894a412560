"""From the ids of files to dense indices, each id looked up once a load."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from graph.stores.base import GraphStore
from loaders.pseudonyms import Pseudonyms

MOST_KNOWN = 5_000_000  # ids remembered: a few hundred megabytes; then they are asked for again

Int64 = npt.NDArray[np.int64]


class Interner:
    """Indices of the things of one label.

    Args:
        given: gives indices to distinct ids, the same ones whenever it is asked.
    """

    def __init__(self, given: Callable[[list[str]], Int64]) -> None:
        self._given = given
        self._forget()
        self._touched = [np.zeros(0, dtype=np.int64)]

    def _forget(self) -> None:
        self._index_of: dict[str, int] = {}

    def of(self, ids: list[str]) -> Int64:
        """Indices of distinct ids; int64, shape of `ids`."""
        if len(self._index_of) > MOST_KNOWN:
            self._forget()
        index_of = self._index_of
        new = [value for value in ids if value not in index_of]
        if new:
            self.learn(new, self._given(new))
        return np.fromiter(map(index_of.__getitem__, ids), dtype=np.int64, count=len(ids))

    def learn(self, ids: list[str], indices: Int64) -> None:
        """Remember the indices of ids."""
        self._index_of.update(zip(ids, indices.tolist(), strict=True))
        self._touched.append(indices)

    def of_list(self, ids: list[str]) -> Int64:
        """Indices of ids in any order, repeated or not; int64, shape of `ids`."""
        self.of(list(dict.fromkeys(ids)))
        return np.fromiter(map(self._index_of.__getitem__, ids), dtype=np.int64, count=len(ids))

    @property
    def touched(self) -> Int64:
        """All indices asked for so far, increasing."""
        return distinct(np.concatenate(self._touched))


class Interners:
    """One for each label.

    Args:
        given: label -> what gives indices to its ids.
    """

    def __init__(self, given: Callable[[str], Callable[[list[str]], Int64]]) -> None:
        self.user, self.merchant = Interner(given("User")), Interner(given("Merchant"))
        self.product, self.circle = Interner(given("Product")), Interner(given("Circle"))

    def counts(self) -> dict[str, int]:
        """Distinct things of each label that were asked for."""
        return {f"{name}s": len(interner.touched) for name, interner in vars(self).items()}


def store_interners(store: GraphStore, pseudonyms: Pseudonyms, *, verified_adults: bool) -> Interners:
    """Indices of a store, where new ids become nodes in the order they come; users go in as pseudonyms.

    Args:
        verified_adults: whether people whom a load brings in count as verified and adult.
    """

    people = people_given(store, verified_adults=verified_adults)
    given: dict[str, Callable[[list[str]], Int64]] = {"User": lambda ids: people(pseudonyms.of_many(ids))}
    return Interners(lambda label: given.get(label) or (lambda ids: store.intern(label, ids)))


def people_given(store: GraphStore, *, verified_adults: bool) -> Callable[[list[str]], Int64]:
    """What gives indices to pseudonyms; see `store_interners`."""
    return lambda inside: _made(store, inside) if verified_adults else store.intern("User", inside)


def _made(store: GraphStore, ids: list[str]) -> Int64:
    """Indices of users; new ones are verified adults, and those who are there stay as they are."""
    found = store.indices("User", ids)
    new = [ids[i] for i in np.flatnonzero(found < 0).tolist()]
    if new:
        yes = [True] * len(new)
        found[found < 0] = store.upsert("User", {"id": new, "verified": yes, "adult": yes})
    return found


class Numbering:
    """Gives numbers from 0 in the order ids come, without a store."""

    def __init__(self) -> None:
        self._number_of: dict[str, int] = {}

    def __call__(self, ids: list[str]) -> Int64:
        number_of = self._number_of
        return np.array([number_of.setdefault(value, len(number_of)) for value in ids], dtype=np.int64)

    @property
    def ids(self) -> list[str]:
        """Ids by number."""
        return list(self._number_of)


def distinct(indices: npt.NDArray[np.integer]) -> Int64:
    """Distinct dense indices, increasing; a table of marks is far quicker than sorting or hashing them."""
    marks = np.zeros(int(indices.max()) + 1 if len(indices) else 0, dtype=bool)
    marks[indices] = True
    return np.flatnonzero(marks)
