"""`circles audit`: what it shows, and that it fails when the log was changed."""

import json
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from api.audit_file import about_of
from api.auth import Keys
from api.commands.audit import command
from api.commands.common import Parts
from graph.errors import CirclesError
from graph.settings import Settings


@pytest.fixture
def parts(tmp_path):
    """A home with a key of the service and one of a member, account `anna`."""
    made = Parts(Settings(home=tmp_path))
    keys = Keys(made.home)
    keys.create("service", now=1)
    keys.create("member", subject=made.pseudonym("anna"), now=2)
    keys._db.close()
    return made


@pytest.fixture
def run(parts):
    def ask(*arguments):
        done = CliRunner().invoke(command, arguments, env={"CIRCLES_HOME": str(parts.home.path)})
        if done.exception:
            raise done.exception
        return done.stdout

    return ask


def test_the_log_is_shown_and_what_concerns_a_person_stays_sealed(run):
    one, other = json.loads(run("show", "--json"))
    assert (one["action"], one["who"], len(one["object"])) == ("key.created", "command line", 12)
    assert "object" not in other
    assert "sealed" in run("show")
    assert len(json.loads(run("show", "--last", "1", "--json"))) == 1


def test_the_entries_of_a_named_person_are_opened(run):
    (told,) = json.loads(run("show", "--person", "anna", "--json"))
    assert len(told["object"]) == 12
    assert json.loads(run("show", "--person", "bert", "--json")) == []


def test_a_noted_head_is_found_again_and_a_change_is_told(run, parts):
    number, head = run("head").split()
    assert number == "2"
    assert f"nothing was changed; head {head}" in run("verify", "--head", head)
    with pytest.raises(CirclesError, match="after 2 entries: the noted head is not in the log"):
        run("verify", "--head", "0" * 63 + "1")
    with closing(sqlite3.connect(parts.home.service_db)) as db:
        db.executescript(
            "drop trigger audit_is_not_changed; update audit set entry = x'7b7d' where number = 2"
        )
    for verb in ("verify", "head"):
        with pytest.raises(CirclesError, match="after 1 entries: entry 2 is not what was written"):
            run(verb)


@pytest.mark.parametrize("half", ["", "abc", "0" * 63, "g" * 64])
def test_what_is_no_hash_is_not_taken_for_a_head_that_is_missing(run, half):
    with pytest.raises(SystemExit, match="2"):
        run("verify", "--head", half)


def test_an_auditor_gets_a_file_that_is_checked_without_the_home(run, parts, tmp_path):
    told = json.loads(run("export", str(tmp_path / "audit.txt"), "--json"))
    elsewhere = {"CIRCLES_HOME": str(tmp_path / "elsewhere")}
    done = CliRunner().invoke(
        command, ["check", str(tmp_path / "audit.txt"), "--head", told["head"]], env=elsewhere
    )
    assert f"3 entries, nothing was changed; head {told['head']}" in done.stdout  # with the export itself
    about = about_of(tmp_path / "audit.txt")
    assert (about["policy_id"], about["fairness"]["lines"]) == (parts.policy.policy_id, [])
    assert {"field", "about", "read_for", "kept", "seen_by"} == about["register"][0].keys()
    assert not (tmp_path / "elsewhere").exists()
