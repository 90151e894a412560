import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import ConfigError
from graph.home import Home
from loaders.pseudonyms import Pseudonyms, read_or_make_key

KEY = b"k" * 32


def test_a_pseudonym_is_what_the_app_computes_with_the_same_key():
    expected = hmac.new(KEY, "账户 1".encode(), hashlib.sha256).hexdigest()[:32]
    assert Pseudonyms(KEY).of("账户 1") == expected


@pytest.mark.parametrize("key", [KEY, b"k" * 64, b"long " * 40])
@given(ids=st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_many_equal_one_by_one(key, ids):
    assert Pseudonyms(key).of_many(ids) == [Pseudonyms(key).of(i) for i in ids]


def test_another_key_gives_another_pseudonym():
    assert Pseudonyms(KEY).of("1") != Pseudonyms(b"l" * 32).of("1")


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    home = Home(tmp_path / "home")
    key = read_or_make_key(home, None)
    assert read_or_make_key(home, None) == key
    assert home.key_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kept", ["log/segments/b4cad0ea7ffe0963", "versions/20261126T222142.730064Z-6883f5"])
def test_a_lost_key_is_never_replaced_by_a_new_one(tmp_path, kept):
    home = Home(tmp_path)
    (tmp_path / kept).mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"put pseudonym\.key back"):
        read_or_make_key(home, None)
    assert not home.key_file.exists()
    assert read_or_make_key(home, "x" * 32) == b"x" * 32


def test_a_given_key_wins_and_makes_no_file(tmp_path):
    home = Home(tmp_path)
    assert read_or_make_key(home, "x" * 32) == b"x" * 32
    assert not home.key_file.exists()


def test_a_short_key_is_refused_without_being_shown(tmp_path):
    with pytest.raises(ConfigError, match="has 6 characters") as refused:
        read_or_make_key(Home(tmp_path), "secret")
    assert "secret" not in str(refused.value)
