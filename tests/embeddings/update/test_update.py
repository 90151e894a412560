"""A version that is brought up to a day is what the same parameters give on everything."""

from dataclasses import replace

import numpy as np
import pytest

from embeddings.fit import fit
from embeddings.lists import key_of
from embeddings.publish import ListsOf, listed, publish
from embeddings.reasons import teller_of
from embeddings.registry import Registry
from embeddings.update.books import Books
from embeddings.update.renew import Patience
from embeddings.update.update import update
from graph import snapshot as snapshots
from graph.errors import IncompatibleVersion, InputError

SHOPS = [f"m{i}" for i in range(12)]
RINGS = [f"c{i}" for i in range(6)]
THEMES = {f"c{i}": [("merchant", f"m{i}"), ("category", f"k{i % 3}")] for i in range(6)}
CATEGORIES = {f"m{i}": f"k{i % 3}" for i in range(12)}


def town(seed, num_users=60):
    """Who paid where, how often, and joined what: people of a circle go to its two shops."""
    rng = np.random.default_rng(seed)
    paid, members = {}, {}
    for user in range(num_users):
        taste = int(rng.integers(6))
        shops = {f"m{taste}", f"m{taste + 6}", f"m{int(rng.integers(12))}"}
        paid[f"u{user:02}"] = {shop: int(rng.integers(1, 6)) for shop in sorted(shops)}
        if rng.random() < 0.8:
            members[f"u{user:02}"] = sorted({f"c{taste}", f"c{int(rng.integers(6))}"})
    return paid, members


def next_day(seed, paid, members, *, new_shop=False):
    """A few people pay, join and leave; somebody comes, somebody goes."""
    rng = np.random.default_rng(seed)
    paid, members = {u: dict(row) for u, row in paid.items()}, {u: list(row) for u, row in members.items()}
    for user in rng.choice(sorted(paid), 5, replace=False):
        shop = "m00" if new_shop else f"m{int(rng.integers(12))}"
        paid[user][shop] = paid[user].get(shop, 0) + 1
    joiner, leaver, goer = rng.choice(sorted(members), 3, replace=False)
    members[joiner] = sorted({*members[joiner], f"c{int(rng.integers(6))}"})
    members.pop(leaver)
    paid.pop(goer)
    members.pop(goer, None)
    paid["u01b"], members["u01b"] = {"m1": 2, "m3": 1}, ["c1"]
    return paid, members


@pytest.fixture
def house(make_snapshot, policy, tmp_path):
    """A folder with a snapshot and the version made of it; more snapshots are added to it."""

    class House:
        snapshots, versions = tmp_path / "snapshots", tmp_path / "versions"
        policy = None

        def snapshot(self, paid, members, days=0, refusing=()):
            made = make_snapshot(
                paid=paid,
                members=members,
                themes=THEMES,
                circles=RINGS,
                categories=CATEGORIES,
                refusing=refusing,
            )
            return replace(made, as_of=made.as_of + 86_400 * days)

        def published(self, snapshot, min_supporters=2, **how):
            snapshots.save(snapshot, self.snapshots)
            fitted = fit(snapshot, **({"quick": True} | how), min_supporters=min_supporters)
            return publish(fitted, snapshot, self.versions, policy=policy)

        def update(self, snapshot, **how):
            folder = snapshots.save(snapshot, self.snapshots)
            return update(folder, self.versions, policy=policy, store_id=None, **({"most": 1.0} | how))

        def version(self, name):
            return Registry(self.versions).open(name)

        def serve(self, name):
            Registry(self.versions).set_current(name)

    return House()


def arrays(version):
    """Everything of a version folder that belongs to the model and to things."""
    skipped = ("lists.npy",)
    return {p.name: p.read_bytes() for p in version.folder.glob("*.npy") if p.name not in skipped}


