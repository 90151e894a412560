"""What code reads about people, found in the code itself: no module can read a field that this does not see.

The store: SQLite says for each named query which columns it reads; the methods of the store say which queries
they run, by themselves or through helpers; and every other module says which methods it calls. Snapshots and
the payment log: by the names of their arrays and columns, on whatever is declared as one.
"""

import ast
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from graph.log import ROW
from graph.queries import load_queries, migrations
from graph.schema import LABELS
from graph.settings import PROJECT
from graph.snapshot import Snapshot

PACKAGES = ("graph", "loaders", "embeddings", "api")
STORES = "graph/stores/"  # how it is kept; who asks the store answers for what for
BLANKS = ("user", "merchant", "product", "circle", "paid", "bought")  # what `{table}` stands for
LOG = frozenset(ROW.names)
ARRAYS = frozenset(Snapshot.__dataclass_fields__)
Field = tuple[str, str]  # table, column
TYPES = {"Snapshot": "snapshot", "ir.Table": "log", "Rows": "log", "UserState": "state"}
OWN = frozenset({"verified", "adult", "city"})  # of a person's record, which always comes whole
COUNTS = frozenset({"stats"})  # methods that tell how many there are of everything, and nothing else
# Parts of `UserState`, which is asked for as a whole: whoever has one reads what they use of it.
STATE = {
    "consents": "consent", "paid": "paid", "bought": "bought", "member_of": "membership",
    "left": "membership", "dismissed": "dismissal", "showings": "showing", "user": "user",
}  # fmt: skip
NOT_IN_STATE = {("consent", "door")}  # what holds now, not how it came


def modules() -> Iterator[tuple[str, str]]:
    """Path and text of every module but those of the stores."""
    for package in PACKAGES:
        for path in sorted((PROJECT / package).rglob("*.py")):
            name = str(path.relative_to(PROJECT))
            if not name.startswith(STORES):
                yield name, path.read_text(encoding="utf-8")


@cache
def empty_store() -> sqlite3.Connection:
    """The tables of the embedded store."""
    db = sqlite3.connect(":memory:", cached_statements=0)  # each is prepared anew, or nothing is told of it
    for script in migrations():
        db.executescript(script)
    db.execute(load_queries("sqlite")["make_wanted"])
    return db


@cache
def columns() -> frozenset[Field]:
    """Every column of every table of the embedded store."""
    db = empty_store()
    tables = [name for (name,) in db.execute("select name from sqlite_master where type = 'table'")]
    return frozenset(
        (table, str(row[1]))
        for table in tables
        if not table.startswith("sqlite_")
        for row in db.execute(f"pragma table_info({table})")
    )


