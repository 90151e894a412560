"""Receipts of erasures: true as signed, false after any change, checked without the home that signed."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.erasure_receipts import (
    PUBLIC,
    SECRET,
    Facts,
    Signer,
    carry_over,
    disagreement,
    distrust,
    is_of,
    keys_of,
    problem_of,
    public_keys,
    read_receipt,
    rotate,
)
from graph.errors import ConfigError, InputError, NotFound

ANN = "a" * 32
FACTS = Facts(ANN, asked_at=1_790_000_000, done_at=1_790_000_060, removed={"payments": 4}, interruptions=0)


def signed(home):
    return Signer(home, "p1").sign(FACTS)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A receipt as it is kept, and the keys of its home."""
    home = tmp_path_factory.mktemp("home")
    return orjson.dumps(signed(home)), public_keys(home)


def holds(data, keys):
    try:
        return problem_of(read_receipt(data), keys) is None
    except InputError:
        return False


def test_it_holds_and_says_what_was_done_but_not_of_whom(made):
    receipt = orjson.loads(made[0])
    assert holds(*made)
    assert (receipt["asked_at"], receipt["removed"]) == ("2026-09-21T14:13:20Z", {"payments": 4})
    assert ANN not in made[0].decode()
    assert (is_of(receipt, ANN), is_of(receipt, "b" * 32)) == (True, False)


def test_every_change_of_one_bit_is_found(made):
    data, keys = made
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        assert not holds(bytes(changed), keys), changed


@given(st.text(max_size=20), st.integers(0, 2**60))
def test_what_is_put_in_or_counted_otherwise_is_found(made, name, number):
    receipt = orjson.loads(made[0])
    for changed in (receipt | {name: number}, receipt | {"removed": {"payments": number}}):
        assert holds(orjson.dumps(changed), made[1]) is (changed == receipt)


def test_a_second_value_under_a_signed_name_is_refused(made):
    data = made[0].replace(b'"removed":', b'"removed":{"payments":9},"removed":')
    assert orjson.loads(data) == orjson.loads(made[0])
    for changed in (data, b"[" * 100_000):
        with pytest.raises(InputError):
            read_receipt(changed)


def test_two_receipts_of_one_person_have_nothing_in_common_to_join_them_by(tmp_path):
    one, other = signed(tmp_path), signed(tmp_path)
    assert one["person"]["hash"] != other["person"]["hash"]


def test_it_is_checked_with_the_published_keys_alone(made):
    data, keys = made
    published = json.dumps({"items": [key.shown() for key in keys]}).encode()
    job = orjson.dumps({"kind": "forget", "result": {"payments": 4, "receipt": orjson.loads(data)}})
    assert holds(data, keys_of(published))
    assert holds(job, keys_of(published))
    assert not holds(data, [])


def test_after_a_rotation_both_keys_verify(tmp_path):
    before = signed(tmp_path)
    rotate(tmp_path, now=1_790_000_100)
    after = signed(tmp_path)
    assert before["key_id"] != after["key_id"]
    assert [problem_of(receipt, public_keys(tmp_path)) for receipt in (before, after)] == [None, None]
    assert disagreement(tmp_path) is None


def test_a_distrusted_key_verifies_nothing_and_the_next_one_signs(tmp_path):
    before = signed(tmp_path)
    key = distrust(tmp_path, before["key_id"], now=1_790_000_100)
    assert distrust(tmp_path, before["key_id"], now=1_790_000_200) == key
    after, keys = signed(tmp_path), public_keys(tmp_path)
    assert [each.distrusted for each in keys] == [1_790_000_100, None]
    assert "distrusted since 2026-09-21T14:15:00Z" in problem_of(before, keys)
    published = json.dumps({"items": [each.shown() for each in keys]}).encode()
    assert keys_of(published) == keys
    assert (problem_of(after, keys), disagreement(tmp_path)) == (None, None)
    with pytest.raises(NotFound, match="circles receipt keys"):
        distrust(tmp_path, "0" * 16, now=1_790_000_300)


def test_a_distrusted_secret_that_is_put_back_is_named_by_the_doctor(tmp_path):
    leaked = (signed(tmp_path), (tmp_path / SECRET).read_bytes())
    distrust(tmp_path, leaked[0]["key_id"], now=1_790_000_100)
    (tmp_path / SECRET).write_bytes(leaked[1])
    again = signed(tmp_path)
    assert "distrusted" in problem_of(again, public_keys(tmp_path))
    assert disagreement(tmp_path) == "erasure.key is a key that was distrusted"


def test_a_restored_home_distrusts_what_the_one_before_did(tmp_path):
    before, home = tmp_path / "before", tmp_path / "home"
    before.mkdir(), home.mkdir()
    old = signed(before)
    distrust(before, old["key_id"], now=1_790_000_100)
    carry_over(before, home, now=1_790_000_200)
    carry_over(before, home, now=1_790_000_200)
    assert "distrusted" in problem_of(old, public_keys(home))
    assert problem_of(signed(home), public_keys(home)) is None


def test_the_secret_is_for_its_owner_only_and_damage_to_it_is_named(tmp_path):
    signed(tmp_path)
    assert (tmp_path / SECRET).stat().st_mode & 0o777 == 0o600
    (tmp_path / SECRET).write_text("no key")
    with pytest.raises(ConfigError, match=r"erasure\.key"):
        signed(tmp_path)
    (tmp_path / PUBLIC).write_text("somebody\n")
    with pytest.raises(InputError, match=r"erasure\.keys:1"):
        public_keys(tmp_path)


def test_a_restored_home_goes_on_with_the_keys_of_the_one_before(tmp_path):
    before, home = tmp_path / "before", tmp_path / "home"
    before.mkdir(), home.mkdir()
    old = signed(home)
    new = signed(before)
    carry_over(before, home, now=1_790_000_200)
    assert signed(home)["key_id"] == new["key_id"]
    assert [problem_of(receipt, public_keys(home)) for receipt in (old, new)] == [None, None]


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"3", b"{", b'{"kind": "erasure"}', b'{"result": {"receipt": {}}}']
)
def test_what_is_no_receipt_is_refused(made, data):
    assert not holds(data, made[1])
