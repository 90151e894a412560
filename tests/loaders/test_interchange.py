import numpy as np
import pytest

from graph.cut import build
from graph.errors import InputError
from graph.schema import SCENES
from loaders.interchange import read_answers, read_moments, read_tables, read_with_answers

MARCH = 1_772_323_200  # 2026-03-01
DAY = 86_400


@pytest.fixture
def folder(pay, write):
    rows = [pay.row(1), pay.row(2, day=2), pay.row(3, user="u2", merchant="clinic"), pay.row(4, amount="x")]
    path = pay(*rows, name="in/payments.csv")
    write("in/merchants.csv", "merchant_id,category", ["m1", "Coffee shop"], ["clinic", "Pharmacy"])
    write(
        "in/circles.csv",
        "circle_id,name,owner_id,state",
        ["c1", "Tea", "m1", ""],
        ["c2", "Walks", "", "closed"],
    )
    write("in/themes.csv", "circle_id,kind,target_id,weight", ["c1", "merchant", "m1", "2"])
    write(
        "in/memberships.csv",
        "user_id,circle_id,joined_at,left_at",
        ["u1", "c1", "2026-03-01", ""],
        ["u3", "c1", "2026-03-05", ""],
        ["u3", "c2", "2026-03-01", "2026-03-03"],
    )
    write("in/links.csv", "user_id,other_user_id,since", ["u1", "u2", "2026-03-04"])
    write("in/test/memberships.csv", "user_id,circle_id", ["u2", "c1"], ["u2", "c2"], ["u1", "c2"])
    return path.parent


def cut_of(folder, policy, cut=None):
    tables = read_tables(str(folder), policy=policy, cut=cut)
    return tables, build(tables, as_of=cut or MARCH + 30 * DAY, policy=policy)


def test_ids_stay_as_they_are_and_everybody_consents(folder, policy):
    _, snapshot = cut_of(folder, policy)
    assert list(snapshot.users) == ["u1", "u2", "u3"]
    assert all(mask.all() for mask in snapshot.consents.values())


def test_edges_mean_what_they_mean_in_a_store(folder, policy):
    _, snapshot = cut_of(folder, policy)
    row = snapshot.paid.row_slice(0)
    assert snapshot.paid.columns["payments"][row].tolist() == [2]
    assert snapshot.paid.columns["days"][row].tolist() == [2]
    assert snapshot.paid.columns["scene"][row].tolist() == [SCENES.index("dining")]
    assert snapshot.paid.num_edges == 1  # the pharmacy is behind the wall


def test_circles_keep_theme_owner_state_and_who_left(folder, policy):
    tables, snapshot = cut_of(folder, policy)
    assert list(snapshot.circles) == ["c1", "c2"]
    assert snapshot.merchants[int(snapshot.circle_owner[0])] == "m1"
    assert snapshot.themes["merchant"].columns["weight"].tolist() == [2.0]
    assert (snapshot.members.num_edges, snapshot.dismissed.num_edges) == (2, 1)
    assert tables.circles["state"] == [None, "closed"]


def test_nothing_after_a_cut_is_seen(folder, policy):
    _, snapshot = cut_of(folder, policy, cut=MARCH + DAY)
    assert snapshot.paid.columns["payments"].tolist() == [1]
    assert snapshot.members.num_edges == 2  # u3 had not left yet, and had not joined the other one
    assert snapshot.links.num_edges == 0
    assert snapshot.dismissed.num_edges == 0


def test_answers_come_from_the_test_folder(folder, policy):
    assert read_answers(str(folder), policy=policy, cut=None) == {"u1": ["c2"], "u2": ["c1", "c2"]}


def test_answers_after_a_cut_are_what_people_joined_then(folder, policy):
    assert read_answers(str(folder), policy=policy, cut=MARCH + 2 * DAY) == {"u3": ["c1"]}


def test_answers_need_a_test_folder_or_dates(folder, policy, write):
    path = write("other/memberships.csv", "user_id,circle_id", ["u", "c"])
    with pytest.raises(InputError, match="name a moment with --cut"):
        read_answers(str(path.parent), policy=policy, cut=None)
    with pytest.raises(InputError, match="no membership has a joined_at"):
        read_answers(str(path.parent), policy=policy, cut=MARCH)


def test_a_real_set_reads_as_its_readme_says(shared_data, policy):
    source = shared_data / "mafengwo"
    _, snapshot = cut_of(source, policy)
    assert len(snapshot.users) == 1269
    assert (snapshot.paid.num_edges, snapshot.members.num_edges, len(snapshot.circles)) == (8676, 4147, 972)
    answers = read_answers(str(source), policy=policy, cut=None)
    assert sum(map(len, answers.values())) == 1427


def test_a_store_and_a_folder_give_the_same_edges(folder, policy, house):
    house.load(folder)
    stored = house.store.edges("paid").edges
    _, snapshot = cut_of(folder, policy)
    for name in ("payments", "days", "last_at", "scene"):
        assert np.array_equal(np.sort(stored[name]), np.sort(snapshot.paid.columns[name]))


def test_several_cuts_of_one_reading_equal_each_alone(folder, policy):
    cuts = [MARCH + 2 * DAY, None, MARCH + DAY]
    together = [build(t, as_of=9, policy=policy) for t in read_moments(str(folder), cuts, policy=policy)]
    alone = [build(read_tables(str(folder), policy=policy, cut=c), as_of=9, policy=policy) for c in cuts]
    assert [s.content_id for s in together] == [s.content_id for s in alone]
    assert together[0].content_id != together[2].content_id


def test_answers_add_to_a_folder_only_where_there_are_payments(folder, policy, pay):
    assert len(list(read_with_answers(str(folder), policy=policy))) == 1
    pay(pay.row(9, user="u1"), name="in/test/payments.csv")
    train, whole = read_with_answers(str(folder), policy=policy)
    assert sum(whole.paid["payments"]) == sum(train.paid["payments"]) + 1
