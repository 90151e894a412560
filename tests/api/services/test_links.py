"""Links between strangers over HTTP: lists, handles, answers."""

import json
import threading

import pytest

from api.commands.links import command
from api.schemas.general import LinkAnswer, LinkItem, LinksAnswer
from api.services import links
from api.services.erasure import forget
from api.services.link_weeks import REMEMBERED_WEEKS
from embeddings.seal import seal_of, sealed
from graph.errors import InputError
from graph.links.candidates import LinkCandidates
from graph.links.periods import PERIOD_S, period_of

PAIRS = {(0, other): 0.2 + 0.07 * other for other in range(1, 10)} | {(1, 2): 0.8}


@pytest.fixture
def house(link_house):
    return link_house(PAIRS)


def test_a_pair_is_shown_to_both_under_handles_of_their_own(house):
    mine, theirs = house.links(0, "limit=100"), house.links(3)
    assert len(mine) == 9
    assert [item["link_id"] for item in theirs] == [house.handle(3, 0)]
    assert house.handle(0, 3) in {item["link_id"] for item in mine}
    assert not {item["link_id"] for item in mine} & {item["link_id"] for item in theirs}
    assert all(item["state"] == "suggested" and "other" not in item for item in mine)


def test_a_replay_withholds_whoever_may_not_be_seen_now_and_says_only_how_many(house):
    rec_id = house.ask("GET", "/v1/users/u0/links?limit=100", 0).json["rec_id"]
    path = f"/v1/recommendations/{rec_id}/replay"
    found = house.ask("GET", path, "service").json
    assert (found["same"], found["shown"], found["withheld"]) == (True, 9, {})
    house.respond(3, 0, "block")
    house.respond(0, 4, "decline")
    found = house.ask("GET", path, "service").json
    assert (found["same"], found["shown"], found["withheld"]) == (False, 7, {"not_visible": 2})
    consent = {"granted": False}
    house.ask("PUT", "/v1/users/u0/consents/links", "service", consent)
    assert house.ask("GET", path, "service").json["withheld"] == {"not_visible": 9}


def test_an_answer_is_what_the_documentation_says(house):
    for who in (0, "service"):
        body = house.ask("GET", "/v1/users/u0/links", who).json
        LinksAnswer.model_validate(body)
        assert ("weight" in body["items"][0]) is (who == "service")
    item = house.ask("GET", f"/v1/links/{house.handle(0, 1)}", 0).json
    LinkItem.model_validate(item)
    LinkAnswer.model_validate(house.respond(0, 1, "accept").json)


def test_the_list_is_the_same_whenever_it_is_asked_for_and_in_pages(house):
    whole = house.links(0, "limit=100")
    assert whole == house.links(0, "limit=100")
    paged, query = [], "limit=4"
    while query:
        page = house.ask("GET", f"/v1/users/u0/links?{query}", 0).json
        paged += page["items"]
        query = f"limit=4&cursor={page['next_cursor']}" if "next_cursor" in page else ""
    assert paged == whole


def test_pages_do_not_shift_when_somebody_goes(house):
    first = house.ask("GET", "/v1/users/u0/links?limit=4", 0).json
    expected = [item["link_id"] for item in house.links(0, "limit=100")][4:8]
    gone = next(other for other in range(1, 10) if house.handle(0, other) == first["items"][0]["link_id"])
    house.respond(gone, 0, "block")
    second = house.ask("GET", f"/v1/users/u0/links?limit=4&cursor={first['next_cursor']}", 0).json
    assert [item["link_id"] for item in second["items"]] == expected
    assert len(house.links(0, "limit=100")) == 8


@pytest.mark.parametrize("cursor", ["x", "1.2", "1.2.3", "-1.0.0", "9999999.0.0", "1.0.99999999999"])
def test_a_cursor_of_another_list_is_refused(house, cursor):
    assert house.ask("GET", f"/v1/users/u0/links?cursor={cursor}", 0).status_code == 422


