"""What a load takes is foretold from samples that are really loaded."""

import pytest

from graph.errors import InputError
from loaders.estimate import estimate
from loaders.synthetic import generate
from tests.loaders.conftest import NOW

SIZES = (3000, 9000)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town") / "town"
    generate(folder, users=400, payments=30_000)
    return folder


def stored(house):
    store = sum(path.stat().st_size for path in house.home.path.glob("*.db*"))
    files = [path for path in house.log.folder.rglob("*") if path.is_file()]
    return store / 2**20, sum(path.stat().st_size for path in files) / 2**20


def test_what_is_foretold_is_near_what_a_load_takes(house, town):
    found = estimate([str(town)], policy=house.policy, now=NOW, sizes=SIZES)
    assert list(house.log.segments()) == []  # nothing was loaded
    house.load(town)
    store_mib, log_mib = stored(house)
    assert found.payments == 30_000
    assert found.users == pytest.approx(400, rel=0.15)  # 120 of them were looked at
    assert found.store_mib == pytest.approx(store_mib, rel=0.3)
    assert found.log_mib == pytest.approx(log_mib, rel=0.3)
    assert 0 < found.cost.cpu_s < 60
    assert 100 < found.memory_mib < 2000


def test_samples_as_large_as_the_whole_are_the_whole(house, town):
    found = estimate([str(town)], policy=house.policy, now=NOW, sizes=(30_000, 30_000))
    assert (found.payments, found.users, found.sample) == (30_000, 400, 30_000)


def test_text_files_with_what_cannot_be_read_are_gone_through_too(house, tmp_path):
    path = tmp_path / "payments.csv"
    path.write_text(
        "payment_id,user_id,merchant_id,paid_at\np1,u1,m1,2026-01-02T03:04:05Z\np2,,m1,2026-01-02T03:04:05Z\n"
        "p3,u2,m1,never\n"
    )
    found = estimate([str(path)], policy=house.policy, now=NOW)
    assert (found.payments, found.sample) == (3, 3)


def test_a_source_that_is_not_there_is_named(house):
    with pytest.raises(InputError, match="'nowhere' does not exist"):
        estimate(["nowhere"], policy=house.policy, now=NOW)
