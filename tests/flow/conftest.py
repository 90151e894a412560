"""Houses to be harmed: small ones, loaded and trained on."""

import random
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from graph.stores.neo4j.filling import fill
from graph.stores.open import open_store
from tests.api.conftest import published_home  # noqa: F401 - a fixture
from tests.flow.faults import FROM, ROUNDS, SEED
from tests.houses import House


@pytest.fixture
def published(published_home: Path, tmp_path: Path) -> House:  # noqa: F811
    """A house of one's own with a version published."""
    shutil.copytree(published_home, tmp_path / "home")
    return House(tmp_path / "home")


@pytest.fixture
def on_neo4j(published: House, empty_neo4j: Callable[[], str], tmp_path: Path) -> House:
    """The same house, its graph moved to the tests' own Neo4j; for tests of the xdist group "neo4j"."""
    address = empty_neo4j()
    with closing(open_store(f"sqlite:///{published.home / 'circles.db'}")) as embedded:
        fill(embedded, address, tmp_path / "filling", lambda stage, done, total: None)
    return replace(published, store=address)


@pytest.fixture(params=range(FROM, ROUNDS))
def luck(request: pytest.FixtureRequest) -> random.Random:
    """Chance of one round; whoever asks for it is repeated by `make soak`."""
    return random.Random(f"{SEED}-{request.param}")
