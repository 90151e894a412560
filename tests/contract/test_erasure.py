"""On every store: nothing of erased people in any file, table, list or job; and nothing of others is lost."""

from itertools import chain

import numpy as np
import pyarrow.parquet as pq
import pytest

from api import traces
from api.app import create_app
from api.commands.common import Parts
from api.commands.train import train
from api.erasure_receipts import problem_of, public_keys
from api.services import erasure
from api.services.batch_lists import make
from embeddings.registry import Registry
from graph.links.candidates import LinkCandidates
from graph.log import PaymentLog
from graph.settings import Settings
from loaders.run import load
from tests.api.conftest import LOADED_AT, Service, write_exports

GONE = ("u5", "u60", "late")
NOW = LOADED_AT + 100


@pytest.fixture
def town(address, tmp_path):
    """People who were loaded and published, who came by HTTP, and of whom everything there is was written."""
    parts = Parts(Settings(home=tmp_path / "home", store=address))
    exports = write_exports(tmp_path / "exports")
    load([str(exports)], home=parts.home, store=parts.store, policy=parts.policy, key=parts.key,
         assume_consent=True, now=LOADED_AT)  # fmt: skip
    train(parts, quick=True)
    parts.store.close()
    service = Service(create_app(parts.settings), {})
    for role in ("service", "operator"):
        service.keys[role] = service.new_key(role)
    for user in GONE:
        live(service, user)
    asked = {
        "users": service.context.pseudonyms.of_many(["u1", *GONE]),
        "limit": 3,
        "scene": None,
        "exclude": [],
    }
    asked["version"] = service.context.versions.current().version.name
    make(service.context, service.context.jobs.add("lists", asked, owner=None, now=NOW))
    yield service
    service.context.close()


def live(service, user):
    """Leave as many traces as one person can."""
    ask, once = service.ask, {"headers": {"Idempotency-Key": f"of-{user}"}}
    paid = {"payment_id": f"h-{user}", "user_id": user, "merchant_id": "c0", "amount": "4.50",
            "currency": "CNY", "paid_at": "2026-09-02T08:00:00Z"}  # fmt: skip
    assert ask("POST", "/v1/payments", [paid], **once).json["accepted"] == 1
    for purpose in ("circles", "links", "portraits"):
        ask("PUT", f"/v1/users/{user}/consents/{purpose}", {"granted": True})
    shown = ask("GET", f"/v1/users/{user}/circles").json
    first = shown["items"][0]["circle_id"]
    for kind, circle in (("exposure", first), ("join", "drinkers"), ("dismiss", "climbers")):
        event = {"event_id": f"{kind}-{user}", "kind": kind, "user_id": user, "circle_id": circle,
                 "rec_id": shown["rec_id"]}  # fmt: skip
        told = ask("POST", "/v1/events", event).json
        assert told["accepted"] == 1, (kind, told)
    ask("PUT", f"/v1/users/{user}/mutes/circles/drinkers")
    ask("GET", f"/v1/users/{user}", key=service.new_key("member", service.context.pseudonyms.of(user)))


def erase(context, user):
    signer = erasure.Signer(context.home.path, context.policy.policy_id)
    registry = Registry(context.home.versions)
    return erasure.forget(context.home, context.store.get(), registry, user, clock=lambda: NOW, signer=signer)


def tables(store):
    """Every value of every table."""
    return {name: list(chain(*columns.values())) for name, columns in store.export()}


def indices_in_files(home):
    """Indices of people in the payment log and in lists of pairs."""
    for path in PaymentLog(home.log).files():
        yield from pq.read_table(path, partitioning=None)["user"].to_pylist()
    for folder in (*Registry(home.versions).folders(), *home.links.glob("[0-9]*")):
        lists = LinkCandidates.load(folder)
        yield from chain(lists.users.tolist(), lists.others.tolist())


def scores_of(version, users):
    """The bytes of the list of each, as published; none where another person's are the same."""
    records = version.lists.records
    scores = [record["scores"].tobytes() for record in records]
    places = [
        i for user in users if (i := np.flatnonzero(records["user"] == np.void(bytes.fromhex(user)))).size
    ]
    return [scores[int(i[0])] for i in places if scores.count(scores[int(i[0])]) == 1]


def test_nothing_of_erased_people_is_found_anywhere(town):
    context, home, store = town.context, town.context.home, town.context.store.get()
    users = context.pseudonyms.of_many(GONE)
    indices = {store.user(user).index for user in users}
    needles = [form for user in users for form in (user.encode(), bytes.fromhex(user))]
    needles += scores_of(context.versions.current().version, users)
    files = [path for path in home.path.rglob("*") if path.is_file()]
    assert len(traces.files_with(needles, files)) > 2
    assert indices & set(indices_in_files(home))
    others = town.circles("u7")
    receipts = [erase(context, user).receipt for user in users]
    assert [problem_of(receipt, public_keys(home.path)) for receipt in receipts] == [None] * 3
    files = [path for path in home.path.rglob("*") if path.is_file()]
    assert traces.files_with(needles, files) == []
    assert not indices & set(indices_in_files(home))
    left = tables(store)
    assert not [
        name for name, values in left.items() if set(users) & {v for v in values if isinstance(v, str)}
    ]
    assert not indices & {*left["paid"], *left["bought"]} - {*range(20)}
    assert (town.circles("u7"), store.check(), PaymentLog(home.log).check(store)) == (others, [], [])
