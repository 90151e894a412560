"""Addresses."""

import pytest

from graph.errors import ConfigError
from graph.stores.open import open_store


@pytest.mark.parametrize("address", ["neo4j://graph:7687", "neo4j+s://graph:7687", "bolt://graph:7687"])
def test_the_neo4j_store_is_said_to_be_missing(address):
    with pytest.raises(ConfigError, match="not part of this version"):
        open_store(address)


@pytest.mark.parametrize(
    "address", ["", "circles.db", "sqlite://circles.db", "sqlite:///", "mysql://host/db"]
)
def test_an_unknown_address_is_named_with_the_form_expected(address):
    with pytest.raises(ConfigError, match="sqlite:///") as caught:
        open_store(address)
    assert repr(address) in str(caught.value)


def test_a_password_in_an_address_is_never_repeated():
    with pytest.raises(ConfigError) as caught:
        open_store("neo4j://neo4j:sesame@graph:7687")
    assert "sesame" not in str(caught.value)
    assert "graph:7687" in str(caught.value)


def test_a_relative_address_lies_in_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///graph.db").close()
    assert (tmp_path / "graph.db").is_file()
