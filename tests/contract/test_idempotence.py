"""Doing any write twice is doing it once; the order of files does not matter."""

from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import NotFound
from graph.log import empty_rows
from graph.policy.meeting import Answer
from graph.policy.payment_mutes import Mutable
from graph.stores.base import Load, ThemeTarget
from graph.stores.circle_life import CircleEdit, NewCircle

user, merchant, product, circle = (st.integers(0, most) for most in (3, 2, 2, 2))
at = st.integers(1, 4)
maybe_at = st.none() | at
paid = st.builds(
    lambda merchants, payments: [(m, payments, 1, 0, 0, 5, 9) for m in merchants],
    st.lists(merchant, unique=True, max_size=3).map(sorted),
    st.integers(1, 3),
)


def rows(**columns):
    """Columns of up to three rows."""
    names = list(columns)
    row = st.tuples(*columns.values())
    return st.lists(row, min_size=1, max_size=3).map(
        lambda listed: {name: [values[i] for values in listed] for i, name in enumerate(names)}
    )


pairs = st.tuples(user, user).filter(lambda pair: pair[0] != pair[1])
payments = rows(
    payment=st.integers(0, 5), user=user, merchant=merchant, product=st.none() | product,
    quantity=st.none() | st.integers(1, 3), band=st.integers(0, 3), scene=st.integers(0, 2),
    paid_at=st.integers(0, 5).map(lambda day: day * 86_400), refund=st.booleans(), walled=st.booleans(),
)  # fmt: skip
memberships = rows(user=user, circle=circle, joined_at=maybe_at, left_at=maybe_at)
consents = rows(user=user, purpose=st.sampled_from(["circles", "links"]), granted=st.booleans(), at=at)
links = st.lists(st.tuples(pairs, maybe_at), min_size=1, max_size=3).map(
    lambda listed: {
        "user": [pair[0] for pair, _ in listed],
        "other": [pair[1] for pair, _ in listed],
        "since": [since for _, since in listed],
    }
)
themes = st.dictionaries(
    circle,
    st.lists(st.builds(ThemeTarget, st.just("product"), st.sampled_from(["p0", "p1"])), max_size=2),
    min_size=1,
)
products = rows(id=st.sampled_from(["p0", "p7"]), name=st.sampled_from([None, "n", "o"]))
new_circles = st.builds(
    lambda circle_id, owner: NewCircle(
        circle_id, owner, "n", None, None, (), ("w",), None, f"{circle_id} {owner}"
    ),
    st.sampled_from(["c0", "c8"]),
    st.sampled_from(["m0", "m9"]),
)
edits = st.builds(
    lambda name, revision: (CircleEdit(name=name, theme=()), revision),
    st.sampled_from(["a", "b"]),
    st.integers(0, 2),
)
mutables = st.sampled_from(
    [(Mutable.MERCHANTS, "0"), (Mutable.SCENES, "dining"), (Mutable.CATEGORIES, "tea")]
)
circles = rows(id=st.sampled_from(["c0", "c7"]), owner_id=st.sampled_from([None, "m0", "m9"]))
writes = st.one_of(
    st.tuples(st.sampled_from(["join", "leave", "dismiss"]), user, circle, at),
    st.tuples(st.sampled_from(["block", "unblock"]), pairs, at).map(lambda w: (w[0], *w[1], w[2])),
    st.tuples(st.just("show_suggestions"), pairs, at).map(lambda w: (w[0], w[1][0], [w[1][1]], w[2])),
    st.tuples(st.just("answer_suggestion"), pairs, st.sampled_from(list(Answer)), at),
    st.tuples(st.just("trim_suggestions"), at),
    st.tuples(st.sampled_from(["mute_circle", "unmute_circle"]), user, circle, at),
    st.tuples(st.sampled_from(["mute_owner", "unmute_owner"]), user, merchant, at),
    st.tuples(st.sampled_from(["mute_payments", "unmute_payments"]), user, mutables, at).map(
        lambda w: (w[0], w[1], *w[2], w[3], empty_rows())
    ),
    st.tuples(st.just("set_consents"), consents),
    st.tuples(st.just("add_memberships"), memberships),
    st.tuples(st.just("add_links"), links),
    st.tuples(st.just("set_themes"), themes),
    st.tuples(st.just("set_circle_state"), circle, st.sampled_from(["open", "quarantined"]), at),
    st.tuples(st.just("create_circle"), new_circles, at),
    st.tuples(st.just("edit_circle"), circle, edits, at),
    st.tuples(st.just("close_circle"), circle, st.just("done"), at),
    st.tuples(st.just("quarantine_circle"), circle, st.just("odd"), at),
    st.tuples(st.just("release_circle"), circle, at),
    st.tuples(st.just("judge_report"), st.sampled_from(["e1", "e2"]), st.booleans(), at),
    st.tuples(
        st.just("add_event"), st.sampled_from(["e1", "e2"]),
        st.sampled_from(["exposure", "click", "join", "leave", "report"]),
        user, circle, st.just("r"), at,
    ),
    st.tuples(st.just("set_edges"), st.just("paid"), st.dictionaries(user, paid, min_size=1)),
    st.tuples(st.just("add_payments"), payments, at),
    st.tuples(st.just("clear_inbox"), st.lists(st.integers(0, 5))),
    st.tuples(st.just("trim_inbox"), at),
    st.tuples(st.just("upsert"), st.just("Product"), products),
    st.tuples(st.just("upsert"), st.just("Circle"), circles),
    st.tuples(st.just("put_load"), at.map(lambda moment: Load("l", "s", "f", "done", moment, "{}"))),
    st.tuples(st.just("forget"), user),
    st.tuples(st.just("set_meta"), st.just("terms"), st.sampled_from(["a", "b"])),
)  # fmt: skip


