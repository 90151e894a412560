"""Links over HTTP on every store: odd answers, races, and nothing left of an erased person."""

import json
import threading
import time

import numpy as np
import pytest

from api.services import erasure
from embeddings.lists import record_of
from embeddings.registry import Registry
from graph.errors import InputError
from graph.links.candidates import LinkCandidates
from graph.links.periods import period_of
from graph.links.weeks import load_week
from graph.policy.meeting import Answer

PAIRS = {(0, other): 0.7 for other in range(1, 6)} | {(1, 2): 0.8}


@pytest.fixture
def house(link_house, address):
    return link_house(PAIRS, num_people=7, store=address)


def at_once(*works):
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_what_is_not_a_handle_of_this_person_is_not_there(house):
    """Of somebody else, of oneself, of nobody, of no pair, in another case: told alike, and kept nowhere."""
    others = [
        house.handle(1, 2),
        house.handle(0, 0),
        "0" * 32,
        house.handle(0, 6),
        house.handle(0, 1).upper(),
    ]
    answers = [house.respond(0, handle, answer) for handle in others for answer in ("accept", "block")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert house.store.suggestions()["user"].tolist() == house.store.blocks()["user"].tolist() == []
    with pytest.raises(InputError):
        house.store.answer_suggestion(0, 0, Answer.ACCEPT, period=1, since=0, at=1)


def test_a_replayed_answer_is_the_same_and_is_kept_once(house):
    for response in ("accept", "decline", "block", "report"):
        first, again = (house.respond(0, 1, response) for _ in range(2))
        assert (first.status_code, first.data) == (200, again.data)
    assert house.store.suggestions()["user"].tolist() == [0]


def test_nothing_is_accepted_after_a_block_of_either(house):
    house.respond(0, 1, "accept")
    house.respond(1, 0, "block")
    for viewer, other in ((0, 1), (1, 0)):
        assert house.respond(viewer, other, "accept").status_code == 404
        assert house.handle(viewer, other) not in {item["link_id"] for item in house.links(viewer)}
    assert house.store.links_of(0).tolist() == []
    assert house.respond(0, 1, "report").status_code == 404  # kept all the same
    assert {*zip(*(house.store.blocks()[side].tolist() for side in ("user", "other")), strict=True)} == {
        (1, 0),
        (0, 1),
    }


def test_two_devices_at_once_lose_no_refusal(house):
    house.key(0)
    said = {}
    at_once(*(lambda r=r: said.update({r: house.respond(0, 1, r).status_code}) for r in ("accept", "report")))
    assert said["report"] == 200
    assert house.respond(0, 1, "accept").status_code == 404
    assert house.respond(1, 0, "accept").status_code == 404
    assert house.store.blocks()["user"].tolist() == [0]


def test_two_who_accept_at_once_see_each_other(house):
    house.key(0), house.key(1)
    at_once(lambda: house.respond(0, 1, "accept"), lambda: house.respond(1, 0, "accept"))
    assert [item["state"] for item in house.links(0, "state=connected")] == ["connected"]
    assert house.links(1, "state=connected")[0]["other"] == house.context.pseudonyms.of("u0")


@pytest.mark.parametrize("ending", ["withdraw", "block", "minor"])
def test_what_ends_while_a_list_is_made_is_not_in_it(house, monkeypatch, ending):
    keep = type(house.store.whole).show_suggestions

    def end_then_keep(store, user, others, period):
        if ending == "withdraw":
            house.consent(1, False)
        elif ending == "block":
            house.store.block(1, 0, house.context.now())
        else:
            house.store.upsert("User", {"id": [house.context.pseudonyms.of("u1")], "adult": [False]})
        return keep(store, user, others, period)

    monkeypatch.setattr(type(house.store.whole), "show_suggestions", end_then_keep)
    assert house.handle(0, 1) not in {item["link_id"] for item in house.links(0)}
    assert house.respond(0, 1, "accept").status_code == 404


def test_an_erased_person_is_in_no_list_file_row_or_handle(house):
    """Candidates of a version, weeks, suggestions, links, blocks; and what remains is served on."""
    context, period = house.context, period_of(house.context.now())
    folder = context.home.versions / "v1"
    folder.mkdir(parents=True)
    about = {"version": "v1", "format": 1, "created_at": ""}
    (folder / "manifest.json").write_text(json.dumps(about), encoding="utf-8")
    np.save(folder / "lists.npy", np.zeros(0, dtype=record_of(1, 1)))
    house.candidates.save(folder)
    house.respond(0, 1, "accept"), house.respond(1, 0, "accept"), house.respond(1, 2, "block")
    house.links(0), house.links(1)
    gone = erasure.forget(
        context.home,
        house.store,
        Registry(context.home.versions),
        context.pseudonyms.of("u1"),
        clock=lambda: int(time.time()),
    ).removed
    assert gone["suggested"] == 2
    for lists in (LinkCandidates.load(folder), load_week(context.home.links, period).lists):
        assert 1 not in lists.others
        assert 1 not in lists.users
        assert len(lists.of(1)) == 0
    tables = (house.store.suggestions(), house.store.links(), house.store.blocks())
    assert not any(1 in np.concatenate([table["user"], table["other"]]) for table in tables)
    assert house.respond(0, 1, "report").status_code == 404
    assert house.links(0, "state=connected") == []
    assert len(house.links(0)) == 4
