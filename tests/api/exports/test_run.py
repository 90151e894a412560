"""Exports are what the HTTP interface answers, go on after a kill, and hold nobody who withdrew."""

import json
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from api.audit import Action
from api.exports import asked, files, run
from api.exports.blocks import Worker
from api.services.erasure import forget
from graph.errors import IncompatibleVersion, InputError, StoreConflict, StoreUnavailable, WrongState

PEOPLE = 80


@pytest.fixture
def export(service, tmp_path):
    """Exports the circles of the town into a folder, in blocks of 25 people."""

    def make(folder="out", **more):
        more = {"kind": "circles", "now": service.context.now(), "block_size": 25, "limit": 3} | more
        return run.export(service.context, tmp_path / folder, **more)

    return make


def rows_of(folder):
    return [row for path in sorted(folder.glob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.parquet")}


def pseudonyms(service, *users):
    return {service.context.pseudonyms.of(user) for user in users}


def withdraw(service, user, purpose="circles"):
    service.ask("PUT", f"/v1/users/{user}/consents/{purpose}", {"granted": False})


def erase(context, user):
    who, registry = context.pseudonyms.of(user), context.versions.registry
    forget(context.home, context.store.get(), registry, who, clock=context.now)


def during(context, folder, when, deed):
    """An engine that does something between two blocks."""

    def make(export, folder_, blocks):
        for number, made in enumerate(run.in_this_process(context)(export, folder_, blocks)):
            yield made
            if number == when:
                deed()

    return make


def test_an_export_is_what_everybody_would_be_answered(service, export, tmp_path):
    told = export()
    answered = [
        (service.context.pseudonyms.of(f"u{u}"), rank, item)
        for u in range(PEOPLE)
        for rank, item in enumerate(service.ask("GET", f"/v1/users/u{u}/circles?limit=3").json["items"], 1)
    ]
    found = rows_of(tmp_path / "out")
    assert len(found) == told["rows"] == len(answered)
    by_place = {(row["user_id"], row["rank"]): row for row in found}
    for user, rank, item in answered:
        row = by_place[user, rank]
        assert {name: row[name] for name in item} == item
        receipt = service.context.receipts.find(row["rec_id"])
        assert receipt.user_id == user
        assert item["circle_id"] in [kept["circle_id"] for kept in receipt.content["items"]]
    assert told["people"] == len({user for user, _, _ in answered})


def test_files_are_named_by_their_range_and_are_for_their_owner(export, tmp_path):
    export()
    folder = tmp_path / "out"
    names = sorted(path.name for path in folder.glob("*.parquet"))
    assert names[0] == "circles-0000000000-0000000024.parquet"
    assert len(names) == 4
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}
    assert folder.stat().st_mode & 0o077 == 0


def test_a_killed_run_goes_on_with_what_is_missing_and_ends_the_same(service, export, tmp_path):
    moment = service.context.now()
    export("whole", now=moment)

    def killed():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(now=moment, engine=during(service.context, tmp_path, 1, killed))
    assert len(bytes_of(tmp_path / "out")) == 2
    (tmp_path / "out" / ".circles-0000000050-0000000074.parquet-7").write_bytes(b"half")
    assert export(now=moment + 60)["blocks"] == 2
    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "whole")
    assert not list((tmp_path / "out").glob(".circles*"))


@pytest.mark.parametrize("broken", [b"", b"PAR1 and no more"])
def test_a_broken_file_is_made_again(export, tmp_path, broken):
    moment = export()["as_of"]
    whole = bytes_of(tmp_path / "out")
    path = tmp_path / "out" / "circles-0000000025-0000000049.parquet"
    path.write_bytes(broken or whole[path.name][:-20])
    assert export(now=moment)["blocks"] == 1
    assert bytes_of(tmp_path / "out") == whole


def test_a_block_of_another_export_is_made_again(service, export, tmp_path):
    moment = service.context.now()
    export("other", limit=1, now=moment)
    export(now=moment)
    whole, name = bytes_of(tmp_path / "out"), "circles-0000000025-0000000049.parquet"
    (tmp_path / "out" / name).write_bytes(bytes_of(tmp_path / "other")[name])
    export(now=moment)
    assert bytes_of(tmp_path / "out") == whole


