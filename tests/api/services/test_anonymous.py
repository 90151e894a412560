"""Lists for payments without a person: as for somebody new, and nothing of them is kept."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.schemas.anonymous import AnonymousAnswer

CLIMBS = [{"merchant_id": f"k{i}", "product_id": "rope", "paid_at": "2026-09-01T09:00:00Z"} for i in range(3)]
PILLS = {"merchant_id": "chemist", "product_id": "pills", "paid_at": "2026-09-02T09:00:00Z"}


def ask(service, payments, key="service", **more):
    return service.ask("POST", "/v1/circle-recommendations", {"payments": payments, **more}, key=key)


def told(answer):
    """What an answer says of circles, whoever asked."""
    return {name: answer[name] for name in ("items", "version", "as_of", "personalised", "degraded")}


def kept(service):
    """Everything that the service keeps: rows of its own database, and the counts of the store."""
    service.context.receipts.settle()
    tables = service.context.db._connection.execute("select count(*) from receipts").fetchone()
    return tables, service.context.store.get().stats(), service.context.log.stats()


@pytest.mark.parametrize("query", [{}, {"limit": 2}, {"scene": "fitness"}, {"exclude": ["climbers"]}])
def test_the_list_is_that_of_somebody_new_who_paid_the_same(service, query):
    answer = ask(service, CLIMBS, **query)
    assert answer.status_code == 200
    AnonymousAnswer.model_validate(answer.json)
    assert (answer.json["personalised"], answer.json["used"]) == (True, 3)
    records = [{**one, "payment_id": f"n{i}", "user_id": "nina"} for i, one in enumerate(CLIMBS)]
    service.ask("PUT", "/v1/users/nina/consents/circles", {"granted": True})
    service.ask("POST", "/v1/payments", records)
    words = "&".join(f"{k}={v if isinstance(v, str | int) else ','.join(v)}" for k, v in query.items())
    assert told(answer.json) == told(service.ask("GET", f"/v1/users/nina/circles?{words}").json)


def test_nothing_is_kept_and_nothing_comes_to_be(service):
    before = kept(service)
    answer = ask(service, [*CLIMBS, PILLS, {"merchant_id": "never seen", "product_id": "nor this"}]).json
    assert kept(service) == before
    assert not {"rec_id", "next_cursor"} & answer.keys()


def test_what_is_behind_the_wall_counts_for_nothing(service):
    without, mixed = ask(service, CLIMBS), ask(service, [PILLS, *CLIMBS, PILLS])
    assert mixed.data == without.data
    only = ask(service, [PILLS])
    assert (only.json["reason"], only.json["personalised"], only.json["used"]) == ("nothing_known", False, 0)
    for word in ("pill", "chemist", "pharmacy"):
        assert word not in mixed.text.lower() + only.text.lower()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"payments": []},
        {"payments": [CLIMBS[0]] * 201},
        {"payments": [CLIMBS[0]], "users": ["u1"]},
        {"payments": [{"merchant_id": "k0", "user_id": "u0"}]},
        {"payments": [{"merchant_id": "k0", "amount": 3}]},
        {"payments": [{"merchant_id": "k0", "paid_at": "2999-01-01T00:00:00Z"}]},
        {"payments": [{"merchant_id": "k0", "paid_at": "1969-01-01T00:00:00Z"}]},
        {"payments": [{"merchant_id": "k\u0000"}]},
        {"payments": CLIMBS, "limit": 101},
        {"users": ["u1"], "limit": 101},
        {"users": []},
        {"users": [f"u{n}" for n in range(10_001)]},
    ],
)
def test_what_cannot_be_used_is_refused(service, body):
    assert service.ask("POST", "/v1/circle-recommendations", body).status_code == 422


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "merchant_id": st.sampled_from(["c0", "c1", "k0", "k3", "chemist", "nowhere"]),
                "quantity": st.one_of(st.none(), st.integers(0, 5)),
                "product_id": st.sampled_from([None, "beans", "rope", "pills"]),
            }
        ),
        min_size=1,
        max_size=8,
    )
)
def test_a_wall_hides_whatever_is_behind_it(service, payments):
    seen = [
        p for p in payments if p["merchant_id"] not in ("chemist", "nowhere") and p["product_id"] != "pills"
    ]
    seen = seen or [{"merchant_id": "nowhere"}]
    paid_at = {"paid_at": "2026-09-03T10:00:00Z"}
    given_, hidden = (ask(service, [{**p, **paid_at} for p in some]) for some in (payments, seen))
    assert given_.data == hidden.data


def test_while_the_store_is_away_the_published_list_is_given_and_says_so(store_away):
    from api.app import create_app

    app = create_app(store_away)
    context = app.extensions["circles"]
    headers = {"Authorization": f"Bearer {context.keys.create('service', now=context.now())}"}
    answer = app.test_client().post("/v1/circle-recommendations", json={"payments": CLIMBS}, headers=headers)
    assert (answer.status_code, answer.json["degraded"], answer.json["personalised"]) == (200, True, False)
    context.close()