def apply(store, write, pack):
    name, *arguments = write
    if name == "answer_suggestion":
        (user, other), answer, moment = arguments
        store.answer_suggestion(user, other, answer, period=moment, since=0, at=moment)
        return
    if name == "edit_circle":
        circle, (edit, revision), moment = arguments
        store.edit_circle(circle, edit, revision=revision, at=moment)
        return
    if name == "close_circle":
        store.close_circle(arguments[0], arguments[1], revision=None, at=arguments[2])
        return
    if name == "set_edges":
        arguments = ["paid", pack("paid", arguments[1])]
    with suppress(NotFound):  # of somebody who was forgotten
        getattr(store, name)(*arguments)


def everything(store):
    tables = dict(store.export())
    identity = tables["meta"]["key"].index("store_id")
    tables["meta"]["value"][identity] = "of this store alone"
    return tables


several = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(listed=st.lists(writes, max_size=10))
@several
def test_every_write_done_twice_is_done_once(listed, new_store, people, pack):
    found = []
    for times in (1, 2):
        with new_store() as store:
            people(store)
            for write in listed:
                for _ in range(times):
                    apply(store, write, pack)
            assert store.check() == []
            found.append(everything(store))
    assert found[0] == found[1]


@given(data=st.data(), tables=st.tuples(memberships, links, consents))
@several
def test_rows_of_files_may_come_in_any_order(data, tables, new_store, people):
    orders = []
    for write, columns in zip(("add_memberships", "add_links", "set_consents"), tables, strict=True):
        listed = list(zip(*columns.values(), strict=True))
        if write == "set_consents":  # two decisions of one second are told apart by their order alone
            listed = list({row[:2] + row[3:]: row for row in listed}.values())
        orders.append((write, list(columns), (listed, data.draw(st.permutations(listed)))))
    found = []
    for number in range(2):
        with new_store() as store:
            people(store)
            for write, names, listed in orders:
                for row in listed[number]:
                    getattr(store, write)({name: [value] for name, value in zip(names, row, strict=True)})
            tables_of = dict(store.export())
            found.append({name: tables_of[name] for name in ("memberships", "links", "consents")})
    assert found[0] == found[1]


@given(listed=st.lists(st.tuples(st.sampled_from(["join", "leave"]), user, circle), max_size=30))
@several
def test_membership_is_what_the_last_decision_of_each_person_says(listed, new_store, people):
    members: set[tuple[int, int]] = set()
    with new_store() as store:
        people(store)
        for number, (decision, who, where) in enumerate(listed):
            expected = ((who, where) not in members) if decision == "join" else ((who, where) in members)
            assert getattr(store, decision)(who, where, number) is expected
            members = members | {(who, where)} if decision == "join" else members - {(who, where)}
        assert {(who, where) for where in range(3) for who in store.circle_members(where).tolist()} == members
        assert [circle.num_members for circle in store.circles()] == [
            sum(1 for _, where in members if where == index) for index in range(3)
        ]
