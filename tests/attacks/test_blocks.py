"""A block, a decline, and a consent withdrawn count for every request that begins after them."""

import threading

import pytest

PEOPLE = 6


@pytest.mark.parametrize("ending", ["block", "decline", "report", "withdraw", "block from outside"])
def test_no_request_that_begins_afterwards_shows_the_pair(link_house, ending):
    house = link_house({(0, other): 0.7 for other in range(1, PEOPLE)}, num_people=PEOPLE)
    handle, done, late = house.handle(0, 1), threading.Event(), []
    house.key(0)

    def watch():
        while True:
            begins_after = done.is_set()
            in_list = handle in {item["link_id"] for item in house.links(0)}
            alone = house.ask("GET", f"/v1/links/{handle}", 0).status_code
            if begins_after:
                late.append((in_list, alone))
                return

    watchers = [threading.Thread(target=watch) for _ in range(4)]
    for watcher in watchers:
        watcher.start()
    if ending == "withdraw":
        house.consent(1, False)
    elif ending == "block from outside":
        house.store.block(0, 1, house.context.now())
    else:
        assert house.respond(1, 0, ending).status_code == 200
    done.set()
    for watcher in watchers:
        watcher.join()
    assert late == [(False, 404)] * 4


def test_accepting_races_a_block_and_never_links_blocked_people(link_house):
    house = link_house({(0, other): 0.7 for other in range(1, 12)}, num_people=12)
    for other in range(12):
        house.key(other)
    for other in range(1, 12):
        house.respond(0, other, "accept")
    threads = [
        threading.Thread(target=house.respond, args=(one, two, response))
        for other in range(1, 12)
        for one, two, response in ((other, 0, "accept"), (0, other, "block"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert house.links(0, "state=connected") == []
    assert house.store.links_of(0).tolist() == []  # whichever came first, the block ended it


def test_consent_withdrawn_while_an_answer_is_made_is_honoured(link_house, monkeypatch):
    house = link_house({(0, 1): 0.7})
    keep = type(house.store.whole).show_suggestions

    def withdraw_then_keep(store, user, others, period):
        house.consent(1, False)  # after the list was read, before it is answered
        return keep(store, user, others, period)

    monkeypatch.setattr(type(house.store.whole), "show_suggestions", withdraw_then_keep)
    assert house.links(0) == []
