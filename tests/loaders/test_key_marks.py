"""A store is bound to the key that its people were named with."""

import pytest

from api.context import wire
from graph.errors import ConfigError
from graph.settings import Settings
from graph.stores.open import open_store
from loaders.key_marks import MARK, claim, require_key

KEY, OTHER = b"k" * 32, b"l" * 32


@pytest.fixture
def store(tmp_path):
    made = open_store(f"sqlite:///{tmp_path / 'circles.db'}")
    yield made
    made.close()


def test_a_store_is_bound_to_its_first_key(store):
    require_key(store, OTHER)  # nobody was named yet
    claim(store, KEY)
    claim(store, KEY)
    for check in (require_key, claim):
        with pytest.raises(ConfigError, match=r"put the old pseudonym\.key back"):
            check(store, OTHER)
    assert KEY.decode() not in store.meta(MARK)


def test_a_service_with_another_key_uses_nothing_of_a_store(store, tmp_path):
    claim(store, KEY)
    context = wire(
        Settings(home=tmp_path, store=f"sqlite:///{tmp_path / 'circles.db'}", pseudonym_key="l" * 32)
    )
    with pytest.raises(ConfigError, match="another key"):
        context.store.get()
    context.close()
