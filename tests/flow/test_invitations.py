"""From a theme to lift: an owner previews, gets a promise or an honest smaller one, sends; members answer.

And what goes wrong on the way: too few fans, themes that say nothing or everything, a circle that closes, two
owners at once, a process that dies while sending, a store that is gone.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing

import pytest

from api.audiences.asked import House
from api.audiences.finish import finish
from api.commands.common import Parts
from api.context import wire_parts
from api.services import audiences, sending
from graph.errors import StoreConflict, StoreUnavailable
from graph.policy.audiences import checked_wish
from graph.settings import Settings
from graph.stores.open import open_store
from tests.fans import (
    CLIMBERS,
    DRINKERS,
    TASTERS,
    chosen,
    chosen_here,
    ended,
    invitations,
    load_fans,
    policy_with,
    serve_town,
)

PEOPLE = DRINKERS + CLIMBERS
KILLED = """
import os, signal, sys
from pathlib import Path
from api.commands.common import Parts
from api.context import wire_parts
from api.services import sending
from graph.settings import Settings
from graph.stores.sqlite.transaction import Transaction

home, policy, audience, most = sys.argv[1:]
sending.PART = 40
parts = Parts(Settings(home=Path(home), policy=Path(policy)))
context = wire_parts(parts.home, parts.policy, parts.key, parts.store)
real, calls = Transaction.run_many, []

def run_many(self, name, rows, **more):
    changed = real(self, name, rows, **more)
    if name == "put_invitation":
        calls.append(1)
        if len(calls) == int(most):
            os.kill(os.getpid(), signal.SIGKILL)  # written, not committed
    return changed

