"""Query text lies in the folders of queries, nowhere else."""

import ast
import re
import sqlite3

import neo4j
import pytest

from graph.queries import load_queries, migrations, statements
from graph.settings import PROJECT
from graph.stores.neo4j.address import target_of

PACKAGES = ("graph", "loaders", "embeddings", "api")
QUERY = re.compile(
    r"\bselect\b.+\bfrom\b|\binsert\s+into\b|\bupdate\b.+\bset\b|\bdelete\s+from\b|\b(create|drop|alter)\s+(table|index|view)\b"
    r"|\bcopy\b.+\bto\b.+\bparquet\b|\bmatch\s*\(.*\)\s*(where|return|set|delete)\b|\bmerge\s*\(\w*:",
    re.IGNORECASE | re.DOTALL,
)
# (file, statement) that may stand in Python, each with its reason
ALLOWED = {
    ("api/service_db.py", "select count(*) from sqlite_master"),  # is the file empty, before it is known
}
FILES = sorted(path for package in PACKAGES for path in (PROJECT / package).rglob("*.py"))


def texts(tree):
    """String literals of a module that are not docstrings; the pieces of an f-string as one."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield " ".join(str(p.value) if isinstance(p, ast.Constant) else "x" for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def queries_in(source):
    return {text for text in texts(ast.parse(source)) if QUERY.search(text)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_no_query_stands_in_python(path):
    name = str(path.relative_to(PROJECT))
    found = queries_in(path.read_text(encoding="utf-8"))
    allowed = {text for file, text in ALLOWED if file == name}
    assert found == allowed, f"{name}: query text belongs into a folder of queries"


@pytest.mark.parametrize(
    ("source", "is_query"),
    [
        ('db.execute("SELECT a FROM b")', True),
        ('x = "insert into t values (1)"', True),
        ('f"delete from {table}"', True),
        ('"""MATCH (u:User) RETURN u"""; y = "MATCH (u:User) RETURN u"', True),
        ('"""Select users from a table."""', False),
        ('x = "choose another file"', False),
    ],
)
def test_a_query_is_told_from_other_text(source, is_query):
    assert bool(queries_in(source)) is is_query


NAMED_BY_TABLE = {
    "sqlite": ("export_", "fill_", "forget_", "upsert_"),
    "neo4j": ("export_", "forget_", "nodes_", "edges_", "create_", "change_", "remove_"),
}


@pytest.mark.parametrize("kind", sorted(NAMED_BY_TABLE))
def test_every_query_of_a_store_is_used(kind):
    folder = PROJECT / "graph" / "stores" / kind
    code = "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    for name in load_queries(kind):
        used = f'"{name}"' in code or name.startswith(NAMED_BY_TABLE[kind])
        assert used, f"query {name!r} is used nowhere"


@pytest.mark.neo4j
@pytest.mark.xdist_group("neo4j")
def test_every_query_is_understood_by_the_server(empty_neo4j):
    target = target_of(empty_neo4j())
    with neo4j.GraphDatabase.driver(target.uri, auth=(target.user, target.password)) as driver:
        for name, query in load_queries("neo4j").items():
            filled = query.replace("{label}", "Circle").replace("{kind}", "paid").replace("{other}", "User")
            if re.search(r"^(DROP|CREATE VECTOR|CREATE INDEX|SHOW)", filled, re.MULTILINE):
                continue  # cannot be explained; test_vectors.py runs them
            values = dict.fromkeys(re.findall(r"\$(\w+)", filled))
            assert driver.execute_query(f"EXPLAIN {filled}", values).summary.plan, name


def test_every_query_fits_the_schema():
    db = sqlite3.connect(":memory:")
    queries = load_queries("sqlite")
    for script in (*migrations(), queries["make_wanted"] + ";"):
        for statement in statements(script):
            db.execute(statement)
    for name, query in queries.items():
        tables = ("user", "merchant", "product", "circle")
        if "user_idx" in query:
            tables = ("paid", "bought")
        elif "t.category" in query:
            tables = ("merchant", "product")
        if query.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            for table in tables if "{table}" in query else ("",):
                explained = "EXPLAIN " + re.sub(r"\?|:\w+", "NULL", query.replace("{table}", table))
                assert db.execute(explained).fetchall(), name
    db.close()
