"""A merchant beside similar ones."""

from dataclasses import replace

import pytest

from api.services.peers import peers
from graph.errors import NotFound
from tests.portraits import TOWN, body_of, peers_of, with_portrait

BODY = body_of("c0", TOWN, standing={"near": 400, "mid": 300, "far": 200, "lost": 100})
NOW = 1_800_000_000


def ask(service, found, body=BODY):
    return peers(with_portrait(service.context, body, found, TOWN), "c0", "c0", now=NOW)


def test_own_figures_stand_beside_quartiles(service):
    found = ask(service, peers_of(BODY, TOWN))
    told = {each["id"]: (each["own"], each["p25"], each["p50"], each["p75"]) for each in found["measures"]}
    assert told["people"] == ({"v": 900}, 300, 500, 900)
    assert told["regulars"] == ({"v": 0.44}, 0.1, 0.2, 0.3)
    assert told["new"] == ({"v": 0.22}, 0.2, 0.3, 0.4)
    assert told["kept"] == ({"v": 0.88}, 0.5, 0.6, 0.7)
    assert told["change"] == ({"v": 0.12}, -0.1, 0.0, 0.1)
    assert (found["number"], found["peers_min"]) == (12, 10)


def test_how_they_were_chosen_is_said_in_words(service):
    chosen = ask(service, peers_of(BODY, TOWN))["chosen_by"]
    assert chosen == [
        {"name": {"en": "Kind of merchant", "zh": "商户类型"}, "value": {"en": "Store", "zh": "门店"}},
        {"name": {"en": "Category", "zh": "品类"}, "value": {"en": "coffee shop", "zh": "coffee shop"}},
    ]


@pytest.mark.parametrize("found", [None, peers_of(BODY, TOWN, number=9)])
def test_too_few_peers_are_no_peers(service, found):
    told = ask(service, found)
    assert (told["number"], told["chosen_by"]) == (0, [])
    assert all(each["p50"] is None for each in told["measures"])
    assert told["measures"][0]["own"] == {"v": 900}
    assert "too few similar merchants" in told["why_empty"]


def test_quartiles_are_as_coarse_as_what_merchants_are_told_of_themselves(service):
    given = {"people": (312.4, 511.0, 1_449.4), "new": (0.123, 0.2, 0.3)}
    people, _, new, kept, _ = ask(service, peers_of(BODY, TOWN, measures=given))["measures"]
    assert (people["p25"], people["p50"], people["p75"]) == (310, 510, 1_400)
    assert (new["p25"], kept["p25"]) == (0.12, None)


def test_small_parts_are_hidden_among_peers_too(service):
    body = replace(BODY, counts=dict(BODY.counts) | {"standing": BODY.counts["standing"] - 190})
    own = {each["id"]: each["own"] for each in ask(service, peers_of(BODY, TOWN), body)["measures"]}
    assert own["new"] == {"hidden": "minimum"}  # 10


def test_another_merchant_is_not_found(service):
    with pytest.raises(NotFound):
        peers(with_portrait(service.context, BODY, None, TOWN), "k0", "c0", now=NOW)
