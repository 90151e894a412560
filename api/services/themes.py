"""What a theme means before anything is kept or sent: things it includes and leaves out, and how many people.

Names are of things only. People are counted in the newest snapshot, among adults who grant `portraits` now,
and told as a band. An owner may try many themes, and two that differ by one product differ by its buyers: so
owners get noise, the same for a theme all week, paid for from the budget of their repeated questions.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from api.context import Context
from api.services.disclosed import noisy_size
from api.services.words import pretty
from graph.errors import IncompatibleVersion
from graph.policy.disclosure import size_band
from graph.schema import Purpose
from graph.stores.base import GraphStore, ThemeTarget
from graph.themes.index import KINDS, ThemeIndex, Thing
from graph.themes.meaning import Meaning, Meant, Theme, meaning_of
from graph.themes.people import people_of
from graph.themes.words import read_aliases

MAX_SHOWN = 20  # names of one kind; counts say how many there are
MAX_TYPES = 8
MOST = 0.5  # of all people, above which a theme hardly tells anybody apart
NO_SNAPSHOT = "no snapshot has been cut yet, so that people cannot be counted; `circles snapshot` cuts one"
SPENT = "the budget of this quarter is spent; people are counted again in the next one"


def meaning(context: Context, theme: Theme, *, now: int) -> Meaning:
    """Look a theme up in the store's shops and products."""
    store = context.store.get()
    index = context.themes.index(store, context.store.identity(), context.policy, now)
    return meaning_of(theme, index, read_aliases())


def preview(context: Context, theme: Theme, *, now: int, owner: str | None = None) -> dict[str, Any]:
    """The contract of a theme: what it includes, what it leaves out and why, and how many people paid for it.

    Args:
        owner: the merchant who asks; None: the operator, who gets no noise.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    store = context.store.get()
    index = context.themes.index(store, context.store.identity(), context.policy, now)
    meant = meaning_of(theme, index, read_aliases())
    answer = {
        "words": [_word(word) for word in meant.words],
        "scenes": list(meant.scenes),
        "included": {kind: _shown(meant.included, kind) for kind in KINDS},
        "excluded": [
            {"reason": why, **{kind: _shown(things, kind, names=why == "struck out") for kind in KINDS}}
            for why, things in meant.excluded.items()
        ],
        "unknown": [{"kind": kind, "id": id_} for kind, id_ in meant.unknown],
        "types": _types(meant, index),
        "left_off": meant.num_left_off,
    }
    return answer | _size(context, store, meant.targets, owner, now) | {"note": _note(meant)}


def _word(word: Meant) -> dict[str, Any]:
    kinds = Counter(thing.kind for thing in word.found)
    counts = {kind: kinds.get(kind, 0) for kind in KINDS}
    return {"word": word.word, "state": word.state, "scene": word.scene, "found": counts}


def _shown(things: Sequence[Thing], kind: str, *, names: bool = True) -> dict[str, Any]:
    found = [thing for thing in things if thing.kind == kind]
    shown = [{"id": t.thing_id, "name": pretty(t.name)} for t in found[:MAX_SHOWN]] if names else []
    return {"count": len(found), "items": shown}


def _types(meant: Meaning, index: ThemeIndex) -> list[dict[str, Any]]:
    """Examples by type: the categories that most of what is included belongs to."""
    sizes: Counter[str] = Counter()
    for thing in meant.included:
        if thing.kind == "category":
            sizes[thing.thing_id] += sum(index.sizes[thing.thing_id])
        elif thing.category:
            sizes[thing.category] += 1
    largest = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:MAX_TYPES]
    return [{"type": pretty(category), "things": number} for category, number in largest]


def _size(
    context: Context, store: GraphStore, targets: Sequence[ThemeTarget], owner: str | None, now: int
) -> dict[str, Any]:
    """How many people, as a band; `covers_most` when the theme hardly tells anybody apart."""
    try:
        people = context.themes.people(store)
    except IncompatibleVersion:
        people = None
    if people is None:
        return {"people": None, "covers_most": None, "people_note": NO_SNAPSHOT}
    may = people.adult & np.isin(people.index, store.consents(Purpose.PORTRAITS.value))
    size: int | None = int(np.count_nonzero(people_of(people.snapshot, targets) & may))
    if owner is not None and targets:
        size = noisy_size(context, owner, f"theme {_mark(targets)} people", size or 0, now=now)
    if size is None:
        return {"people": None, "covers_most": None, "people_note": SPENT}
    rules, total = context.policy.disclosure, int(np.count_nonzero(may))
    most = total >= rules.min_audience_size and size > MOST * total
    return {"people": size_band(size, rules), "covers_most": most}


def _mark(targets: Sequence[ThemeTarget]) -> str:
    """The same for themes that reach the same people by name."""
    named = sorted((target.kind, target.target_id) for target in targets)
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]


def _note(meant: Meaning) -> str | None:
    if not meant.targets:
        return "the theme matches nothing that a circle can be about; a circle needs at least one match"
    if meant.num_left_off:
        return f"{meant.num_left_off:,} more shops or products match; name their categories instead"
    return None