Transaction.run_many = run_many
sending.send(context, context.store.get().audience(audience), "spring", now=context.now())
"""


def sent_to(store) -> Counter:
    """How many invitations each person got from each circle."""
    table = dict(store.export(edges=False))["invitations"]
    return Counter(zip(table["user"], table["circle"], strict=True))


def names_nobody(text: str) -> bool:
    return not any(f'"u{user}"' in text for user in range(PEOPLE))


def test_a_brand_gets_a_promise_sends_and_sees_lift(town_service):
    ask = town_service.ask
    preview = ask("POST", "/v1/circles/ropes/audiences:preview", {"target_fit": 0.7}, key="k0")
    assert preview.status_code in (200, 202)  # 202 on a busy machine
    told = ended(town_service, preview.json["audience_id"], "k0")
    assert (told["state"], told["size"], told["certificate"]["target"]) == ("draft", "200 to 500", 0.7)
    audience = chosen(town_service, "ropes", "k0", holdout=0.3)
    assert (audience["state"], audience["certificate"]["drift"]) == ("ready", "holding")
    address = f"/v1/audiences/{audience['audience_id']}"
    sent = ask("POST", f"{address}/invitations", {"message_ref": "spring"}, key="k0")
    assert (sent.status_code, sent.json["state"]) == (200, "sent")
    assert ask("POST", f"{address}/invitations", {"message_ref": "spring"}, key="k0").json == sent.json
    got = [user for user in range(PEOPLE) if invitations(town_service, user)]
    assert sum(user >= DRINKERS for user in got) >= 0.85 * len(got)  # climbers
    for number, user in enumerate(got):
        (one,) = invitations(town_service, user)
        reply = "accept" if number % 2 else "decline"
        answered = ask("POST", f"/v1/invitations/{one['invitation_id']}/responses", {"response": reply})
        assert answered.json["state"] == ("accepted" if number % 2 else "declined")
    results = ask("GET", f"{address}/results", key="k0")
    assert results.json["lift"]["low"] > 0.2
    assert results.json["holdout_joined"] == {"hidden": "minimum"}
    for page in (preview, sent, results, ask("GET", address, key="k0")):
        assert names_nobody(page.text)
    assert ask("GET", f"{address}/results", key="k0").json["lift"] == results.json["lift"]


def test_without_enough_fans_the_owner_is_told_why_and_may_pilot(town_service):
    audience = chosen_here(town_service, "tea", "t0")
    assert audience["state"] == "failed"
    assert "no promise can be made" in audience["problem"]
    assert audience["size"] == "under 100"
    refused = town_service.ask(
        "POST", f"/v1/audiences/{audience['audience_id']}/invitations", {"message_ref": "m"}, key="t0"
    )
    assert refused.status_code == 422
    pilot = chosen_here(town_service, "tea", "t0", pilot=True)
    assert (pilot["state"], pilot["pilot"], pilot.get("certificate")) == ("ready", True, None)
    path = f"/v1/audiences/{pilot['audience_id']}/invitations"
    assert town_service.ask("POST", path, {"message_ref": "m"}, key="t0").json["invited"] == {"v": 50}


def test_a_small_audience_is_refused(town_service):
    store, context = town_service.context.store.get(), town_service.context
    accounts = [f"u{n}" for n in range(DRINKERS, DRINKERS + CLIMBERS - 60)]
    for user in store.indices("User", context.pseudonyms.of_many(accounts)).tolist():
        store.join(user, store.circle("ropes").index, 5)
    audience = chosen_here(town_service, "ropes", "k0")
    assert (audience["state"], audience["size"]) == ("failed", "under 100")
    assert "fewer than 100 people" in audience["problem"]


def test_a_theme_of_nothing_and_a_theme_of_everything_are_told(town_service):
    nothing = chosen_here(town_service, "nothing", "c0")
    assert "Nothing that people pay for" in nothing["problem"]
    everything = chosen_here(town_service, "everything", "c0")
    assert (everything["state"], "nearly everybody" in everything["note"]) == ("ready", True)


def test_a_circle_that_closes_while_its_audience_is_chosen_here(town_service):
    context = town_service.context
    wish = checked_wish(context.policy.audiences, target_fit=0.7)
    asked = audiences.ask(context, "k0", "ropes", wish, now=context.now())
    store = context.store.get()
    store.set_circle_state(asked.circle, "closed", context.now())
    with pytest.raises(StoreConflict, match="closed or quarantined"):
        finish(House(context.home, store, context.policy), asked.audience_id, now=context.now())
    shown = town_service.ask("GET", f"/v1/audiences/{asked.audience_id}", key="k0").json
    assert (shown["state"], "closed" in shown["problem"]) == ("failed", True)
    assert store.audience_people(asked.audience_id) == []


def test_owners_who_send_at_once_share_each_persons_two_invitations(town_service):
    wanted = [("coffee", "c0"), ("beans", "c1"), ("everything", "c0")]
    made = [
        (chosen_here(town_service, circle, owner, holdout=0.0)["audience_id"], owner)
        for circle, owner in wanted
    ]
    answers = []

    def send(audience, owner):
        path = f"/v1/audiences/{audience}/invitations"
        answers.append(town_service.ask("POST", path, {"message_ref": "m"}, key=owner).status_code)

    threads = [threading.Thread(target=send, args=one) for one in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200, 200, 200]
    sent = sent_to(town_service.context.store.get())
    of_person = Counter(user for user, _ in sent)
    assert max(sent.values()) == 1
    assert max(of_person.values()) == 2


def test_a_process_that_dies_while_sending_loses_and_doubles_nothing(town_service, tmp_path):
    audience = chosen_here(town_service, "ropes", "k0", holdout=0.0)["audience_id"]
    store = town_service.context.store.get()
    people = len(store.audience_people(audience))
    for most in (1, 3):
        arguments = [
            str(town_service.context.home.path),
            str(tmp_path / "home" / "policy.toml"),
            audience,
            str(most),
        ]
        done = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
        assert done.returncode == -signal.SIGKILL
    assert sum(sent_to(store).values()) == 80  # two parts that were committed; the others came back
    path = f"/v1/audiences/{audience}/invitations"
    assert town_service.ask("POST", path, {"message_ref": "spring"}, key="k0").json["state"] == "sent"
    sent = sent_to(store)
    assert (len(sent), max(sent.values()), store.check()) == (people, 1, [])


def test_while_the_store_is_gone_nothing_is_sent_and_afterwards_all_is(town_service, tmp_path):
    audience = chosen_here(town_service, "ropes", "k0", holdout=0.0)["audience_id"]
    town_service.context.store.close()
    home = tmp_path / "home"
    (home / "circles.db").rename(home / "elsewhere.db")
    (home / "circles.db").mkdir()
    settings, path = Settings(home=home, policy=home / "policy.toml"), f"/v1/audiences/{audience}/invitations"
    away = serve_town(settings)
    refused = away.ask("POST", path, {"message_ref": "m"}, key="k0")
    assert (refused.status_code, "Retry-After" in refused.headers) == (503, True)
    away.context.close()
    (home / "circles.db").rmdir()
    (home / "elsewhere.db").rename(home / "circles.db")
    back = serve_town(settings)
    assert back.ask("POST", path, {"message_ref": "m"}, key="k0").json["state"] == "sent"
    back.context.close()


@pytest.mark.neo4j
@pytest.mark.xdist_group("neo4j")
def test_a_server_that_dies_while_sending_loses_and_doubles_nothing(
    mortal_server, neo4j_programs, tmp_path, monkeypatch
):
    (tmp_path / "home").mkdir()
    policy = policy_with(tmp_path, quiet_from=0, quiet_to=0)
    parts = Parts(Settings(home=tmp_path / "home", policy=policy, store=mortal_server.connection()))
    load_fans(tmp_path / "exports", parts)
    context = wire_parts(parts.home, parts.policy, parts.key, parts.store)
    wish = checked_wish(parts.policy.audiences, target_fit=0.7, holdout=0.0)
    asked = audiences.ask(context, None, "ropes", wish, now=context.now())
    house = House(parts.home, parts.store, parts.policy)
    ready = finish(house, asked.audience_id, now=context.now())
    people = len(parts.store.audience_people(ready.audience_id))
    monkeypatch.setattr(sending, "PART", 20)
    real, calls = type(parts.store).send_invitations, []

    def send(*arguments):
        calls.append(1)
        if len(calls) == 3:
            threading.Timer(0.02, mortal_server.kill).start()
        return real(*arguments)

    monkeypatch.setattr(type(parts.store), "send_invitations", send)
    with pytest.raises(StoreUnavailable):
        sending.send(context, ready, "spring", now=context.now())
    mortal_server.up(neo4j_programs)
    with closing(open_store(mortal_server.connection())) as store:
        begun = store.audience(ready.audience_id)
        again = wire_parts(parts.home, parts.policy, parts.key, store)
        assert sending.send(again, begun, "spring", now=context.now())["state"] == "sent"
        sent = sent_to(store)
        assert (len(sent), max(sent.values()), store.check()) == (people, 1, [])


def test_the_command_line_does_the_same(town_service, tmp_path):
    home = tmp_path / "home"
    environment = os.environ | {"CIRCLES_HOME": str(home), "CIRCLES_POLICY": str(home / "policy.toml")}

    def run(*arguments, code=0):
        argv = [sys.executable, "-m", "api.cli", "audience", *arguments, "--json"]
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        assert names_nobody(done.stdout)
        return json.loads(done.stdout)

    preview = run("preview", "ropes", "--fit", "0.7")
    assert (preview["state"], preview["size"]) == ("draft", "200 to 500")
    made = run("create", "ropes", "--fit", "0.7", "--key", "spring")
    assert run("create", "ropes", "--fit", "0.7", "--key", "spring")["audience_id"] == made["audience_id"]
    assert run("show", made["audience_id"])["state"] == "ready"
    assert run("send", made["audience_id"], "--message", "spring")["state"] == "sent"
    assert run("send", "--due") == []
    assert "lift" in run("results", made["audience_id"])
    assert run("create", "nothing", "--fit", "0.7", code=4)["state"] == "failed"


def test_whoever_tasted_once_is_no_fan():
    assert TASTERS < 100 <= CLIMBERS
