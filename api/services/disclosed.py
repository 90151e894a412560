"""Answers to questions that owners ask again and again: noise once, the same answer afterwards, a ledger.

A count that is told anew each week shows who came in between, however it is rounded. So each answer gets
noise from OpenDP (discrete Laplace): whoever sees it can hardly tell whether any one person is in the data,
by a factor of at most e^epsilon. The answer is kept in the store, so that asking again averages nothing away,
and its epsilon is taken from the owner's budget of the quarter. When that is spent, nothing new is told.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from api.context import Context
from graph.policy.disclosure import Cell, DisclosureRules, Hidden, release_count
from graph.policy.lattice import quarter_of, week_of
from graph.policy.portraits import PortraitRules
from graph.stores.base import GraphStore
from graph.stores.releases import Release

_OF_PORTRAITS = " portraits"


def repeated(
    context: Context,
    owner: str,
    question: str,
    counts: Mapping[str, int],
    *,
    now: int,
    window: str | None = None,
    each_once: bool = False,
) -> dict[str, Cell]:
    """Answer a question that will be asked again.

    Args:
        owner: whose budget it costs; a merchant.
        question: what is asked, such as "circle drinkers joins"; never anything about a person.
        counts: label -> people, all labels that could occur. A person may be in each of them once.
        now: epoch seconds; decides week and quarter.
        window: name of a closed window that the question is about: answered once for good. When absent, the
            question is about how things stand, and may be asked anew each week.
        each_once: each person is in one of the counts at most, which needs less noise.

    Returns:
        A cell for each label; all hidden where the budget is spent.
    """
    rules = context.policy.disclosure
    noisy, cost = noisy_counts(list(counts.values()), rules.epsilon, 1 if each_once else len(counts))
    kept = context.store.get().keep_release(
        owner,
        quarter_of(now),
        f"{window or week_of(now).name} {question}",
        cost,
        rules.quarterly_budget,
        _payload(dict(zip(counts, noisy, strict=True)), rules),
    )
    told = {} if kept is None else json.loads(kept)
    unpaid = Cell(hidden=Hidden.BUDGET)
    return {label: Cell.read(told[label]) if label in told else unpaid for label in counts}


def noisy_size(context: Context, owner: str, question: str, size: int, *, now: int) -> int | None:
    """One count with the noise of `theme_epsilon`, the same all week; for rules and bands, never to be told.

    None where the budget is spent.
    """
    rules = context.policy.disclosure
    (noisy,), cost = noisy_counts([size], rules.theme_epsilon, 1)
    period, key = quarter_of(now), f"{week_of(now).name} {question}"
    kept = context.store.get().keep_release(
        owner, period, key, cost, rules.quarterly_budget, json.dumps(noisy)
    )
    return None if kept is None else max(0, int(json.loads(kept)))


def noisy_counts(counts: Sequence[int], epsilon: float, most_of_one: int) -> tuple[list[int], float]:
    """Counts with discrete Laplace noise, and the epsilon that they cost together, by OpenDP's accounting.

    Args:
        most_of_one: in how many of the counts one person can be; each changes by one at most.
    """
    from opendp.domains import atom_domain, vector_domain
    from opendp.measurements import make_laplace
    from opendp.metrics import l1_distance
    from opendp.mod import enable_features

    if not counts:
        return [], epsilon
    enable_features("contrib")
    space = vector_domain(atom_domain(T="i64"), len(counts)), l1_distance(T="i64")
    measure = make_laplace(*space, scale=most_of_one / epsilon)
    return list(measure(list(counts))), float(measure.map(most_of_one))  # type: ignore[no-untyped-call]


def portraits_period(at: int) -> str:
    """What a budget of portraits is for, such as "2026-Q4 portraits": apart from that of other questions."""
    return quarter_of(at) + _OF_PORTRAITS


def ledger(
    store: GraphStore, rules: DisclosureRules, portraits: PortraitRules, owner: str | None = None
) -> list[dict[str, Any]]:
    """What each owner's repeated questions, and their portraits, cost in each quarter, and what is left."""

    def budget(period: str) -> float:
        return portraits.quarterly_budget if period.endswith(_OF_PORTRAITS) else rules.quarterly_budget

    kept: dict[tuple[str, str], list[Release]] = {}
    for release in store.releases(owner):
        kept.setdefault((release.owner, release.period), []).append(release)
    return [
        {
            "owner": who,
            "quarter": period,
            "answers": len(of),
            "spent": round(sum(release.cost for release in of), 6),
            "left": round(max(0.0, budget(period) - sum(release.cost for release in of)), 6),
            "questions": [release.key for release in of],
        }
        for (who, period), of in kept.items()
    ]


def price(context: Context, owner: str, keys: Sequence[str], *, now: int) -> dict[str, float]:
    """What questions would cost an owner who asks them now, and what is left of the quarter's budget.

    What was answered already costs nothing.

    Args:
        keys: as `repeated` keeps them, "WINDOW QUESTION".
    """
    rules, kept = context.policy.disclosure, context.store.get().releases(owner)
    known = {release.key for release in kept}
    spent = sum(release.cost for release in kept if release.period == quarter_of(now))
    return {
        "price": round(rules.epsilon * sum(key not in known for key in keys), 6),
        "left": round(max(0.0, rules.quarterly_budget - spent), 6),
        "budget": rules.quarterly_budget,
    }


def _payload(noisy: Mapping[str, int], rules: DisclosureRules) -> str:
    """Suppressed and rounded after the noise, which tells nothing more than the noisy counts."""
    cells = {label: release_count(size, rules).out() for label, size in noisy.items()}
    return json.dumps(cells, ensure_ascii=False, separators=(",", ":"))