def test_whoever_withdraws_or_is_erased_meanwhile_is_nowhere(service, export, tmp_path):
    def deed():  # u1 and u2 are in the block that is done, u60 and u61 are not
        for user in ("u1", "u60"):
            withdraw(service, user)
        for user in ("u2", "u61"):
            erase(service.context, user)

    told = export(engine=during(service.context, tmp_path, 0, deed))
    gone = pseudonyms(service, "u1", "u2", "u60", "u61")
    assert told["removed"] > 0
    assert told["people"] == PEOPLE - 4
    assert not gone & {row["user_id"] for row in rows_of(tmp_path / "out")}
    everything = b"".join(bytes_of(tmp_path / "out").values())
    assert not any(user.encode() in everything for user in gone)


def test_a_finished_folder_is_looked_over_again(service, export, tmp_path):
    export()
    withdraw(service, "u3")
    service.ask("PUT", "/v1/circles/drinkers/quarantine", {"reason": "spam"}, key=service.keys["operator"])
    told = export()
    found = rows_of(tmp_path / "out")
    assert (told["blocks"], told["removed"] > 1) == (0, True)
    assert not pseudonyms(service, "u3") & {row["user_id"] for row in found}
    assert "drinkers" not in {row["circle_id"] for row in found}


def test_what_somebody_dismissed_meanwhile_is_taken_out_of_their_list_alone(service, export, tmp_path):
    export()
    (mine,) = pseudonyms(service, "u60")
    before = [row for row in rows_of(tmp_path / "out") if row["user_id"] == mine]
    event = {"event_id": "d", "kind": "dismiss", "user_id": "u60", "circle_id": before[0]["circle_id"]}
    service.ask("POST", "/v1/events", event)
    assert export()["removed"] == 1
    after = [row for row in rows_of(tmp_path / "out") if row["user_id"] == mine]
    assert after == before[1:]


@pytest.mark.parametrize("other", [{"limit": 2}, {"explain": False}, {"block_size": 10}])
def test_another_question_in_the_same_folder_is_refused(export, other):
    export()
    (name,) = other
    with pytest.raises(InputError, match=f"{name} .*export into another folder"):
        export(**other)


def test_another_version_in_the_same_folder_is_refused(export, tmp_path):
    export()
    path = tmp_path / "out" / asked.MANIFEST
    value = json.loads(path.read_text())
    path.write_text(json.dumps(value | {"version": "an older one"}))
    with pytest.raises(InputError, match="an older one"):
        export()


def test_a_folder_with_something_else_is_refused(export, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match=r"letter\.txt"):
        export()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["letter.txt"]


def test_a_copy_that_nobody_is_taken_out_of_is_refused(export, tmp_path):
    export()
    first = min((tmp_path / "out").glob("*.parquet"))
    copy = first.with_name("copy.parquet")
    copy.write_bytes(first.read_bytes())
    with pytest.raises(InputError, match=r"'copy\.parquet', which is none of the export's files"):
        export()
    copy.unlink()
    assert export()["blocks"] == 0


def test_a_manifest_that_lacks_something_is_refused(export, tmp_path):
    export()
    manifest = tmp_path / "out" / asked.MANIFEST
    told = json.loads(manifest.read_text())
    del told["policy_id"]
    manifest.write_text(json.dumps(told))
    with pytest.raises(InputError, match=r"_manifest\.json' lacks 'policy_id'; export into another folder"):
        export()


def test_two_exports_into_one_folder_are_refused(export, tmp_path):
    with asked.hold(tmp_path / "out"), pytest.raises(StoreConflict, match="another export"):
        export()


def test_a_worker_that_sees_another_policy_is_refused(service, export, tmp_path):
    export()
    found = asked.read(tmp_path / "out")
    with pytest.raises(IncompatibleVersion, match="policy_id"):
        Worker(service.context, replace(found, policy_id="another"), tmp_path / "out")


def test_several_processes_write_the_same_bytes(service, settings, export, tmp_path):
    moment = service.context.now()
    context = replace(service.context, policy=run_policy(settings))
    run.export(context, tmp_path / "one", kind="circles", now=moment, block_size=25)
    told = run.export(
        context,
        tmp_path / "two",
        kind="circles",
        now=moment,
        block_size=25,
        engine=run.in_processes(settings, 2),
    )
    assert told["blocks"] == 4
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


def run_policy(settings):
    """The policy that workers read, in which some places are drawn by lot."""
    from graph.policy.values import read_policy

    return read_policy(settings.policy)