def test_both_accept_and_see_who_the_other_is(house):
    assert house.respond(0, 1, "accept").json["state"] == "accepted"
    assert house.links(1)[0].keys() == house.links(2)[0].keys()  # nothing shows that somebody accepted
    answer = house.respond(1, 0, "accept").json
    assert answer == {
        "link_id": house.handle(1, 0),
        "state": "connected",
        "other": house.context.pseudonyms.of("u0"),
    }
    (linked,) = house.links(0, "state=connected")
    assert (linked["state"], linked["other"]) == ("connected", house.context.pseudonyms.of("u1"))
    assert house.ask("GET", f"/v1/links/{linked['link_id']}", 0).json == linked
    assert house.respond(0, linked["link_id"], "block").json["state"] == "blocked"
    assert (house.links(0, "state=connected"), house.links(1, "state=connected")) == ([], [])


def test_the_app_answers_for_an_account_it_names(house):
    path = f"/v1/links/{house.handle(0, 1)}/responses"
    assert house.ask("POST", path, "service", {"response": "accept"}).status_code == 422
    assert house.ask("POST", path, "service", {"response": "accept", "user_id": "u2"}).status_code == 404
    assert house.ask("POST", path, "service", {"response": "accept", "user_id": "u0"}).status_code == 200
    assert house.ask("POST", path, 1, {"response": "accept", "user_id": "u0"}).status_code == 404


def test_a_replayed_answer_gives_the_same_bytes(house):
    for response in ("accept", "decline", "decline", "block", "block", "report", "report"):
        assert house.respond(0, 1, response).status_code == 200
        assert house.respond(0, 1, response).data == house.respond(0, 1, response).data


def test_two_devices_at_once_lose_nothing(house):
    answers = []
    threads = [
        threading.Thread(target=lambda r=response: answers.append((r, house.respond(0, 1, r).status_code)))
        for response in ("accept", "decline", "accept", "decline")
    ]
    house.key(0)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for response, status in answers if response == "decline"} == {200}
    assert house.respond(0, 1, "accept").status_code == 404  # the refusal holds, whichever came first


def test_a_handle_is_answered_a_week_later_but_not_two(house):
    now = house.context.now()
    viewer, other = (house.context.pseudonyms.of(f"u{i}") for i in (0, 1))
    for weeks, ends in ((1, "accepted"), (2, None)):
        try:
            state = links.one(house.context, viewer, house.handle(0, 1), now=now + weeks * PERIOD_S)["state"]
        except links.NotFound:
            state = None
        assert (state is None) is (ends is None)
    assert other != viewer


def test_an_old_acceptance_counts_for_a_late_answer_of_the_next_week(house):
    now = house.context.now()
    house.respond(0, 1, "accept")
    told = links.respond(
        house.context,
        house.context.pseudonyms.of("u1"),
        house.handle(1, 0),
        links.Answer.ACCEPT,
        now=now + PERIOD_S,
    )
    assert told["state"] == "connected"


@pytest.mark.parametrize(("granted", "adult", "word"), [(False, True, "granted"), (True, False, "adult")])
def test_an_empty_list_says_why_of_the_person_alone(house, granted, adult, word):
    house.consent(0, granted)
    house.store.upsert("User", {"id": [house.context.pseudonyms.of("u0")], "adult": [adult]})
    body = house.ask("GET", "/v1/users/u0/links", 0).json
    assert (body["items"], word in body["why_empty"]) == ([], True)
    assert house.links(1) == [item for item in house.links(1) if item["link_id"] != house.handle(1, 0)]


def test_a_page_is_filled_though_somebody_before_is_hidden(house):
    listed = [item["link_id"] for item in house.links(0)]
    other = next(n for n in range(1, 10) if house.handle(0, n) == listed[0])
    house.consent(other, False)
    body = house.ask("GET", "/v1/users/u0/links?limit=1", 0).json
    assert [item["link_id"] for item in body["items"]] == listed[1:2]
    pages, cursor = 1, body["next_cursor"]
    while cursor:
        body = house.ask("GET", f"/v1/users/u0/links?limit=1&cursor={cursor}", 0).json
        assert [item["link_id"] for item in body["items"]] == listed[pages + 1 : pages + 2]
        pages, cursor = pages + 1, body.get("next_cursor")
    assert pages == len(listed) - 1


def test_a_cursor_of_somebody_elses_handle_is_refused(house):
    cursor = house.ask("GET", "/v1/users/u0/links?limit=1", 0).json["next_cursor"]
    foreign = ".".join([*cursor.split(".")[:2], house.handle(1, 0)])
    assert house.ask("GET", f"/v1/users/u0/links?cursor={foreign}", 0).status_code == 422


