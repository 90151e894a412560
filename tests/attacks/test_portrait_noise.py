"""How much portraits tell of one person, measured: real noise, drawn thousands of times with and without.

The attacker knows the exact counts of both worlds and takes the best test there is, the likelihood ratio, on
noisy counts before anything is hidden or rounded: nobody who sees less can do better. Cells that are alike in
both worlds are left out, as their noise is their own and tells nothing.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import beta

from api.portraits import noise
from api.portraits.noise import Made
from graph.portraits.census import Block, stretch
from graph.portraits.questions import QUESTIONS
from tests.attacks.portrait_town import LOADED_AT, TARGET, copy_of, two_worlds

DRAWS = 5_000
STEPS = 15  # thresholds that are tried, each way
SURE = 1e-6 / STEPS  # that a bound that holds is found broken


@pytest.fixture(scope="module")
def worlds(town_home, tmp_path_factory, policy):
    """Merchant id -> exact counts with the target and without, of the cells where they differ."""
    house = copy_of(town_home, tmp_path_factory.mktemp("worlds") / "home", policy)
    _, _, *tapes = two_worlds(house, TARGET)
    (here,), (gone,) = (tape.blocks for tape in tapes)
    ids = house.store.ids("Merchant", here.merchants.tolist())
    house.store.close()
    return {merchant: moved(here, gone, row) for row, merchant in enumerate(ids)}


def moved(here, gone, row):
    """Question -> counts, twice; the question that decides on a portrait whole."""
    told = {}
    for name in here.counts:
        one, other = here.counts[name][row].ravel(), gone.counts[name][row].ravel()
        kept = (one != other) | (name == "standing")
        told[name] = one[kept], other[kept]
    return tuple({name: of[side] for name, of in told.items()} for side in (0, 1))


def drawn(exact, rules):
    """Noisy counts of a merchant, made anew many times: all questions in a row, nan where too small."""
    block = Block(np.arange(DRAWS), {name: np.repeat(of[None], DRAWS, axis=0) for name, of in exact.items()})
    due = {place: str(place) for place in range(DRAWS)}
    made = Made(due, stretch(0, 13), "2026-W38", 0, "labels", LOADED_AT, rules)
    found = np.full((DRAWS, len(flat(exact))), np.nan)
    for body in made.bodies([block]):
        found[int(body.merchant_id)] = flat(body.counts)
    return found


def flat(counts):
    return np.concatenate([counts[question.name] for question in QUESTIONS])


def scores(told, world, rules):
    """Logarithm of how much likelier each portrait is with the target; -inf where there is none."""
    here, gone = (flat(exact) for exact in world)
    scale = np.repeat(
        [question.scale(rules.epsilon) for question in QUESTIONS],
        [len(world[0][question.name]) for question in QUESTIONS],
    )
    ratio = ((abs(told - gone) - abs(told - here)) / scale).sum(axis=1)
    return np.where(np.isnan(ratio), -np.inf, ratio)


def is_bounded(here, gone, epsilon):
    """Whether no threshold tells worlds apart by more than e^epsilon, as far as so many draws can say.

    Args:
        here, gone: scores of portraits with the target, and without.
    """
    tried = np.linspace(-1.0, 1.0, STEPS) * epsilon
    ways = ((here, gone, tried), (-gone, -here, tried))
    return all(
        at_least(one >= threshold) <= np.exp(epsilon) * at_most(other >= threshold)
        for one, other, thresholds in ways
        for threshold in thresholds
    )


def at_least(seen):
    """Bound of Clopper and Pearson on how likely something is."""
    hits = int(seen.sum())
    return float(beta.ppf(SURE, hits, len(seen) - hits + 1)) if hits else 0.0


def at_most(seen):
    return 1.0 - at_least(~seen)


def attacked(world, rules):
    """Scores with the target and without, by somebody who takes the noise for what `rules` say."""
    return tuple(scores(drawn(exact, rules), world, rules) for exact in world)


@pytest.mark.parametrize("merchant", ["c0", "t0", "b0"])
def test_a_portrait_tells_of_the_target_no_more_than_was_paid_for(worlds, policy, merchant):
    here, gone = attacked(worlds[merchant], policy.portraits)
    assert is_bounded(here, gone, policy.portraits.epsilon)
    advantage = (here > 0).mean() - (gone > 0).mean()
    assert advantage < np.tanh(policy.portraits.epsilon / 2)  # 0.24
    assert (
        advantage > 0.02 or merchant == "t0"
    )  # it tells something; of the tea house mostly that it is small


def test_less_noise_than_was_paid_for_would_be_found(worlds, policy, monkeypatch):
    true_noise = noise._noisy
    monkeypatch.setattr(noise, "_noisy", lambda q, counts, r: true_noise(q, counts, replace(r, epsilon=4.0)))
    here, gone = attacked(worlds["c0"], policy.portraits)
    assert not is_bounded(here, gone, policy.portraits.epsilon)


def test_a_portrait_that_is_there_because_of_the_target_would_be_found(worlds, policy, monkeypatch):
    """The tea house has a hundred fans, and ninety-nine without the target."""
    rules = replace(policy.portraits, min_people=100)
    monkeypatch.setattr(noise, "enough_people", lambda rules, scale: rules.min_people)
    monkeypatch.setattr(noise, "_noisy", lambda question, counts, rules: counts)
    here, gone = (~np.isnan(drawn(exact, rules)).all(axis=1) for exact in worlds["t0"])
    assert not is_bounded(here.astype(float), gone.astype(float), rules.epsilon)
    monkeypatch.undo()
    here, gone = (~np.isnan(drawn(exact, rules)).all(axis=1) for exact in worlds["t0"])
    assert is_bounded(here.astype(float), gone.astype(float), rules.epsilon)


# -- two merchants ------------------------------------------------------------------------------------


def test_a_shop_and_the_brand_it_sells_tell_no_more_than_both_paid_for(worlds, policy):
    rules = policy.portraits
    pairs = zip(attacked(worlds["c0"], rules), attacked(worlds["b0"], rules), strict=True)
    here, gone = (one + other for one, other in pairs)
    assert is_bounded(here, gone, 2 * rules.epsilon)


def alike(question, counts, rules):
    """The same noise in every call."""
    random = np.random.default_rng(5)
    return counts + random.laplace(scale=question.scale(rules.epsilon), size=counts.shape).astype(int)


def subtracted(worlds, rules):
    """New fans of the tea house less those of the brand, above what is expected without the target."""
    (here, gone), (_, elsewhere) = worlds["t0"], worlds["b0"]
    brand, new = drawn(elsewhere, rules)[:, 2], 2
    expected = gone["standing"][new] - elsewhere["standing"][new] + 0.5
    return [drawn(exact, rules)[:, new] - brand - expected for exact in (here, gone)]


def test_the_noise_of_one_merchant_does_not_take_away_that_of_another(worlds, policy, monkeypatch):
    rules = policy.portraits
    monkeypatch.setattr(noise, "enough_people", lambda rules, scale: -1_000)  # every one has a portrait
    assert is_bounded(*subtracted(worlds, rules), rules.epsilon)
    monkeypatch.setattr(noise, "_noisy", alike)
    assert not is_bounded(*subtracted(worlds, rules), rules.epsilon)


# -- two releases -------------------------------------------------------------------------------------


def test_a_portrait_less_the_next_one_tells_no_more_than_both_paid_for(worlds, policy, monkeypatch):
    """The target was in the first, and is in the second or withdrew in between."""
    rules, (here, gone) = policy.portraits, worlds["c0"]
    monkeypatch.setattr(noise, "enough_people", lambda rules, scale: -1_000)

    def left():
        return [(drawn(here, rules) - drawn(then, rules))[:, 0] - 0.5 for then in (gone, here)]

    assert is_bounded(*left(), 2 * rules.epsilon)
    monkeypatch.setattr(noise, "_noisy", alike)
    assert not is_bounded(*left(), 2 * rules.epsilon)