def test_a_lost_worker_is_told_and_what_was_done_is_kept(service, settings, export, tmp_path, monkeypatch):
    context = replace(service.context, policy=run_policy(settings))
    monkeypatch.setattr(run, "_make_block", die_after_the_first)
    with pytest.raises(StoreUnavailable, match="run this again"):
        run.export(
            context,
            tmp_path / "out",
            kind="circles",
            now=1_790_000_000,
            block_size=25,
            engine=run.in_processes(settings, 1),
        )
    monkeypatch.undo()
    told = run.export(context, tmp_path / "out", kind="circles", now=1_790_000_100, block_size=25)
    assert (told["blocks"], told["people"]) == (3, PEOPLE)


def die_after_the_first(settings, export, folder, block):
    """What a process of the pool does that the kernel kills while it makes its second block."""
    import os

    if block.start:
        os._exit(9)
    return Worker.opened(settings, export, folder).make(block)


def test_an_export_is_written_down(service, export):
    told = export()
    entries = [entry.shown() for entry in service.context.audit.entries()]
    (found,) = [entry for entry in entries if entry["action"] == Action.LISTS_EXPORTED]
    assert found["object"] == f"circles {told['export_id']}"


# -- links --------------------------------------------------------------------------------------------

PAIRS = {(0, other): 0.2 + 0.07 * other for other in range(1, 10)} | {(1, 2): 0.8}


@pytest.fixture
def house(link_house):
    return link_house(PAIRS)


@pytest.fixture
def links(house, tmp_path):
    def make(folder="links", **more):
        more = {"kind": "links", "now": house.context.now(), "block_size": 5, "limit": 100} | more
        return run.export(house.context, tmp_path / folder, **more)

    return make


def seen_by(house, folder):
    """viewer -> handles, of an export."""
    found = {}
    number_of = {house.context.pseudonyms.of(f"u{u}"): u for u in range(12)}
    for row in rows_of(folder):
        found.setdefault(number_of[row["user_id"]], []).append(row["link_id"])
    return found


def test_links_are_what_everybody_would_be_answered(house, links, tmp_path):
    told = links()
    found = rows_of(tmp_path / "links")
    for user in range(12):
        items = house.ask("GET", f"/v1/users/u{user}/links?limit=100", "service").json["items"]
        mine = [row for row in found if row["user_id"] == house.context.pseudonyms.of(f"u{user}")]
        assert [row["link_id"] for row in mine] == [item["link_id"] for item in items]
        for row, item in zip(mine, items, strict=True):
            told_of = {"text": item["reason"]["text"], "text_zh": item["reason"]["text_zh"]}
            assert {name: row[name] for name in ("state", "band", "weight", "uncertainty")} == {
                name: item[name] for name in ("state", "band", "weight", "uncertainty")
            }
            assert {name: row[name] for name in told_of} == told_of
            assert row["other"] is None
    assert told["rows"] == 2 * len(PAIRS)


def test_the_audit_log_has_each_link_as_seen(house, links):
    links()
    me = house.context.pseudonyms.of("u3")
    deeds = {deed.action: deed.times for deed in house.context.audit.counts_about(me)}
    assert deeds == {"links.seen": 1, "link.seen": 1}


def test_what_either_side_does_meanwhile_takes_the_link_from_both(house, links, tmp_path):
    def deed():
        house.consent(4, False)  # in the first block, as is their other side
        house.respond(9, 0, "block")  # in the second block; the other side is in the first
        erase(house.context, "u5")

    links(engine=during(house.context, tmp_path, 0, deed))
    found = seen_by(house, tmp_path / "links")
    assert not {4, 5, 9} & set(found)
    assert len(found[0]) == 6


def test_an_export_of_a_week_that_is_over_is_not_gone_on_with(house, links):
    links()
    later = house.context.now() + 7 * 86_400
    house.make_week(run.period_of(later))
    with pytest.raises(InputError, match="week"):
        links(now=later)


def test_without_suggestions_of_this_week_links_are_refused(service, tmp_path):
    context = service.context
    for path in context.home.versions.glob("*/links_*.npy"):  # as of a town in which nobody agreed to them
        path.unlink()
    with pytest.raises(WrongState, match="no suggestions of this week"):
        run.export(context, tmp_path / "out", kind="links", now=context.now() + 400 * 86_400)


def test_a_file_tells_its_columns(export, tmp_path):
    export()
    schema = pq.read_schema(next((tmp_path / "out").glob("*.parquet")))
    assert schema.names == [name for name, _ in files.COLUMNS["circles"]]
