"""`circles models prune`: what nobody needs goes, and nothing else."""

import json
import shutil
from contextlib import closing

import pytest
from click.testing import CliRunner

from api.commands.common import now
from api.commands.models import command
from api.receipts import Receipt, Receipts, new_rec_id
from api.service_db import ServiceDb
from embeddings.registry import Registry
from embeddings.seal import sealed
from graph.home import Home

DAY_S = 86_400


@pytest.fixture
def home(settings):
    """Five versions, of which the last is served; the second answered somebody ten days ago."""
    home = Home(settings.home)
    served = Registry(home.versions).current().folder
    for number in range(1, 5):
        _copy(served, f"v{number}", created_at=number)
    with closing(ServiceDb(home.service_db)) as db:
        at = now() - 10 * DAY_S
        Receipts(db).keep(Receipt(new_rec_id(), "a" * 32, "v2", None, "p", at, {"source": "live"}))
    return home


def _copy(served, name, *, created_at):
    folder = shutil.copytree(served, served.parent / name)
    manifest = json.loads((folder / "manifest.json").read_text())
    changed = sealed(manifest | {"version": name, "created_at": f"2020-01-0{created_at}T00:00:00+00:00"})
    (folder / "manifest.json").write_text(json.dumps(changed))


def prune(home, *arguments):
    done = CliRunner().invoke(command, ["prune", *arguments, "--json"], env={"CIRCLES_HOME": str(home.path)})
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["removed"]


@pytest.mark.parametrize(
    ("arguments", "removed"),
    [
        ((), []),  # ten stay
        (("--keep", "2"), ["v1", "v3"]),
        (("--keep", "1", "--receipts", "9d"), ["v1", "v2", "v3", "v4"]),
        (("--keep", "1", "--receipts", "11d"), ["v1", "v3", "v4"]),
    ],
)
def test_the_newest_stay_and_what_receipts_need(home, arguments, removed):
    assert prune(home, *arguments, "--dry-run") == removed
    assert prune(home, *arguments) == removed
    left = {path.name for path in Registry(home.versions).folders()}
    assert {"v1", "v2", "v3", "v4"} - left == set(removed)
    assert Registry(home.versions).current().name in left


def test_what_is_served_and_what_was_before_stay_however_old(home):
    registry = Registry(home.versions)
    registry.set_current("v2")
    registry.set_current("v1")
    assert prune(home, "--keep", "1", "--receipts", "1d") == ["v3", "v4"]
    assert registry.rollback() == "v2"
