"""What is told of the lists of a block of people: `Explainer.tell` of each, in arrays over all of them.

Sums of what they did by name are taken for the places of their lists, the largest become sentences. Needs
scipy.
"""

import numpy as np
import numpy.typing as npt

from embeddings import told
from embeddings.crowd import Crowd
from embeddings.crowd_sums import CrowdSums, Slots, added_up
from embeddings.explain import UNITS, heard
from embeddings.model import GROUPS, Float64
from embeddings.names import SILENT, Names
from embeddings.packing import Spoken, pack_all
from embeddings.scorer import Scorer

Int64 = npt.NDArray[np.int64]
MOST_ENTRIES = 2_000_000  # that one channel gives a block, which is halved above it: 150 MB on the way
BLOCK_CELLS = 4_000_000  # people x circles of a block: 20 MB of marks


def people_at_once(num_circles: int) -> int:
    """People of a block: more gain nothing, and fewer where there are many circles."""
    return max(1, min(1_000, BLOCK_CELLS // max(1, num_circles)))


class Teller:
    """Tells many people of their lists. Keeps the label of each thing it met; not safe to share.

    Args:
        min_group_size: members that a circle has at least for its popularity to be told.
    """

    def __init__(self, scorer: Scorer, min_group_size: int) -> None:
        self.model, self._names, self._adding = scorer.model, Names(scorer), CrowdSums(scorer.model)
        self._min_group_size = min_group_size
        self._heard = [heard(scorer.model, group) for group in range(len(GROUPS))]
        self._by_label, self._rank = np.zeros(0, np.int64), np.zeros(0, np.int64)

    def tell(
        self, crowd: Crowd, circles: Int64, room: int
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
        """What is told of the circles of each person, as `told.pack` keeps it.

        Args:
            circles: int64 (num_people, num_places), rows; -1 after the end of a list.
            room: things that a table has at most.

        Returns:
            Tables of things (num_people, room), 0 after their ends, and words (num_people, num_places).
        """
        if len(crowd) > 1 and self._adding.num_entries(crowd) > MOST_ENTRIES:
            halves, middle = crowd.halves(), len(crowd) // 2
            parts = [
                self.tell(half, of, room)
                for half, of in zip(halves, (circles[:middle], circles[middle:]), strict=True)
            ]
            return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
        slots = self._slots(crowd)
        sums = np.rint(self._adding.of(crowd, slots, circles) * UNITS)
        return pack_all(self._strongest(slots, sums, circles), room)

    @property
    def num_names(self) -> int:
        """How many names things have that were met."""
        return len(self._names.keys)

    # -- slots ------------------------------------------------------------------------------------------

    def _slots(self, crowd: Crowd) -> Slots:
        num_people, kinds = len(crowd), list(dict.fromkeys(kind for each in self._heard for kind in each))
        touched = {}
        for kind in kinds:
            has_a_say = np.array([kind in each for each in self._heard])
            many = crowd.of(kind)
            touched[kind] = many.where(has_a_say[crowd.groups[many.owners]])
        codes = [self._names.of(kind, many.rows) for kind, many in touched.items()]
        self._sort_names()
        num_codes = len(self._rank)
        keys = [np.arange(num_people) * num_codes + self._rank[0]]
        keys += [m.owners * num_codes + self._rank[c] for m, c in zip(touched.values(), codes, strict=True)]
        found, slot_of = np.unique(np.concatenate(keys), return_inverse=True)
        owners, ranks = np.divmod(found, num_codes)
        counts, of, start = np.zeros(len(found), np.int64), {}, num_people
        for kind, many in touched.items():
            mine = slot_of[start : start + len(many.rows)]
            of[kind], start = (many, mine), start + len(many.rows)
            behind = np.bincount(mine, many.counts, len(found)).astype(np.int64)
            counts = np.maximum(counts, behind)  # a category's payments, seen as goods too, count once
        starts = owners.searchsorted(np.arange(num_people))
        return Slots(starts, owners, self._by_label[ranks], counts, slot_of[:num_people], of)

    def _sort_names(self) -> None:
        keys = self._names.keys
        if len(keys) != len(self._rank):
            self._by_label = np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)
            self._rank = np.empty(len(keys), np.int64)
            self._rank[self._by_label] = np.arange(len(keys))

    # -- the strongest ----------------------------------------------------------------------------------

    def _strongest(self, slots: Slots, sums: Float64, circles: Int64) -> Spoken:
        """The largest of each place that count, by falling sum and then by name."""
        num_people, num_places = circles.shape
        members = np.where(circles >= 0, self.model.num_members[circles], 0)
        sums *= (circles >= 0)[slots.owners]
        total = added_up(np.maximum(sums, 0.0), slots.starts)
        kinds = self._names.kinds[slots.codes]
        sums[kinds == SILENT] = 0.0
        sums[slots.popular] *= members > 0
        slot, place = (sums > 0).nonzero()
        values, group = sums[slot, place], slots.owners[slot] * num_places + place
        order = ordered(group, values, slot - slots.starts[slots.owners[slot]])
        slot, values, group = slot[order], values[order], group[order]
        sizes = np.bincount(group, minlength=num_people * num_places)
        nth = np.arange(len(group)) - (sizes.cumsum() - sizes)[group]
        share = values / total.ravel()[group]
        is_popular = slots.codes[slot] == 0
        told_of = ~is_popular | (members.ravel()[group] >= self._min_group_size)
        kept = ((nth < told.TERMS) & (share >= told.MIN_SHARE) & told_of).nonzero()[0]
        slot, group, nth, share = slot[kept], group[kept], nth[kept], share[kept]
        counts = np.where(is_popular[kept], members.ravel()[group], slots.counts[slot])
        strengths = (counts < told.OFTEN).astype(np.int64) + (counts < told.SOMETIMES)
        things = told.spoken_all(kinds[slot], strengths, self._names.rows[slots.codes[slot]])
        return Spoken(circles >= 0, group, nth, things, share)


def ordered(groups: Int64, values: Float64, ties: Int64) -> Int64:
    """Order by group, then falling value, then `ties`, which differ within a group.

    Args:
        groups, ties: int64 (n,), not negative. values: float64 (n,), whole and not negative.
    """
    if not len(groups):
        return groups
    largest = int(values.max())
    bits, tie_bits = largest.bit_length(), int(ties.max()).bit_length()
    if int(groups.max()).bit_length() + bits + tie_bits > 63:
        return np.lexsort((ties, -values, groups))
    return np.argsort(((groups << bits) + (largest - values.astype(np.int64)) << tie_bits) + ties)
