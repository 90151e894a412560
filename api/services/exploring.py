"""The slots of an answer that are drawn by lot, and how likely everything in it was."""

from collections.abc import Mapping, Sequence

from api.services.allowed import Allowed
from api.services.ranking import Person, Picked, Source
from api.services.shelf import Shelf
from api.versions import Served
from graph.policy.exploration import Lot, Shown, explore, slots_of
from graph.policy.feedback import FeedbackRules

EXPLORED = "explore"  # the source of what was drawn


def draw(
    picked: list[Picked],
    source: Source,
    served: Served,
    shelf: Shelf,
    person: Person,
    allowed: Allowed,
    scene: str | None,
    rules: FeedbackRules,
    lot: Lot,
) -> list[Picked]:
    """Let the lot have the last slots of a ranked list.

    Lists that may not be personal, and those made while the store is away, are shown as they are ranked: who
    did not agree is no subject of trials.

    Args:
        allowed, scene: what may be shown, of the scene that was asked for.
    """
    if not person.explores or not slots_of(len(picked), rules).most:
        return picked
    tail = explore(
        [pick.row for pick in picked],
        lambda: allowed.pool(shelf.shown(scene, below=rules.small_members)),
        rules=rules,
        lot=lot,
    )
    first, known = len(picked) - len(tail), {pick.row: pick for pick in picked}
    return picked[:first] + [
        _placed(known.get(entry.row) or _drawn(entry.row, source, served, shelf, person), entry, known)
        for entry in tail
    ]


def _placed(pick: Picked, entry: Shown, known: Mapping[int, Picked]) -> Picked:
    """A circle with how it came to its place."""
    instead_of = None if entry.best == entry.row else known[entry.best].circle.circle_id
    return Picked(
        pick.row, pick.circle, pick.score, pick.source, entry.propensity, entry.explored, instead_of
    )


def pool_of(
    picked: Sequence[Picked], allowed: Allowed, rules: FeedbackRules, explores: bool
) -> dict[str, float] | None:
    """The first place that may be drawn, from how many circles and how likely; None where nothing may."""
    slots = slots_of(len(picked), rules)
    if not explores or not slots.most:
        return None
    first = len(picked) - slots.most
    chance = round(slots.chance, 9) or 1.0
    return {"from": first + 1, "pool": allowed.num - first, "chance": chance}


def _drawn(row: int, source: Source, served: Served, shelf: Shelf, person: Person) -> Picked:
    """A circle that the ranking did not pick, with the score that the model gives it."""
    circle = shelf.circles[row]
    assert circle is not None  # only what is on the shelf is allowed
    if row in source.rows:
        score = source.scores[list(source.rows).index(row)]
    else:
        score = float(served.scorer.score(person.profile)[row]) if person.profile is not None else 0.0
    return Picked(row, circle, score, EXPLORED)