def lists_agree(one, other):
    """The same people, and the same lists but for rounding."""
    first, second = one.lists.records, other.lists.records
    assert first["user"].tobytes() == second["user"].tobytes()
    np.testing.assert_array_equal(first["num"], second["num"])
    np.testing.assert_allclose(first["scores"], second["scores"], atol=1e-5)
    for mine, theirs in zip(first, second, strict=True):
        num = int(mine["num"])
        rank = dict(zip(theirs["circles"][:num].tolist(), theirs["scores"][:num].tolist(), strict=True))
        told = [rank[circle] for circle in mine["circles"][:num].tolist()]
        np.testing.assert_allclose(told, mine["scores"][: mine["num"]], atol=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_an_update_is_what_the_same_parameters_give_on_everything(house, seed):
    paid, members = town(seed)
    house.published(house.snapshot(paid, members))
    first = house.update(house.snapshot(*next_day(seed, paid, members), days=1), tolerance=0.0)
    day = next_day(seed + 100, *next_day(seed, paid, members), new_shop=seed % 2 == 1)
    after = house.snapshot(*day, days=2)
    part = house.update(after, tolerance=0.0)
    books = Books.load(house.snapshots / after.content_id)
    house.serve(first.version)
    whole = house.update(after, whole=True)
    again = Books.load(house.snapshots / after.content_id)
    assert arrays(house.version(part.version)) == arrays(house.version(whole.version))
    for name, core in books.cores.items():
        assert (core != again.cores[name]).nnz == 0
        assert core.data.tobytes() == again.cores[name].data.tobytes()
    lists_agree(house.version(part.version), house.version(whole.version))


@pytest.mark.parametrize("seed", range(4))
def test_every_list_is_the_one_that_the_published_model_gives(house, seed, policy, tmp_path):
    paid, members = town(seed, 300)
    house.published(house.snapshot(paid, members))
    after = house.snapshot(*next_day(seed, paid, members), days=1)
    done = house.update(after, tolerance=0.3)
    version = house.version(done.version)
    assert 0 < done.lists_made < len(version.lists)
    folder = tmp_path / "anew"
    folder.mkdir()
    ListsOf(version.model, after, listed(after), policy).write(folder)
    lists_agree(version, replace(version, lists=type(version.lists).load(folder)))


def test_rows_that_stay_are_near_the_new_ones(house):
    paid, members = town(1, 300)
    house.published(house.snapshot(paid, members))
    after = house.snapshot(*next_day(1, paid, members), days=1)
    near = house.version(house.update(after, tolerance=0.3).version)
    exact = house.version(house.update(after, whole=True).version)
    for mine, theirs in zip(near.model.channels, exact.model.channels, strict=True):
        shape = (mine.matrix.num_rows, mine.matrix.num_columns)
        ours, right = (dense(channel.matrix, shape) for channel in (mine, theirs))
        off = np.linalg.norm(ours - right, axis=1)
        assert (
            off <= 0.3 * np.maximum(np.linalg.norm(ours, axis=1), np.linalg.norm(right, axis=1)) + 1e-6
        ).all()


def dense(csr, shape):
    out = np.zeros(shape)
    out[csr.rows(), csr.indices] = csr.columns["weight"]
    return out


def test_rows_that_concern_too_many_wait_and_are_told(house):
    paid, members = town(1, 300)
    house.published(house.snapshot(paid, members))
    after = house.snapshot(next_day(1, paid, members)[0], members, days=1)  # circles are as popular as before
    done = house.update(after, tolerance=0.01, most=0.0)
    assert done.rows_waiting > 0
    assert 0.01 < done.furthest <= 0.5
    assert done.lists_made <= done.people_changed
    assert house.version(done.version).manifest["rows_waiting"] == done.rows_waiting


@pytest.mark.parametrize(
    ("most", "taken"), [(0, [0, 0, 0, 1]), (10, [0, 1, 0, 1]), (15, [0, 1, 0, 1]), (130, [0, 1, 1, 1])]
)
def test_rows_change_that_are_furthest_off_for_each_person_concerned(most, taken):
    off, audience = np.array([0.01, 0.2, 0.3, 0.6]), np.array([1, 4, 100, 5])
    assert Patience(0.05, most).taken(off, audience).tolist() == [bool(each) for each in taken]


def test_the_model_of_the_books_is_the_trained_one(house):
    paid, members = town(3, 200)
    snapshot = house.snapshot(paid, members)
    trained = house.version(house.published(snapshot))
    anew = house.version(house.update(replace(snapshot, as_of=snapshot.as_of + 1), whole=True).version)
    for mine, theirs in zip(trained.model.channels, anew.model.channels, strict=True):
        assert mine.name == theirs.name
        np.testing.assert_array_equal(mine.matrix.indices, theirs.matrix.indices)
        np.testing.assert_allclose(mine.matrix.columns["weight"], theirs.matrix.columns["weight"], rtol=1e-4)


def test_whoever_went_or_withdrew_has_no_list_and_whoever_came_has_one(house):
    paid, members = town(5, 300)
    house.published(house.snapshot(paid, members))
    day = next_day(5, paid, members)
    gone = sorted({*paid} - {*day[0]})
    done = house.update(house.snapshot(*day, days=1, refusing=["u07"]), tolerance=0.3)
    lists = house.version(done.version).lists
    assert lists.of(gone[0]) is None
    assert lists.of("u07") is None
    assert lists.of("u01b") is not None
    keys = [record.tobytes() for record in lists.records["user"]]
    assert keys == sorted(set(keys))
    assert key_of("u07") not in keys


def test_a_day_without_anything_publishes_nothing(house):
    paid, members = town(2)
    snapshot = house.snapshot(paid, members)
    name = house.published(snapshot)
    done = house.update(replace(snapshot, as_of=snapshot.as_of + 86_400))
    assert (done.version, done.base) == (None, name)
    assert len(Registry(house.versions).list()) == 1


def test_reasons_of_kept_lists_are_those_that_would_be_told_now(house, policy):
    paid, members = town(6, 300)
    house.published(house.snapshot(paid, members))
    after = house.snapshot(*next_day(6, paid, members, new_shop=True), days=1)  # every shop moves by a row
    done = house.update(after, tolerance=0.3)
    version = house.version(done.version)
    told = np.array(version.lists.records)
    users = listed(after)
    ListsOf(version.model, after, users, policy).tell(
        version.folder, teller_of(version.folder, policy.min_group_size)
    )
    anew = np.array(type(version.lists).load(version.folder).records)
    assert done.lists_made < len(told)
    same = (told["things"] == anew["things"]).all(axis=1) & (told["told"] == anew["told"]).all(axis=1)
    assert same.mean() > 0.9  # shares are kept in thousandths, and rows may be off by the tolerance


def test_a_snapshot_that_is_gone_is_done_without(house):
    paid, members = town(7)
    name = house.published(house.snapshot(paid, members))
    for folder in house.snapshots.iterdir():
        snapshots.shutil.rmtree(folder)
    after = house.snapshot(*next_day(7, paid, members), days=1)
    index = {label: np.arange(len(getattr(after, label))) for label in ("merchants", "products", "circles")}
    done = house.update(replace(after, store_index=index))
    assert done.whole
    assert house.version(done.version).manifest["updated_from"] == name


def test_memberships_that_do_not_count_alike_are_refused(house):
    paid, members = town(8)
    house.published(house.snapshot(paid, members))
    after = house.snapshot(*next_day(8, paid, members), days=1)
    weight = np.ones(after.members.num_edges, dtype=np.float32)
    weighed = replace(after.members, columns={**after.members.columns, "weight": weight})
    with pytest.raises(InputError, match="circles train"):
        house.update(replace(after, members=weighed))


@pytest.mark.parametrize("other", [{"as_of": 1}, {"policy_id": "another"}])
def test_an_older_snapshot_or_another_policy_is_refused(house, other):
    paid, members = town(9)
    snapshot = house.snapshot(paid, members)
    house.published(snapshot)
    with pytest.raises(IncompatibleVersion, match="circles train"):
        house.update(replace(snapshot, **other))


def test_vectors_learned_from_somebody_who_left_are_refused(house):
    paid, members = town(4, 200)
    house.published(house.snapshot(paid, members), quick=False, gnn=False)
    version = Registry(house.versions).current()
    if not any(version.model.weights["latent"]):
        pytest.skip("factors have no weight in this town")
    with pytest.raises(IncompatibleVersion, match="forgotten"):
        house.update(house.snapshot(paid, members, days=1, refusing=["u07"]))
