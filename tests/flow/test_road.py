"""One payment followed from file to response, and one over HTTP, by the command and a real server."""

import csv

import pytest

PEOPLE = 30


@pytest.fixture
def exports(tmp_path):
    """Two tastes: even people drink coffee, odd people climb; most have joined the circle of their taste."""
    folder = tmp_path / "exports"
    folder.mkdir()
    shops = {"coffee": "c", "climbing": "k"}
    merchants = [
        (f"{letter}{i}", f"{taste.title()} {i}", f"{taste} shop")
        for taste, letter in shops.items()
        for i in range(3)
    ]
    write(folder / "merchants.csv", ["merchant_id", "name", "category"], merchants)
    write(
        folder / "circles.csv",
        ["circle_id", "name"],
        [("drinkers", "Coffee drinkers"), ("climbers", "Climbers")],
    )
    write(
        folder / "themes.csv",
        ["circle_id", "kind", "target_id"],
        [("drinkers", "category", "coffee shop"), ("climbers", "category", "climbing shop")],
    )
    payments = [
        (f"p{u}-{i}", f"u{u}", f"{'ck'[u % 2]}{i}", "4.50", "CNY", f"2026-0{i + 1}-0{1 + u % 9}T08:00:00Z")
        for u in range(PEOPLE)
        for i in range(3)
    ]
    write(
        folder / "payments.csv",
        ["payment_id", "user_id", "merchant_id", "amount", "currency", "paid_at"],
        payments,
    )
    write(
        folder / "memberships.csv",
        ["user_id", "circle_id"],
        [(f"u{u}", ("drinkers", "climbers")[u % 2]) for u in range(PEOPLE - 6)],
    )
    return folder


def write(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def test_a_payment_is_followed_from_file_to_response(house, exports):
    report = house.json("load", str(exports), "--assume-consent")
    assert report["payments"]["loaded"] == 3 * PEOPLE
    house.run("train", "--no-gnn")
    coffee_lover = house.json("recommend", f"u{PEOPLE - 6}")
    assert coffee_lover["items"][0]["circle_id"] == "drinkers"
    assert any("coffee" in reason["text"].lower() for reason in coffee_lover["items"][0]["reasons"])
    climber = house.json("recommend", f"u{PEOPLE - 5}")
    assert climber["items"][0]["circle_id"] == "climbers"


def test_a_payment_over_http_changes_the_next_answer_without_training(house, exports):
    house.run("load", str(exports), "--assume-consent")
    house.run("train", "--no-gnn")
    with house.serving() as client:
        rows = [
            {
                "payment_id": f"n{i}",
                "user_id": "newcomer",
                "merchant_id": f"k{i}",
                "paid_at": "2026-11-01T09:00:00Z",
            }
            for i in range(3)
        ]
        app = client.typed
        told = app.payments_take(rows)
        assert (told["accepted"], told["duplicates"]) == (3, 0)
        assert app.circles_for_user("newcomer")["personalised"] is False  # nobody asked them yet
        assert app.users_put_consent("newcomer", "circles", {"granted": True})["granted"]
        answer = app.circles_for_user("newcomer")
        assert (answer["personalised"], answer["items"][0]["circle_id"]) == (True, "climbers")
        event = {
            "event_id": "e1",
            "kind": "dismiss",
            "user_id": "newcomer",
            "circle_id": "climbers",
            "at": "2026-11-02T09:00:00Z",
        }
        assert app.events_take([event])["accepted"] == 1
        left = app.circles_for_user("newcomer")
        assert "climbers" not in [item["circle_id"] for item in left["items"]]
        assert app.payments_take(rows) == {"accepted": 0, "duplicates": 3, "rejected": []}
        before = house.json("graph", "stats")
        house.run(
            "train", "--no-gnn"
        )  # moves the inbox to the log; nothing is counted twice, nothing is lost
        after = house.json("graph", "stats")
        assert (after["inbox"], after["log_payments"]) == (0, before["log_payments"] + 3)
        assert after["PAID"] == before["PAID"]
        assert app.payments_take(rows)["duplicates"] == 3


def test_a_forgotten_person_is_gone_everywhere(house, exports):
    house.run("load", str(exports), "--assume-consent")
    house.run("train", "--no-gnn")
    house.run("recommend", "u3")
    house.run("forget", "u3", "--yes")
    assert "nothing is known of this account" in house.run("recommend", "u3", code=1)
    house.run("forget", "u3", "--yes")
    house.run("train", "--no-gnn")
    assert house.json("graph", "stats")["User"] == PEOPLE - 1
