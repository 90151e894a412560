"""`circles update`: a day of payments, late ones, the same day again; the same as doing everything anew."""

import numpy as np
import pytest

from api.commands.common import Parts
from api.commands.update import update
from embeddings.registry import Registry
from graph.errors import IncompatibleVersion, NoPublishedVersion
from loaders.run import load
from tests.api.conftest import LOADED_AT
from tests.tables import write_tables

HEAD = ("payment_id", "user_id", "merchant_id", "product_id", "amount", "currency", "paid_at")
DAY_S = 86_400


@pytest.fixture
def parts(settings):
    made = Parts(settings)
    yield made
    made.store.close()


@pytest.fixture
def day(parts, tmp_path):
    """Loads payments of a day: (id, user, shop, product, day of August)."""

    def loaded(name, *rows):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        payments = [
            (id_, user, shop, product, "3.00", "CNY", f"2026-08-{on:02}T09:00:00Z")
            for id_, user, shop, product, on in rows
        ]
        write_tables(folder, {"payments": [HEAD, *payments]})
        return load(
            [str(folder)],
            home=parts.home,
            store=parts.store,
            policy=parts.policy,
            key=parts.key,
            assume_consent=True,
            now=LOADED_AT + DAY_S,
        )

    return loaded


def model_of(parts, name):
    folder = parts.home.versions / name
    return {path.name: path.read_bytes() for path in folder.glob("*.npy") if path.name != "lists.npy"}


def lists_of(parts, name):
    records = np.array(Registry(parts.home.versions).open(name).lists.records)
    return {row["user"].tobytes(): row["circles"][: row["num"]].tolist() for row in records}


def is_what_everything_gives(parts, done):
    """Whether a version equals the one with the same parameters on everything."""
    Registry(parts.home.versions).set_current(done["base"])
    whole = update(parts, whole=True)
    same = model_of(parts, done["version"]) == model_of(parts, whole["version"])
    return same and lists_of(parts, done["version"]) == lists_of(parts, whole["version"])


def test_a_day_changes_what_it_concerns_and_equals_a_rebuild(parts, day):
    day("first", ("d1", "u0", "c1", "beans", 20))
    update(parts, tolerance=0.0)  # trained sums are of single precision: from here on they are exact
    day("second", ("d2", "u0", "k0", "rope", 21), ("d3", "newcomer", "c2", "beans", 21))
    done = update(parts, tolerance=0.0)
    assert done["people_changed"] == 2
    assert is_what_everything_gives(parts, done)


def test_with_a_tolerance_most_lists_stay_as_they_are(parts, day):
    day("first", ("d1", "u0", "c1", "beans", 20))
    done = update(parts, tolerance=0.2)
    assert (done["whole"], done["lists_made"] < 40) == (False, True)
    before, after = lists_of(parts, done["base"]), lists_of(parts, done["version"])
    assert before.keys() == after.keys()


def test_the_same_day_again_changes_nothing(parts, day):
    rows = [("d1", "u0", "c1", "beans", 20)]
    day("first", *rows)
    first = update(parts)
    day("again", *rows, *rows)
    again = update(parts)
    assert (again["version"], again["base"]) == (None, first["version"])


def test_late_and_out_of_order_payments_come_to_the_same(parts, day):
    early, late = ("d1", "u0", "c1", "beans", 3), ("d2", "u1", "k1", "rope", 28)
    day("late", late)
    update(parts, tolerance=0.0)
    day("early", early)
    done = update(parts, tolerance=0.0)
    assert done["people_changed"] == 1
    assert is_what_everything_gives(parts, done)


def test_payments_over_http_are_part_of_the_day(parts, service, day):
    body = {"payment_id": "h1", "user_id": "u0", "merchant_id": "c2", "paid_at": "2026-09-20T09:00:00Z"}
    assert service.ask("POST", "/v1/payments", body).json["accepted"] == 1
    assert update(parts)["people_changed"] == 1


def test_a_running_service_takes_it_up(parts, service, day):
    day("first", *[(f"d{i}", "u79", "c1", "beans", 20 + i) for i in range(5)])
    done = update(parts)
    service.context.versions._checked_at = float("-inf")
    answer = service.ask("GET", "/v1/users/u79/circles?limit=2").json
    assert answer["version"] == done["version"]
    receipt = service.context.receipts.find(answer["rec_id"])
    assert receipt.content["source"] == "precomputed"


def test_walled_payments_change_nothing(parts, day):
    day("pills", ("d1", "u0", "chemist", "pills", 20))
    assert update(parts)["version"] is None


def test_after_an_erasure_everything_is_added_up_anew(parts, service, day):
    from api.services.erasure import forget

    context = service.context
    who = context.pseudonyms.of("u5")
    forget(context.home, context.store.get(), context.versions.registry, who, clock=context.now)
    version = Registry(parts.home.versions).current()
    if any(version.model.weights["latent"]):
        with pytest.raises(IncompatibleVersion, match="circles train"):
            update(parts)
    else:
        done = update(parts)
        assert done["whole"]
        assert Registry(parts.home.versions).open(done["version"]).lists.of(who) is None


def test_without_a_version_there_is_nothing_to_update(tmp_path, parts):
    parts.home.versions.rename(tmp_path / "elsewhere")
    with pytest.raises(NoPublishedVersion, match="circles train"):
        update(parts)
