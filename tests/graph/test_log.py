import hashlib
import json
import shutil

import numpy as np
import pytest

from graph.errors import StoreError, StoreMismatch
from graph.log import BLOCK, NONE, UNDECLARED, Manifest, PaymentLog, empty_rows, payment_hash, rows_of
from graph.segments import SegmentWriter, read_rows
from graph.stores.open import open_store


def rows(payments, users=0, **same):
    out = empty_rows(len(payments))
    out["payment"], out["user"] = payments, users
    out["product"] = out["quantity"] = NONE
    for name, value in same.items():
        out[name] = value
    return out


def written(log, part):
    writer = SegmentWriter(log)
    writer.add(part)
    return writer.close()


def log_of(folder, *parts, store_id=""):
    log = PaymentLog(folder)
    log.commit(Manifest(store_id, tuple(written(log, part) for part in parts)))
    return log


def known(log, *payments):
    return log.contains(np.array(payments, dtype=np.uint64)).tolist()


def all_rows(log):
    return np.concatenate([read_rows(path) for path in log.files()])


def test_a_payment_is_known_by_the_first_bytes_of_its_md5():
    assert payment_hash("a茶") == int(hashlib.md5("a茶".encode()).hexdigest()[:16], 16)


def test_an_empty_log_contains_nothing(tmp_path):
    log = PaymentLog(tmp_path / "log")
    assert known(log, 1, 2) == [False, False]
    assert log.stats() == {"segments": 0, "payments": 0, "bytes": 0}
    assert not (tmp_path / "log").exists()


def test_payments_of_all_segments_are_found_in_any_order(tmp_path):
    log = log_of(tmp_path, rows([5, 2**63]), rows([9]))
    assert known(log, 9, 4, 2**63, 5, 0, 2**64 - 1) == [True, False, True, True, False, False]
    assert known(log) == []


def test_a_segment_counts_only_when_the_manifest_names_it(tmp_path):
    log = log_of(tmp_path, rows([1]))
    segment = written(log, rows([2]))
    assert known(log, 1, 2) == [True, False]
    log.commit(log.manifest().replaced((), [segment]))
    assert known(log, 1, 2) == [True, True]


def test_what_no_manifest_names_is_removed(tmp_path):
    log = log_of(tmp_path, rows([1]))
    lost = log.path_of(written(log, rows([2])))
    (log.staging / "left").mkdir(parents=True)
    log.clean()
    assert not lost.exists()
    assert not log.staging.exists()
    assert known(log, 1) == [True]


def test_a_reader_sees_a_commit_of_another_process(tmp_path):
    reader, writer = PaymentLog(tmp_path), PaymentLog(tmp_path)
    assert known(reader, 1) == [False]
    writer.commit(Manifest(segments=(written(writer, rows([1])),)))
    assert known(reader, 1) == [True]


def test_rows_lie_by_bucket_and_month_and_come_back_as_they_were(tmp_path):
    users = [3, BLOCK, 16 * BLOCK + 1]
    part = rows(
        [1, 2, 3], users, paid_at=[0, 40 * 86_400, 5], product=[7, NONE, 8], refund=[True, False, False]
    )
    log = log_of(tmp_path, part)
    folders = sorted(
        str(path.parent.relative_to(log.folder / "segments")).split("/", 1)[1] for path in log.files()
    )
    assert folders == ["bucket=00/month=1970-01", "bucket=01/month=1970-02"]
    found = all_rows(log)
    assert np.array_equal(found[np.argsort(found["payment"])], part)


def test_forgetting_removes_rows_and_hashes_of_one_user_only(tmp_path):
    log = log_of(tmp_path, rows([1, 2], [5, 6]), rows([3], 5), rows([4], 6))
    assert log.forget(5) == 2
    assert all_rows(log)["user"].tolist() == [6, 6]
    assert known(log, 1, 2, 3, 4) == [False, True, False, True]
    assert [segment.rows for segment in log.segments()] == [1, 1]
    assert log.forget(5) == 0


def test_forgetting_leaves_no_byte_of_the_rows(tmp_path):
    log = log_of(tmp_path, rows([0x1122334455667788], 5), rows([2], 6))
    log.forget(5)
    needle = (0x1122334455667788).to_bytes(8, "little")
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and needle in path.read_bytes()]


def test_compaction_merges_small_segments_and_changes_no_row(tmp_path):
    log = log_of(tmp_path, rows([1]), rows([2], 4000), rows([3]))
    before = np.sort(all_rows(log), order="payment")
    assert log.compact() == 3
    assert np.array_equal(np.sort(all_rows(log), order="payment"), before)
    assert len(log.segments()) == 1
    assert log.compact() == 0


def test_a_log_knows_its_store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/circles.db")
    log_of(tmp_path / "mine", rows([1]), store_id=store.meta("store_id")).belongs_to(store)
    with pytest.raises(StoreMismatch, match="written with another store"):
        log_of(tmp_path / "other", rows([1]), store_id="elsewhere").belongs_to(store)
    store.close()


@pytest.fixture
def checked(tmp_path):
    """A sound log with one user in its store, and what is wrong with it."""
    store = open_store(f"sqlite:///{tmp_path}/circles.db")
    for label in ("User", "Merchant"):
        store.intern(label, ["only"])
    log = log_of(tmp_path / "log", rows([1, 2]), store_id=store.meta("store_id"))
    yield log, lambda: log.check(store)
    store.close()


def test_a_sound_log_has_no_problems(checked):
    _, problems = checked
    assert problems() == []


def test_a_log_that_names_nobody_is_found(checked):
    log, problems = checked
    log.commit(log.manifest().replaced((), [written(log, rows([7], 5))]))
    assert any("user that the store does not have" in problem for problem in problems())


def test_a_log_that_lost_a_file_is_found(checked):
    log, problems = checked
    next(log.files()).unlink()
    assert any("0 rows; the manifest says 2" in problem for problem in problems())


def test_a_file_cut_in_half_is_found(checked):
    log, problems = checked
    path = next(log.files())
    path.write_bytes(path.read_bytes()[:100])
    assert any("cannot be read" in problem for problem in problems())


def test_a_lost_segment_is_an_error_not_an_unknown_payment(checked):
    log, _ = checked
    shutil.rmtree(log.path_of(log.segments()[0]))
    with pytest.raises(StoreError, match="is missing; restore a backup"):
        known(PaymentLog(log.folder), 1)


@pytest.mark.parametrize("text", ["", "{", '{"format": 99}'])
def test_a_broken_manifest_is_an_error(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(StoreError):
        PaymentLog(tmp_path).segments()


def test_the_manifest_is_json_for_people(tmp_path):
    log = log_of(tmp_path, rows([1], band=3), store_id="s")
    value = json.loads((log.folder / "manifest.json").read_text())
    assert value["segments"] == [{"segment_id": log.segments()[0].segment_id, "rows": 1, "max_band": 3}]


def test_inbox_columns_become_rows():
    columns = {
        "payment": np.array([1], dtype=np.uint64),
        "product": np.array([None], dtype=object),
        "quantity": np.array([3], dtype=object),
        "refund": np.array([True]),
        "walled": np.array([False]),
    } | {name: np.array([4]) for name in ("user", "merchant", "band", "scene", "paid_at")}
    (row,) = rows_of(columns)
    assert (row["payment"], row["user"], row["product"], row["quantity"]) == (1, 4, NONE, 3)
    assert (row["declared"], bool(row["refund"])) == (UNDECLARED, True)