def test_what_was_shown_and_not_answered_is_kept_once(house):
    house.links(3)
    house.links(3)
    rows = house.store.suggestions()
    assert (rows["user"].tolist(), rows["other"].tolist(), rows["times"].tolist()) == ([3], [0], [1])


def test_refused_pairs_do_not_come_back_next_week(house):
    house.respond(0, 1, "decline")
    period = period_of(house.context.now()) + 1
    house.make_week(period)
    week = house.context.link_weeks.find(period, house.context.store.identity())
    assert {s.other for s in week.of(0)} == set(range(2, 10))


def seal_anew(folder):
    manifest = json.loads((folder / "manifest.json").read_text()) | {"files": seal_of(folder)}
    (folder / "manifest.json").write_text(json.dumps(sealed(manifest)))


def test_a_week_is_made_once_and_stays_when_another_version_comes(service):
    context, store = service.context, service.context.store.get()
    people = store.nodes("User")
    store.upsert("User", {"id": people["id"], "adult": [True] * len(people["id"])})
    folder = context.versions.current().version.folder
    LinkCandidates.make({(a, b): 0.7 for a in range(40) for b in range(a)}).save(folder)
    first = [item["link_id"] for item in service.ask("GET", "/v1/users/u0/links").json["items"]]
    LinkCandidates.make({(0, 47): 0.7}).save(folder)
    seal_anew(folder)
    assert [item["link_id"] for item in service.ask("GET", "/v1/users/u0/links").json["items"]] == first
    assert 0 < len(first) <= 10
    key = context.home.key_file.read_bytes().strip()
    parts = (context.home, store, context.policy, key)
    week = context.link_weeks.find(period_of(context.now()), context.store.identity())
    assert links.prepare_from_parts(*parts, now=context.now()) == len(week.lists.others) // 2 > 100


def test_making_a_week_forgets_what_was_shown_long_ago(service):
    """Of as many candidates that the lot takes some whatever the key."""
    context, store = service.context, service.context.store.get()
    period, folder = period_of(context.now()), context.versions.current().version.folder
    LinkCandidates.make({(a, b): 0.7 for a in range(40) for b in range(a)}).save(folder)
    seal_anew(folder)
    for before in (REMEMBERED_WEEKS + 1, REMEMBERED_WEEKS):
        store.show_suggestions(before, [9], period - before)
    assert links.prepare_from_parts(
        context.home, store, context.policy, context.home.key_file.read_bytes().strip(), now=context.now()
    )
    assert store.suggestions()["user"].tolist() == [REMEMBERED_WEEKS]


def test_a_version_without_links_suggests_nobody(service):
    (service.context.versions.current().version.folder / "links.json").unlink(missing_ok=True)
    body = service.ask("GET", "/v1/users/u0/links").json
    assert body["items"] == []
    assert "not there yet" in body["why_empty"]


def test_an_erased_person_leaves_lists_and_files(house):
    house.store.forget(1)
    assert house.handle(0, 1) not in {item["link_id"] for item in house.links(0, "limit=100")}
    assert house.respond(0, 1, "accept").status_code == 404


def test_a_limit_over_the_maximum_is_refused(house):
    assert house.ask("GET", "/v1/users/u0/links?limit=101", 0).status_code == 422
    with pytest.raises(InputError):
        links.listed(house.context, house.context.pseudonyms.of("u0"), now=0, limit=0)


def test_the_command_prints_what_the_service_answers(house, monkeypatch, capsys):
    monkeypatch.setenv("CIRCLES_HOME", str(house.context.home.path))
    command.main(["u0", "--limit", "3"], standalone_mode=False)
    printed = capsys.readouterr().out
    shown = [item["link_id"] for item in house.links(0, "limit=3")]
    assert all(handle in printed for handle in shown)
    assert printed.count("You have interests in common.") == 3


def test_an_erasure_leaves_nobody_in_the_weeks(house):
    home, registry = house.context.home, house.context.versions.registry
    user, now = house.context.pseudonyms.of("u1"), house.context.now()
    gone = forget(home, house.store, registry, user, clock=lambda: now).removed
    assert (gone["suggested"], gone["suggestions"]) == (1, 0)
    week = house.context.link_weeks.find(period_of(house.context.now()), house.context.store.identity())
    assert week is not None
    assert week.of(1) == []
