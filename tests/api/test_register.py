"""The register of the service's own database is whole and in the README, and tables have their readers."""

import ast
import re

from api.register import SERVICE, everything
from graph.register import REGISTER, rows
from graph.settings import PROJECT

STATEMENT = re.compile(r"(keys|receipts|jobs|erasures|sessions|answers|audit)\.\w+")
READERS = {
    "keys": {"api/auth.py", "api/backup/ended_keys.py", "api/services/readiness.py"},
    "receipts": {"api/receipts.py"},
    "jobs": {"api/jobs.py", "api/services/erasure.py"},
    "erasures": {
        "api/backup/restore.py",
        "api/doctor/service.py",
        "api/services/erasure.py",
        "api/services/erasure_progress.py",
        "api/services/work.py",
        "api/tombstones.py",
    },
    "sessions": {"api/sessions.py"},
    "answers": {"api/answers.py"},
    "audit": {"api/audit.py", "api/observe/facts.py"},
}


def test_every_column_of_the_service_is_registered_and_no_other(db):
    tables = [
        name for (name,) in db._connection.execute("select name from sqlite_master where type = 'table'")
    ]
    kept = {
        (table, row[1]) for table in tables for row in db._connection.execute(f"pragma table_info({table})")
    }
    told = [(table, name) for table, entries in SERVICE.items() for e in entries for name in e.columns]
    assert len(told) == len(set(told))
    assert set(told) == kept


def test_what_is_kept_of_people_is_asked_for_where_it_belongs():
    found = {}
    for path in sorted((PROJECT / "api").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and STATEMENT.fullmatch(node.value)
            ):
                found.setdefault(node.value.split(".")[0], set()).add(str(path.relative_to(PROJECT)))
    assert found == READERS


def test_the_register_in_the_readme_is_that_of_the_code():
    text = (PROJECT / "api" / "README.md").read_text(encoding="utf-8")
    told = re.search(r"<!-- register -->\n(.*?)\n<!-- /register -->", text, re.DOTALL)
    head = ["| field | what it is | read for | kept | seen by |", "|---|---|---|---|---|"]
    assert told, "api/README.md has no register"
    assert told[1].split("\n") == head + [f"| {' | '.join(cells)} |" for cells in rows(SERVICE)]


def test_both_registers_together_have_every_table_once():
    tables = [row[0].partition(":")[0] for row in everything()]
    assert set(tables) == REGISTER.keys() | SERVICE.keys()
    assert not REGISTER.keys() & SERVICE.keys()
