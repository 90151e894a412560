"""What does a list teach somebody who adds a purchase to find out whether another person shops there?

The attacker copies shops of a victim, pays at one more, and looks at what next week's list shows: how many
people, their bands and reasons (handles say nothing). Two worlds differ only in whether the victim goes there
too. Somebody who knew all the rest could tell the worlds apart only where the lists look different; so the
share of worlds where they do bounds the bits that a purchase buys.
"""

from collections import Counter

import numpy as np

from graph.links.candidates import LinkCandidates
from graph.links.matching import Past
from graph.links.weeks import make_week
from graph.policy.link_lists import ListRules, band_of
from graph.policy.trust import Shared, chance_of, evidence, habit, weigh

ATTACKER, VICTIM = 0, 1
PEOPLE, MERCHANTS, SCENES_USED = 250, 260, 6
RULES = ListRules(list_size=10, daily_cap=5, unanswered_discount=0.5, weekly_share=0.5)
DAYS_PAID = 3.0  # distinct days with a payment at every shop somebody goes to


def habits(random):
    """Who goes where: bool (people, merchants), some shops being much more popular than others."""
    popularity = 1 / np.arange(2, MERCHANTS + 2) ** 0.7
    visits = np.zeros((PEOPLE, MERCHANTS), dtype=bool)
    for person in range(PEOPLE):
        size = int(random.integers(8, 24))
        visits[person, random.choice(MERCHANTS, size, replace=False, p=popularity / popularity.sum())] = True
    return visits


def candidates(visits, values):
    """Every pair above the gates of the policy, by the evidence alone."""
    shops, scenes = visits.sum(axis=0), np.arange(MERCHANTS) % SCENES_USED
    one, other, shop = [], [], []
    for merchant in range(MERCHANTS):
        here = np.flatnonzero(visits[:, merchant])
        first, second = np.triu_indices(len(here), 1)
        one.append(here[first])
        other.append(here[second])
        shop.append(np.full(len(first), merchant))
    one, other, shop = (np.concatenate(part) for part in (one, other, shop))
    keys, pair = np.unique(one * PEOPLE + other, return_inverse=True)
    days = np.full(len(pair), DAYS_PAID)
    shared = Shared(pair, scenes[shop], shops[shop].astype(float), days, days, np.zeros(len(pair)))
    first, second = keys // PEOPLE, keys % PEOPLE
    busy = visits.sum(axis=1)
    alone = np.minimum(busy[first], busy[second]) - np.bincount(pair, minlength=len(keys))
    found = evidence(shared, len(keys), values, own=alone * habit(np.array([DAYS_PAID])))
    number = np.bincount(np.concatenate([first, second]), minlength=PEOPLE)
    weight = weigh(
        found,
        reliability=np.ones(len(keys)),
        negative=np.zeros(len(keys)),
        chance=chance_of(found.groups, busy[first], busy[second], MERCHANTS),
        candidates=np.maximum(number[first], number[second]),
        values=values,
    ).weight
    kept = weight > 0
    pairs = zip(first[kept].tolist(), second[kept].tolist(), weight[kept].tolist(), strict=True)
    return LinkCandidates.make(list(pairs), users=range(PEOPLE))


def seen_by_attacker(visits, values, period):
    """What a member's list of a week shows, without its handles."""
    week = make_week(
        candidates(visits, values),
        period=period,
        version="v",
        policy_id="p",
        store_id=None,
        rules=RULES,
        past=Past.nothing(),
    )
    return Counter((s.day, band_of(s.weight), s.reason) for s in week.of(ATTACKER))


def worlds(random, num_copied):
    """The same town without and with the victim going where the attacker has just paid."""
    visits = habits(random)
    visits[ATTACKER, random.choice(np.flatnonzero(visits[VICTIM]), num_copied, replace=False)] = True
    tried = int(random.choice(np.flatnonzero(~visits[ATTACKER] & ~visits[VICTIM])))
    visits[ATTACKER, tried] = True
    with_victim = visits.copy()
    with_victim[VICTIM, tried] = True
    return visits, with_victim


def learned(values, num_copied, times, seed):
    """What a purchase at one more shop buys, over so many pairs of worlds.

    Returns:
        The share of pairs of worlds whose lists differ at all, which bounds the bits for somebody who knows
        everything else; the bits that the change in length from the week before gives to somebody who does
        not; and in how many worlds there was a list.
    """
    random, differ, lists = np.random.default_rng(seed), 0, 0
    changes = []
    for period in range(times):
        pair = worlds(random, num_copied)
        after = [seen_by_attacker(world, values, period) for world in pair]
        before = []
        for world in pair:
            earlier = world.copy()
            earlier[ATTACKER, tried_in(pair)] = False
            before.append(seen_by_attacker(earlier, values, period - 1))
        changes.append([min(max(a.total() - b.total(), -2), 2) for a, b in zip(after, before, strict=True)])
        differ += after[0] != after[1]
        lists += bool(after[0])
    return differ / times, bits(np.array(changes)), lists


def tried_in(pair):
    """The shop in question: the one where the worlds differ."""
    return int(np.flatnonzero(pair[0][VICTIM] != pair[1][VICTIM])[0])


def bits(changes):
    """Information between the world (column) and what was seen, corrected for few samples; at least 0.

    Source: Miller 1955, (cells - rows - columns + 1) / (2 n ln 2) less than the plug-in estimate.
    """
    values, where = np.unique(changes, return_inverse=True)
    table = np.zeros((len(values), 2))
    np.add.at(table, (where.ravel(), np.tile([0, 1], len(changes))), 1)
    joint = table / table.sum()
    free = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    some = joint > 0
    plug_in = float((joint[some] * np.log2(joint[some] / free[some])).sum())
    cells = np.count_nonzero(some) - len(values) - 2 + 1
    return max(plug_in - cells / (2 * table.sum() * np.log(2)), 0.0)
