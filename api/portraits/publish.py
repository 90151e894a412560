"""Pay for what is staged, add who is like whom, and publish the week: from noisy counts only."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from api.portraits.house import House
from api.services.disclosed import portraits_period
from graph.policy.portraits import STANDING
from graph.portraits.body import Body
from graph.portraits.census import Town
from graph.portraits.peers import Overview, peers_in, pools
from graph.portraits.questions import Labels
from graph.portraits.town import kinds_of
from graph.portraits.weeks import Peers, PortraitWeek, write_week
from graph.stores.releases import Release

PAID_AT_ONCE = 1_000  # releases in one transaction
Sources = Mapping[str, PortraitWeek]


def publish(
    house: House, town: Town, made: PortraitWeek, earlier: PortraitWeek | None
) -> tuple[int, int, int]:
    """Publish what is staged together with what was published before and still holds.

    Safe to be repeated after any crash: what was paid for is not paid for again, and the same noise is told.

    Returns:
        How many portraits are new, how many as they were, and how many merchants have too few fans.
    """
    merchants, tried = made.merchants(), made.tried()
    facts = made.about()
    paid = _pay(house, facts, merchants, float(facts["cost"]))
    paid |= _pay(house, facts, list(tried), float(facts["cost_tried"]))
    owners = set(house.store.ids("Merchant", town.owners))
    small = (earlier.tried() if earlier else {}) | {m: week for m, week in tried.items() if m in paid}
    small = {m: week for m, week in small.items() if m in owners and not (m in paid and m not in tried)}
    old = {m: earlier for m in earlier.merchants() if m not in small} if earlier else {}
    sources = old | {m: made for m in merchants if m in paid}
    sources = {m: sources[m] for m in sorted(sources) if m in owners}
    overview, labels = _overview(sources)
    told = {name: facts[name] for name in ("made_at", "policy", "market", "history")}
    write_week(
        house.home.portraits,
        made.week,
        labels,
        _with_peers(house, sources, overview),
        told,
        small,
    )
    shutil.rmtree(house.staged)
    new = sum(source is made for source in sources.values())
    return new, len(sources) - new, len(small)


def _pay(house: House, facts: Mapping[str, str], merchants: Sequence[str], cost: float) -> set[str]:
    """Enter what was made into the ledger of each merchant; those for whom it stands there."""
    period, key = portraits_period(int(facts["made_at"])), f"{facts['week']} portrait {facts['made_id']}"
    payload = json.dumps({"portrait": facts["week"]})
    paid: set[str] = set()
    for begin in range(0, len(merchants), PAID_AT_ONCE):
        some = merchants[begin : begin + PAID_AT_ONCE]
        releases = [Release(merchant, period, key, cost, payload) for merchant in some]
        kept = house.store.keep_releases(releases, house.policy.portraits.quarterly_budget)
        paid |= {merchant for merchant, is_kept in zip(some, kept, strict=True) if is_kept}
        house.progress("paying", begin + len(some), len(merchants))
    return paid


def _overview(sources: Sources) -> tuple[Overview, list[Labels]]:
    """What choosing peers needs, and all labels that the bodies speak of."""
    standing, labels_ids = [], []
    labels: dict[str, Labels] = {}
    for merchant, source in sources.items():
        body = _read(source, merchant)
        standing.append(body.counts["standing"])
        labels_ids.append(body.labels_id)
        labels.setdefault(body.labels_id, source.labels(body.labels_id))
    rows = np.array(standing, dtype=np.int64).reshape(len(standing), len(STANDING))
    return Overview(list(sources), labels_ids, rows), list(labels.values())


def _with_peers(house: House, sources: Sources, overview: Overview) -> Iterator[tuple[Body, Peers | None]]:
    """Every portrait once, with its peers where enough are alike."""
    rules = house.policy.portraits
    alone = dict.fromkeys(sources)
    for pool in pools(overview, kinds_of(house.store, list(sources)), rules):
        for body, peers in peers_in(pool, overview, lambda m: _read(sources[m], m), rules.max_peers):
            alone.pop(body.merchant_id)
            yield body, peers
            house.progress("comparing", len(sources) - len(alone), len(sources))
    for merchant in alone:
        yield _read(sources[merchant], merchant), None


def _read(source: PortraitWeek, merchant: str) -> Body:
    body = source.body(merchant)
    assert body is not None
    return body
