"""`circles backup` and `circles restore`, as they are typed."""

from contextlib import closing

import pytest
from click.testing import CliRunner

from api.audit import Audit
from api.commands.backup import command as backup
from api.commands.restore import command as restore
from api.service_db import ServiceDb
from graph.errors import InputError


@pytest.fixture
def run(tmp_path):
    def ask(command, *arguments):
        env = {"CIRCLES_HOME": str(tmp_path / "home"), "CIRCLES_PSEUDONYM_KEY": "k" * 32}
        done = CliRunner().invoke(command, [str(one) for one in arguments], env=env)
        if done.exception:
            raise done.exception
        return done.output

    return ask


def test_a_backup_and_its_restoring_are_one_entry_each(run, tmp_path):
    run(backup, tmp_path / "kept")
    run(restore, tmp_path / "kept", "--replace")
    with closing(ServiceDb(tmp_path / "home" / "service.db")) as db:
        deeds = [entry.shown()["action"] for entry in Audit(db).entries()]
    assert deeds == ["backup.made", "backup.restored"]


def test_a_folder_that_is_no_backup_is_named_once(run, tmp_path):
    with pytest.raises(InputError, match="is not a backup") as refused:
        run(restore, tmp_path / "nothing")
    assert str(refused.value).count(str(tmp_path)) == 1
