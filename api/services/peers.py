"""A merchant beside similar ones: its own figures, and where the middle half of its peers stands."""

from collections.abc import Mapping
from typing import Any

from api.context import Context
from api.services.told_meta import finished, meta_of, portrayed
from api.services.told_names import CHOSEN_BY_NAMES, KIND_NAMES, MEASURE_NAMES, SCENE_NAMES, Name, public
from graph.policy.disclosed_portraits import release_growth, release_portion
from graph.policy.disclosure import Cell, rounded
from graph.policy.values import Policy
from graph.portraits.body import Body
from graph.portraits.told import tell_before, tell_kept, tell_people, tell_standing
from graph.portraits.weeks import Peers

_VALUE_NAMES = KIND_NAMES | SCENE_NAMES
TOO_FEW = "there are too few similar merchants to compare with; they are looked for again each week"


def peers(context: Context, owner: str | None, merchant_id: str, *, now: int) -> dict[str, Any]:
    """Percentiles of similar merchants beside a merchant's own figures, and how the peers were chosen.

    Percentiles are of noisy counts, of no fewer merchants than `min_peers`.

    Args:
        owner: the merchant who asks; None: the operator.

    Raises:
        NotFound: unknown, or another merchant.
    """
    about, policy = portrayed(context, owner, merchant_id), context.policy
    least = policy.portraits.min_peers
    found = about.peers if about.peers and about.peers.number >= least else None
    own = _own(about.body, policy)
    answer = {
        "meta": meta_of(context, about),
        "merchant_id": merchant_id,
        "name": public(about.name),
        "peers_min": least,
        "number": rounded(found.number) if found else 0,
        "chosen_by": _chosen_by(found.chosen_by) if found else [],
        "measures": [_measure(name, own[name], found) for name in MEASURE_NAMES],
    }
    if found is None:
        answer["why_empty"] = TOO_FEW
    return finished(answer, about)


def _own(body: Body, policy: Policy) -> dict[str, Cell]:
    """The merchant's figures, from what its portrait tells."""
    standing, people = tell_standing(body, policy), tell_people(body, policy)
    before, most = tell_before(body, policy), policy.portraits.max_share
    return {
        "people": people,
        "regulars": release_portion(standing["near"], people, most),
        "new": release_portion(standing["far"], people, most),
        "kept": release_portion(tell_kept(body, policy), before, most),
        "change": release_growth(people, before),
    }


def _measure(name: str, own: Cell, found: Peers | None) -> dict[str, Any]:
    quartiles = found.measures.get(name) if found else None
    told = [None] * 3 if quartiles is None else [_told(name, value) for value in quartiles]
    places = dict(zip(("p25", "p50", "p75"), told, strict=True))
    return {"id": name, "name": MEASURE_NAMES[name], "own": own.out()} | places


def _told(name: str, value: float) -> float:
    """People in two significant digits, as merchants' own; shares and changes in hundredths."""
    return rounded(max(0, round(value))) if name == "people" else round(value, 2)


def _chosen_by(given: Mapping[str, str]) -> list[dict[str, Name]]:
    return [
        {"name": CHOSEN_BY_NAMES.get(name) or public(name), "value": _VALUE_NAMES.get(value) or public(value)}
        for name, value in given.items()
    ]
