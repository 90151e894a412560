"""Whatever the reason, what may not be seen looks the same: bytes, headers, size, and time."""

import random
import time

import numpy as np
import pytest

from graph.links.periods import period_of

ATTACKER = 0
STATES = ("declined", "withdrawn", "blocked", "erased", "a minor", "unknown", "foreign", "expired")


@pytest.fixture
def handles(link_house):
    """A house, and for each state a handle of it that the attacker holds."""
    house = link_house({(ATTACKER, other): 0.7 for other in range(1, 8)} | {(6, 7): 0.7})
    house.respond(1, ATTACKER, "decline")
    house.consent(2, False)
    house.respond(3, ATTACKER, "block")
    house.store.forget(4)
    house.store.upsert("User", {"id": [house.context.pseudonyms.of("u5")], "adult": [False]})
    old = period_of(house.context.now()) - 2
    found = [house.handle(ATTACKER, other) for other in range(1, 6)]
    found += ["0" * 32, house.handle(6, 7), house.context.handles.of(ATTACKER, [7], old)[0]]
    assert house.ask("GET", f"/v1/links/{house.handle(ATTACKER, 7)}", ATTACKER).status_code == 200
    return house, dict(zip(STATES, found, strict=True))


def seen(answer, handle):
    return answer.status_code, dict(answer.headers), answer.data.replace(handle.encode(), b"")


@pytest.mark.parametrize("response", [None, "accept", "decline", "block", "report"])
@pytest.mark.parametrize("who", [ATTACKER, "service"])
def test_every_state_gives_the_same_bytes(handles, response, who):
    house, handle_of = handles
    answers = []
    for handle in (*handle_of.values(), *handle_of.values()):  # nor when it is asked again
        if response is None:
            query = "?user_id=u0" if who == "service" else ""
            answer = house.ask("GET", f"/v1/links/{handle}{query}", who)
        else:
            body = {"response": response} | ({"user_id": "u0"} if who == "service" else {})
            answer = house.ask("POST", f"/v1/links/{handle}/responses", who, body)
        answers.append(seen(answer, handle))
    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)


def test_a_list_leaves_out_every_state_and_says_nothing_of_it(handles):
    house, handle_of = handles
    items = house.links(ATTACKER, "limit=100")
    assert not {item["link_id"] for item in items} & set(handle_of.values())
    assert {item["state"] for item in items} == {"suggested"}


@pytest.mark.parametrize("response", [None, "accept"])
def test_no_state_is_told_by_its_time(handles, response):
    house, handle_of = handles
    times: dict[str, list[float]] = {state: [] for state in STATES}
    turns = [state for state in STATES for _ in range(120)]
    random.Random(7).shuffle(turns)
    for state in turns:
        begun = time.thread_time()
        if response is None:
            house.ask("GET", f"/v1/links/{handle_of[state]}", ATTACKER)
        else:
            house.respond(ATTACKER, handle_of[state], response)
        times[state].append(time.thread_time() - begun)
    for state in STATES:
        rest = np.concatenate([times[other] for other in STATES if other != state])
        area = auc(np.array(times[state]), rest)
        assert abs(area - 0.5) < 0.12, f"{state}: {area:.3f}"  # four standard errors of 120 against 840


def auc(one, other):
    """Part of the pairs in which the first is larger; ties count half."""
    order = np.sort(other)
    below, upto = np.searchsorted(order, one, "left"), np.searchsorted(order, one, "right")
    return float((below + upto).mean() / 2 / len(order))


@pytest.mark.parametrize("left", ["blocked", "withdrawn", "erased"])
def test_an_answer_that_names_somebody_is_not_told_again_once_they_have_left(link_house, left):
    house = link_house({(ATTACKER, 1): 0.7})
    house.respond(1, ATTACKER, "accept")
    path = f"/v1/links/{house.handle(ATTACKER, 1)}/responses"
    sent = {"method": "POST", "json": {"response": "accept"}}
    sent["headers"] = {"Authorization": f"Bearer {house.key(ATTACKER)}", "Idempotency-Key": "k-1"}
    other = house.context.pseudonyms.of("u1")
    answers = [house.app.test_client().open(path, **sent) for _ in range(2)]
    assert [answer.json["other"] for answer in answers] == [other, other]
    {
        "blocked": lambda: house.respond(1, ATTACKER, "block"),
        "withdrawn": lambda: house.consent(1, False),
        "erased": lambda: house.ask("DELETE", "/v1/users/u1", "service"),
    }[left]()
    again = house.app.test_client().open(path, **sent)
    assert (again.status_code, other in again.text) == (404, False)
