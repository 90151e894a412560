"""What is told of a circle: its reasons by kind and strength, as small numbers that a version can keep.

A *spoken thing* is one number: the row of what the person did, what kind of thing that is, and how often they
did it. A sentence names one or two of them and has a share. Words are made from them by whoever speaks.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

# What a sentence is about; a place is a category of merchants, another category one of goods.
KINDS = ("popular", "open", "category", "place", "product", "merchant", "circle")
KIND_OF = {kind: number for number, kind in enumerate(KINDS)}
OFTEN, SOMETIMES = 8, 3  # payments; about monthly or more, and more than by chance, over a year of purchases
SENTENCES = 3  # more are not read
TERMS = 6  # things looked at for them; alike ones share a sentence
MIN_SHARE = 0.001  # what adds less is no reason, and would be shown as nothing
LABELS = 2  # in one sentence
PARTS = 1000  # a share is kept in thousandths

WIDTH = 2**36  # no spoken thing of a row below 2**31 reaches it
_STRENGTHS, _SHADES = 4, 32  # powers of two: a shade is kind and strength together, eight kinds at most
POPULAR, OPEN, CIRCLE = KIND_OF["popular"], KIND_OF["open"], KIND_OF["circle"]


Int64 = npt.NDArray[np.int64]


# One or two spoken things of one kind and strength, the strongest first, and their share in thousandths.
Sentence = tuple[tuple[int, ...], int]


def strength_of(count: int) -> int:
    """0 often, 1 now and then, 2 seldom; things of one strength share a sentence."""
    return 0 if count >= OFTEN else 1 if count >= SOMETIMES else 2


def spoken(kind: int, strength: int, row: int) -> int:
    """The number of a spoken thing; of what is popular or open the row is 0."""
    return row * _SHADES + kind * _STRENGTHS + strength


def spoken_all(kinds: Int64, strengths: Int64, rows: Int64) -> Int64:
    """The same for many, int64 (n,) each."""
    return rows * _SHADES + kinds * _STRENGTHS + strengths


def unspoken(thing: int) -> tuple[int, int, int]:
    """Kind, strength and row of a spoken thing."""
    row, shade = divmod(thing, _SHADES)
    return shade // _STRENGTHS, shade % _STRENGTHS, row


def shade_of(things: Int64) -> Int64:
    """Kind and strength of spoken things, in one number: alike things have the same."""
    return things % _SHADES


def stands_alone(shades: Int64) -> npt.NDArray[np.bool_]:
    """Whether a sentence has no second thing of this shade."""
    alone: npt.NDArray[np.bool_] = shades // _STRENGTHS == CIRCLE
    return alone


NOTHING_SPEAKS: tuple[Sentence, ...] = (
    ((spoken(OPEN, 0, 0),), 0),
)  # at the end of a list that had to be filled


def sentences(things: Sequence[int], shares: Sequence[float]) -> tuple[Sentence, ...]:
    """Put alike things together, the strongest first; at least one sentence.

    Args:
        things: spoken things, by falling share. Names of circles are long: a sentence has one of them.
        shares: part of all that speaks for the circle that each has, in (0, 1].
    """
    alike: dict[int, list[int]] = {}  # shade -> one or two things
    parts: dict[int, float] = {}
    for thing, share in zip(things, shares, strict=True):
        shade = thing % _SHADES
        found = alike.get(shade)
        if found is None:
            if len(alike) < SENTENCES:
                alike[shade], parts[shade] = [thing], share
        elif len(found) < LABELS and shade // _STRENGTHS != CIRCLE:
            found.append(thing)
            parts[shade] += share
    return (
        tuple([(tuple(told), round(parts[shade] * PARTS)) for shade, told in alike.items()]) or NOTHING_SPEAKS
    )


def told_of_many(num_members: int, min_group_size: int) -> tuple[Sentence, ...]:
    """What is told of a circle to somebody of whom nothing may be used, or is known."""
    if num_members < min_group_size:
        return NOTHING_SPEAKS
    return (((spoken(POPULAR, strength_of(num_members), 0),), PARTS),)


# -- kept --------------------------------------------------------------------------------------------
# Of each person: a short table of spoken things, four bytes each; of each place of their list: eight bytes
# with up to three sentences, each of two places in that table and a share. So every byte about a person is in
# the record of that person, and goes with it. The first 20 places of people of the demonstration name 30 of
# them in the middle, 42 at the 99th percentile.

MOST_THINGS = 44  # in the table: two of them and a share are 21 bits
_NONE = MOST_THINGS  # no second thing
_PAIRS = MOST_THINGS + 1
_END = _PAIRS * _PAIRS  # no sentence; still below 2**11
_PARTS_BITS, _SENTENCE_BITS = 10, 21
_PARTS, _SENTENCE = 2**_PARTS_BITS - 1, 2**_SENTENCE_BITS - 1
_KEPT = 1 << 63


def pack(places: Sequence[Sequence[Sentence]], room: int) -> tuple[list[int], list[int]]:
    """The table of things, at most `room`, and a number for each place; 0 where the table had no room."""
    index: dict[int, int] = {}
    words = []
    for told in places:
        new = dict.fromkeys(thing for things, _ in told for thing in things if thing not in index)
        fits = len(index) + len(new) <= min(room, MOST_THINGS) and all(thing < 2**32 for thing in new)
        if fits:
            index |= {thing: len(index) + place for place, thing in enumerate(new)}
        words.append(_word(told, index) if fits else 0)
    return list(index), words


def unpack(things: Sequence[int], word: int) -> tuple[Sentence, ...] | None:
    """The sentences of one place; None where none are kept."""
    if not word:
        return None
    told: list[Sentence] = []
    for _ in range(SENTENCES):
        pair = (word & _SENTENCE) >> _PARTS_BITS
        if pair == _END:
            break
        first, second = divmod(pair, _PAIRS)
        named = (things[first],) if second == _NONE else (things[first], things[second])
        told.append((named, word & _PARTS))
        word >>= _SENTENCE_BITS
    return tuple(told)


def words_of(places: Int64, parts: Int64) -> npt.NDArray[np.uint64]:
    """The number of each place: uint64 (n,).

    Args:
        places: int64 (n, SENTENCES, LABELS), of the things of each sentence in their table; -1 for none.
        parts: int64 (n, SENTENCES).
    """
    first, second = places[..., 0], places[..., 1]
    pairs = np.where(first < 0, _END, first * _PAIRS + np.where(second < 0, _NONE, second))
    bits = (pairs << _PARTS_BITS | parts) << (np.arange(SENTENCES) * _SENTENCE_BITS)
    numbers: npt.NDArray[np.uint64] = np.bitwise_or.reduce(bits, axis=1).astype(np.uint64) | np.uint64(_KEPT)
    return numbers


def _word(told: Sequence[Sentence], index: Mapping[int, int]) -> int:
    word = _KEPT
    for place in range(SENTENCES):
        pair, parts = _END, 0
        if place < len(told):
            things, parts = told[place]
            first, second = (*(index[thing] for thing in things), _NONE)[:2]
            pair = first * _PAIRS + second
        word |= (pair << _PARTS_BITS | parts) << (place * _SENTENCE_BITS)
    return word


def moved_things(things: npt.NDArray[np.uint32], rows: Mapping[int, Int64]) -> npt.NDArray[np.uint32]:
    """Tables of spoken things after their rows moved; shape of `things`.

    Args:
        rows: kind -> where each row is now; kinds that have no row are passed over.
    """
    out = things.astype(np.int64)
    kinds = out % _SHADES // _STRENGTHS
    for kind, to in rows.items():
        of_kind = kinds == kind
        if of_kind.any():
            found = out[of_kind]
            out[of_kind] = to[found // _SHADES] * _SHADES + found % _SHADES
    return out.astype(np.uint32)
