"""A merchant's portrait: who its fans are, when they come, what they buy here and elsewhere; groups only.

Everything is worked out from the noisy counts of the newest week, so that asking again, with other filters or
about two groups that could be subtracted, tells nothing beyond them.
"""

from typing import Any

from api.context import Context
from api.services import portrait_lists as lists
from api.services.portrait_lists import Asked
from api.services.told_meta import finished, meta_of, portrayed
from api.services.told_names import STANDING_NAMES, public
from api.services.told_notes import hidden_note, note
from graph.errors import InputError
from graph.policy.disclosed_portraits import release_growth, release_portion
from graph.policy.disclosure import Cell
from graph.policy.lattice import NAMED_SCENES
from graph.policy.portraits import CLOSENESS, STANDING
from graph.portraits.pooled import Pooled
from graph.portraits.told import (
    tell_before,
    tell_kept,
    tell_nobody,
    tell_people,
    tell_scenes,
    tell_standing,
)

MOST_ENTRIES = {"interests": 20, "products": 12, "covisits": 12, "circles": 12, "rising": 12}  # of long lists
_SHOWN_BY = {"circles": "overlap"}  # else "people"


def portrait(
    context: Context,
    owner: str | None,
    merchant_id: str,
    *,
    closeness: str | None = None,
    scene: str | None = None,
    now: int,
) -> dict[str, Any]:
    """The portrait of a merchant's fans, or of those of one closeness and one scene of interest.

    With a scene, people and interests are of it; everything else is of all fans of the closeness.

    Args:
        owner: the merchant who asks; None: the operator.

    Raises:
        NotFound: unknown, or another merchant. InputError: a filter that is not offered.
    """
    _check(closeness, scene)
    about, policy = portrayed(context, owner, merchant_id), context.policy
    whole = tell_people(about.body, policy, closeness)
    asked = Asked(about, policy, closeness, scene, whole, Pooled(about.peers, about.body, policy))
    people = whole if scene is None else _of_scene(asked)
    answer = {
        "meta": meta_of(context, about),
        "merchant_id": merchant_id,
        "name": public(about.name),
        "of": {"closeness": closeness, "scene": scene},
        "people": people.out(),
        "change": release_growth(tell_people(about.body, policy), tell_before(about.body, policy)).out(),
        "standing": _standing(asked),
        "kept": release_portion(
            tell_kept(about.body, policy), tell_before(about.body, policy), policy.portraits.max_share
        ).out(),
        "scenes": lists.scenes(asked),
        "interests": lists.interests(asked),
        "hours": lists.hours(asked),
        "spend": lists.spend(asked),
        "products": lists.products(asked),
        "covisits": lists.covisits(context, asked),
        "rising": lists.rising(asked),
        "circles": lists.circles(context, asked, now),
    }
    finished(answer, about)
    _cut(answer)
    return answer | {"notes": _notes(asked, answer)}


def _check(closeness: str | None, scene: str | None) -> None:
    for name, value, allowed in (("closeness", closeness, CLOSENESS), ("scene", scene, NAMED_SCENES)):
        if value is not None and value not in allowed:
            raise InputError(f"{name} is {value!r}; expected one of {', '.join(allowed)}")


def _of_scene(asked: Asked) -> Cell:
    """People of one scene; one that no label has is as hidden as an empty one."""
    found = tell_scenes(asked.body, asked.policy, asked.about.scenes, asked.closeness)
    return found.get(asked.scene or "", tell_nobody(asked.policy))


def _standing(asked: Asked) -> list[dict[str, Any]]:
    cells, peers = tell_standing(asked.body, asked.policy), asked.pooled.standing()
    wholes = dict.fromkeys(CLOSENESS, tell_people(asked.body, asked.policy))
    wholes["lost"] = tell_before(asked.body, asked.policy)
    most = asked.policy.portraits.max_share
    return [
        {
            "id": standing,
            "name": STANDING_NAMES[standing],
            "people": cells[standing].out(),
            "share": release_portion(cells[standing], wholes[standing], most).out(),
            "peer": peer,
        }
        for standing, peer in zip(STANDING, peers, strict=True)
    ]


def _cut(answer: dict[str, Any]) -> None:
    """Long lists lose what is hidden, and are told by size, as far as there is room.

    Of what rises or falls that is kept of which most is known, and told by how much it does.
    """
    for attribute, most in MOST_ENTRIES.items():
        if attribute == "rising":
            answer["meta"]["truncated"] |= len(answer[attribute]) > most
            answer[attribute] = sorted(answer[attribute][:most], key=lambda entry: -entry["change"])
            continue
        by = _SHOWN_BY.get(attribute, "people")
        shown = [entry for entry in answer[attribute] if "hidden" not in entry[by]]
        shown.sort(key=lambda entry: (-entry[by]["v"], entry["id"]))
        answer[attribute] = shown[:most]
        answer["meta"]["truncated"] |= len(shown) > most


def _notes(asked: Asked, answer: dict[str, Any]) -> list[dict[str, str]]:
    """What has to be said beside the figures, and which attributes are hidden as a whole."""
    codes = ["one_window", "noise", "closeness"]
    if asked.scene:
        codes.append("of_closeness" if asked.closeness else "of_all_in_scene")
    if asked.closeness:
        codes.append("rising_of_all")
    if not asked.pooled.is_there:
        codes.append("no_peers")
    lists = [attribute for attribute in MOST_ENTRIES if not answer[attribute]]
    fixed = [
        name for name in ("scenes", "spend") if all("hidden" in entry["share"] for entry in answer[name])
    ]
    hours = [cell for row in answer["hours"]["cells"] for cell in row]
    fixed += ["hours"] if all("hidden" in cell for cell in hours) else []
    return [*map(note, codes), *map(hidden_note, sorted([*lists, *fixed]))]