@cache
def read_by(statement: str) -> frozenset[Field]:
    """Columns that a statement reads, as SQLite says when it prepares it."""
    found: set[Field] = set()

    def authorise(action: int, one: str | None, two: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_READ and one and two:
            found.add((one, two))
        return sqlite3.SQLITE_OK

    db = empty_store()
    db.set_authorizer(authorise)
    try:
        db.execute(f"explain {statement}", dict.fromkeys(re.findall(r":(\w+)", statement)))
    except (sqlite3.ProgrammingError, sqlite3.OperationalError):
        pass  # parameters by place, when it was prepared all the same; or not a statement of this table
    finally:
        db.set_authorizer(None)
    return frozenset(found & columns())


@cache
def of_query(name: str, about: str | None = None) -> frozenset[Field]:
    """What a named query reads; about: the label or kind that `{table}` stands for, any where it is None."""
    text = load_queries("sqlite")[name]
    if "{table}" not in text:
        return read_by(text)
    tables = [about.lower()] if about and about.lower() in BLANKS else BLANKS
    return frozenset().union(*(read_by(text.replace("{table}", table)) for table in tables))


@cache
def methods() -> dict[str, frozenset[str]]:
    """Functions of the embedded store -> the queries they run, with those of whatever they call there."""
    runs: dict[str, set[str]] = {}
    calls: dict[str, set[str]] = {}
    for path in sorted((PROJECT / STORES / "sqlite").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                runs.setdefault(node.name, set()).update(_queries_in(node))
                calls.setdefault(node.name, set()).update(_called(node))
    grown = True
    while grown:
        before = sum(map(len, runs.values()))
        for name, called in calls.items():
            runs[name] |= set().union(*(runs[other] for other in called if other in runs))
        grown = sum(map(len, runs.values())) > before
    return {name: frozenset(found) for name, found in runs.items()}


def _queries_in(function: ast.FunctionDef) -> set[str]:
    """Names of queries that are the first text among the arguments of a call, or made of one."""
    names, found = load_queries("sqlite"), set()
    for node in _first_texts(function):
        if isinstance(node, ast.Constant):
            found |= {node.value} & names.keys()
        else:
            parts = (re.escape(p.value) if isinstance(p, ast.Constant) else r"\w+" for p in node.values)
            pattern = "".join(parts)
            found |= {name for name in names if pattern != r"\w+" and re.fullmatch(pattern, name)}
    return found


def _first_texts(function: ast.FunctionDef) -> Iterator[ast.Constant | ast.JoinedStr]:
    for call in ast.walk(function):
        for value in call.args if isinstance(call, ast.Call) else ():
            whole = value.body if isinstance(value, ast.IfExp) else value
            if isinstance(whole, ast.JoinedStr) or (
                isinstance(whole, ast.Constant) and isinstance(whole.value, str)
            ):
                yield whole
                if isinstance(value, ast.IfExp) and isinstance(value.orelse, ast.Constant | ast.JoinedStr):
                    yield value.orelse
                break


def _called(function: ast.FunctionDef) -> set[str]:
    """Names of what it calls of its own module or class."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                found.add(node.func.id)
            elif isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "self":
                found.add(node.func.attr)
    return found


def reads_of(source: str) -> set[Field]:
    """Fields that a module reads: `(table, column)`, `("log", column)`, `("snapshot", array)`."""
    if not re.search("tore|Snapshot|Rows|UserState|ibis|ir\\.Table", source):
        return set()
    nodes = list(ast.walk(ast.parse(source)))
    labels = {node.value for node in nodes if isinstance(node, ast.Constant)} & set(LABELS)
    of_any, found = "LABELS" in source or not labels, set()
    for call in _store_calls(nodes) if "tore" in source else ():
        found |= _asked(call, of_any, labels)
    named = _declared(nodes, TYPES) | dict.fromkeys(_assigned(nodes, "user_state"), "state")
    for node in nodes:
        base, name = _access(node)
        if base in named and name is not None:
            found |= _field(named[base], name)
    found -= {("user", name) for name in OWN - _named(nodes)}
    return found | (_in_expressions(nodes) if re.search(r"^import ibis", source, re.MULTILINE) else set())


def _field(kind: str, name: str) -> set[Field]:
    """What the name of a column, an array or a part of a person's state stands for."""
    if kind == "state":
        return {field for field in columns() if field[0] == STATE.get(name)} - NOT_IN_STATE
    return {(kind, name)} if name in (ARRAYS if kind == "snapshot" else LOG) else set()


def _named(nodes: Sequence[ast.AST]) -> set[str]:
    """Attributes and texts of a module."""
    names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return names | {str(node.value) for node in nodes if isinstance(node, ast.Constant)}


def _in_expressions(nodes: Sequence[ast.AST]) -> set[Field]:
    """Columns of the log in dataframe expressions, as attributes or as texts of a call."""
    texts = (arg for node in nodes if isinstance(node, ast.Call) for arg in node.args)
    names = {value.value for value in texts if isinstance(value, ast.Constant)}
    names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return {("log", name) for name in names & LOG}


def _store_calls(nodes: Sequence[ast.AST]) -> Iterator[ast.Call]:
    """Calls of a method on what is a store, by its name or what it was assigned from."""
    stores = {
        name
        for node in nodes
        if isinstance(node, ast.Assign)
        for name, value in _pairs(node)
        if _is_store(value)
    } | set(_declared(nodes, dict.fromkeys(("GraphStore", "FeedbackStore", "SqliteStore"), "store")))
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            base = node.func.value
            if _is_store(base) or (isinstance(base, ast.Name) and base.id in stores):
                yield node


def _pairs(node: ast.Assign) -> Iterator[tuple[str, ast.expr]]:
    """Names and what they are given, also in `one, other = 1, 2`."""
    for target in node.targets:
        if isinstance(target, ast.Name):
            yield target.id, node.value
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from (
                (name.id, value)
                for name, value in zip(target.elts, node.value.elts, strict=False)
                if isinstance(name, ast.Name)
            )


def _assigned(nodes: Sequence[ast.AST], method: str) -> set[str]:
    """Names that are given what a method returns."""
    return {
        name
        for node in nodes
        if isinstance(node, ast.Assign)
        for name, value in _pairs(node)
        if isinstance(value, ast.Call) and getattr(value.func, "attr", None) == method
    }


def _is_store(node: ast.expr) -> bool:
    """`store`, `x.store`, `x.store.get()` and the like."""
    if isinstance(node, ast.Call) and getattr(node.func, "attr", None) == "get" and not node.args:
        node = node.func.value if isinstance(node.func, ast.Attribute) else node
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name.endswith("store")


def _asked(call: ast.Call, of_any: bool, labels: set[str]) -> set[Field]:
    """What one call reads; of which label, where it says so itself, else of those that the module names."""
    assert isinstance(call.func, ast.Attribute)
    if call.func.attr == "user_state":
        return {("user", "idx"), ("user", "id")}
    first = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
    abouts = [first] if isinstance(first, str) else [None] if of_any else sorted(labels)
    queries = () if call.func.attr in COUNTS else methods().get(call.func.attr, ())
    return set().union(*(of_query(query, about) for query in queries for about in abouts))


def _declared(nodes: Sequence[ast.AST], types: Mapping[str, str]) -> dict[str, str]:
    """Names of arguments and fields declared as one of some types, and what the type is."""
    found = {}
    for node in nodes:
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            name = node.arg if isinstance(node, ast.arg) else ast.unparse(node.target)
            for word in re.findall(r"[\w.]+", ast.unparse(node.annotation)):
                if word in types:
                    found[name] = types[word]
    fields = {f"self.{name}": kind for name, kind in found.items()}
    return found | fields


def _access(node: ast.AST) -> tuple[str, str | None]:
    """`rows.user` and `rows["user"]` as ("rows", "user"), and as ("self.rows", "user")."""
    if isinstance(node, ast.Attribute):
        return _name(node.value), node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return _name(node.value), str(node.slice.value)
    return "", None


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return f"self.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
