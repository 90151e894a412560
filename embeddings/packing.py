"""`told.sentences` and `told.pack` for a block of people at once, in arrays; numpy only."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings import told

Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]
UInt64 = npt.NDArray[np.uint64]
OPEN = told.NOTHING_SPEAKS[0][0][0]


@dataclass(frozen=True)
class Spoken:
    """What speaks for the places of lists, by falling share.

    listed: bool (num_people, num_places), places that have a circle. groups, nth: int64 (n,), place counted
    over all people and position in it, below `told.TERMS`. things: int64 (n,), spoken things. shares:
    float64 (n,).
    """

    listed: npt.NDArray[np.bool_]
    groups: Int64
    nth: Int64
    things: Int64
    shares: Float64


@dataclass(frozen=True)
class Sentences:
    """Up to `told.SENTENCES` of each place: things int64 (num_groups, SENTENCES, 2), -1 for none, and parts
    int64 (num_groups, SENTENCES)."""

    things: Int64
    parts: Int64


def sentences_of(spoken: Spoken) -> Sentences:
    """`told.sentences` of each place that is listed; nothing elsewhere."""
    num_groups = spoken.listed.size
    things = np.full((told.TERMS, num_groups), -1, np.int64)
    shares = np.zeros((told.TERMS, num_groups))
    things[spoken.nth, spoken.groups], shares[spoken.nth, spoken.groups] = spoken.things, spoken.shares
    shape = (told.SENTENCES, num_groups)
    shades, first, second = (np.full(shape, -1, np.int64) for _ in range(3))
    parts = np.zeros(shape)
    for thing, share in zip(things, shares, strict=True):
        shade = np.where(thing >= 0, told.shade_of(thing), -2)  # -1 is a free sentence
        joins = ~told.stands_alone(shade)
        waiting = thing >= 0
        for place in range(told.SENTENCES):
            same, free = waiting & (shades[place] == shade), waiting & (shades[place] < 0)
            fits = same & joins & (second[place] < 0)
            second[place] = np.where(fits, thing, second[place])
            first[place] = np.where(free, thing, first[place])
            shades[place] = np.where(free, shade, shades[place])
            parts[place] += np.where(fits | free, share, 0.0)
            waiting &= ~(same | free)
    first[0] = np.where(spoken.listed.ravel() & (first[0] < 0), OPEN, first[0])
    return Sentences(np.stack((first.T, second.T), axis=2), np.rint(parts.T * told.PARTS).astype(np.int64))


def pack_all(spoken: Spoken, room: int) -> tuple[npt.NDArray[np.uint32], UInt64]:
    """`told.pack` of each person's places: tables (num_people, room) and words (num_people, num_places)."""
    num_people, num_places = spoken.listed.shape
    made = sentences_of(spoken)
    flat = made.things.ravel()
    at = (flat >= 0).nonzero()[0]
    person, named = at // max(1, flat.size // max(1, num_people)), flat[at]
    distinct, inverse = np.unique(person * told.WIDTH + named, return_inverse=True)
    first = np.full(len(distinct), len(at))
    first[inverse[::-1]] = np.arange(len(at))[::-1]  # the last that is written is the first of its kind
    is_new = first[inverse] == np.arange(len(at))
    new_before = is_new.cumsum() - 1
    begins = person.searchsorted(np.arange(num_people))
    index = new_before[first[inverse]] - np.append(new_before, 0)[begins][person]
    tables = np.zeros((num_people, room), np.uint32)
    crowded = np.bincount(person[index >= min(room, told.MOST_THINGS)], minlength=num_people) > 0
    crowded |= np.bincount(person[named >= 2**32], minlength=num_people) > 0
    fitting = (is_new & ~crowded[person]).nonzero()[0]
    tables[person[fitting], index[fitting]] = named[fitting]
    places = np.full(flat.shape, -1, np.int64)
    places[at] = index
    words = told.words_of(places.reshape(made.things.shape), made.parts)
    words = np.where(spoken.listed, words.reshape(num_people, num_places), np.uint64(0))
    for who in crowded.nonzero()[0].tolist():
        mine = slice(who * num_places, who * num_places + int(spoken.listed[who].sum()))
        table, of_places = told.pack(_spelled(made, mine), room)
        tables[who, : len(table)] = table
        words[who] = 0
        words[who, : len(of_places)] = np.array(of_places, dtype=np.uint64)
    return tables, words


def _spelled(made: Sentences, places: slice) -> list[tuple[told.Sentence, ...]]:
    """The sentences of these places one by one."""
    pairs = zip(made.things[places].tolist(), made.parts[places].tolist(), strict=True)
    return [
        tuple(
            (tuple(thing for thing in named if thing >= 0), part)
            for named, part in zip(things, parts, strict=True)
            if named[0] >= 0
        )
        for things, parts in pairs
    ]
