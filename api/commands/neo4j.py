"""`circles neo4j up|down|status|fetch|import|vectors`."""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from api.commands.common import Parts, answer, as_json, progress_bars, say, show_table
from graph.errors import ConfigError, InputError
from graph.local_neo4j.server import LocalServer, Started, Status, programs
from graph.stores.base import without_secret
from graph.stores.open import open_store


def _size(_context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """A size as Java and Neo4j both write it."""
    if value is None:
        return None
    if value[-1:].lower() not in ("m", "g") or not value[:-1].isdecimal() or int(value[:-1]) == 0:
        raise click.BadParameter(f"{value!r}; expected a size such as 512m or 2g", param=option)
    return value.lower()


_IMPORTED = (
    "imported; go on with CIRCLES_STORE=neo4j, and remove the file it came from once that runs: "
    "erasures do not reach it"
)


@click.group()
def command() -> None:
    """A real Neo4j on this machine, without Docker, for tests, trials and Cypher.

    \b
    circles neo4j up                    fetch it once (128 MB), start it, wait until it answers
    CIRCLES_STORE=neo4j circles demo    use it
    circles neo4j import                move this home's embedded graph into it
    circles neo4j down                  stop it; the data stay

    It is Neo4j Community 5.26 LTS (GPL), fetched from Maven Central at your command, with a Java runtime
    where none is found. It listens on this machine only, keeps its data in CIRCLES_HOME/neo4j and runs on
    when the command ends.
    """


@command.command()
@click.option(
    "--port",
    type=click.IntRange(1024, 65535),
    help="Where to listen; the last port or 7687 when absent, a free one when that is taken.",
)
@click.option(
    "--heap", callback=_size, help="Java's memory, such as 2g; kept for later starts.  [default: 1g]"
)
@click.option(
    "--pagecache", callback=_size, help="Memory for the files, such as 1g; kept too.  [default: 256m]"
)
@as_json
def up(port: int | None, heap: str | None, pagecache: str | None, json_: bool) -> None:
    """Start the server of this home, unless it runs, and wait until it answers.

    The first start fetches what is missing into ~/.cache/circles (or XDG_CACHE_HOME); all homes share it.
    """
    server = local_server(Parts.from_environment())
    started = start(server, port=port, heap=heap, pagecache=pagecache)
    answer(_told(started.status, reused=started.reused), json_, lambda: _show_up(server, started))


def start(server: LocalServer, **wishes: Any) -> Started:
    """Start a server unless it runs, with bars; says what a person should know.

    Args:
        wishes: port and memory, see `LocalServer.up`.
    """
    with progress_bars() as bars:
        started = server.up(lambda: programs(os.environ, progress=bars), progress=bars, **wishes)
    if started.note:
        say(started.note)
    return started


@command.command()
@as_json
def fetch(json_: bool) -> None:
    """Fetch what `up` needs and start nothing: for a machine that will have no network, or a test run."""
    with progress_bars() as bars:
        found = programs(os.environ, progress=bars)
    java, jars = found.java, found.artifacts
    value = {"version": jars.version, "jars": str(jars.folder), "java": str(java.path)}
    text = f"Neo4j {jars.version} is in {jars.folder}; Java {java.version} is {java.path}"
    answer({**value, "java_version": java.version}, json_, lambda: click.echo(text))


@command.command()
@as_json
def down(json_: bool) -> None:
    """Stop the server cleanly; the data stay. Nothing happens when it does not run."""
    stopped = local_server(Parts.from_environment()).down()
    text = "Neo4j is stopped; its data stay" if stopped else "Neo4j was not running"
    answer({"stopped": stopped}, json_, lambda: click.echo(text))


@command.command()
@as_json
@click.pass_context
def status(context: click.Context, json_: bool) -> None:
    """Say whether the server runs, and where; exit code 1 when it does not."""
    found = local_server(Parts.from_environment()).status()
    answer(_told(found), json_, _shown(found))
    context.exit(0 if found.running else 1)


@command.command(name="import")
@click.argument("source", default="sqlite:///circles.db", metavar="[ADDRESS]")
@as_json
def import_(source: str, json_: bool) -> None:
    """Move a graph into the empty local server: that of the embedded store ADDRESS, or of this home's.

    By Neo4j's own importer, ten times as fast as over the wire. It is the same graph afterwards, so that
    payment log, snapshots and versions of this home fit it: go on with CIRCLES_STORE=neo4j. Repeat it after a
    crash; when everything is there, nothing is done. ADDRESS is only read; nothing may write to it meanwhile.
    """
    from graph.stores.neo4j.transfer import transfer

    parts = Parts.from_environment()
    address = parts.home.store_address(source)
    _refuse_missing(address)
    with progress_bars() as bars, closing(open_store(address)) as store:
        found = lambda: programs(os.environ, progress=bars)  # noqa: E731 - asked only when it has to start
        moved = transfer(store, local_server(parts), found, bars)
    rows = [{"what": name, "count": count} for name, count in moved.counts.items()]
    title = "was there already" if moved.already else _IMPORTED
    answer(asdict(moved), json_, lambda: show_table(rows, title))


def _refuse_missing(address: str) -> None:
    path = Path(address.removeprefix("sqlite:///"))
    if not address.startswith("sqlite:///") or not path.is_file():
        raise InputError(f"{without_secret(address)!r} is not an embedded store; expected sqlite:///FILE")


@command.command()
@click.option("--version", "version_name", metavar="V", help="The served version when absent.")
@as_json
def vectors(version_name: str | None, json_: bool) -> None:
    """Write vectors of circles, merchants and products into CIRCLES_STORE, with an index for each.

    A copy for looking and joining in Cypher; people never get one. Repeating it replaces those of an earlier
    version.
    """
    from embeddings.registry import Registry
    from embeddings.vectors import place
    from graph.stores.neo4j.store import Neo4jStore

    parts = Parts.from_environment()
    if not isinstance(parts.store, Neo4jStore):
        raise ConfigError("vectors are kept in Neo4j only; set CIRCLES_STORE=neo4j, or to a server's address")
    registry = Registry(parts.home.versions)
    version = registry.open(version_name) if version_name else registry.current()
    if version.manifest.get("store_id") != parts.store.meta("store_id"):
        raise ConfigError(f"version {version.name} is of another store than CIRCLES_STORE; train on this one")
    written = {
        label: parts.store.put_vectors(label, placed.indices, placed.vectors, version=version.name)
        for label, placed in place(version).items()
    }
    value = {"version": version.name, "written": written}
    rows = [{"label": label, "vectors": number} for label, number in written.items()]
    answer(value, json_, lambda: show_table(rows, f"vectors of version {version.name}"))


def local_server(parts: Parts) -> LocalServer:
    """The server of a home."""
    return LocalServer(parts.home.neo4j)


def _told(status: Status, **more: Any) -> dict[str, Any]:
    address = f"bolt://127.0.0.1:{status.port}" if status.running else None
    return {**asdict(status), "address": address, **more}


def _show_up(server: LocalServer, started: Started) -> None:
    port = started.status.port
    click.echo(
        f"Neo4j {started.status.version} {'runs already' if started.reused else 'is up'} on port {port}"
    )
    click.echo("\nUse it with\n\n  CIRCLES_STORE=neo4j circles demo\n")
    click.echo(f"Another program connects to bolt://127.0.0.1:{port} as neo4j; the password is in")
    click.echo(f"{server.files.password}. Stop it with `circles neo4j down`.")


def _shown(status: Status) -> Callable[[], None]:
    def show() -> None:
        if not status.running:
            click.echo("Neo4j is not running; start it with `circles neo4j up`")
        else:
            minutes = (status.uptime_s or 0) // 60
            click.echo(f"Neo4j {status.version} runs on bolt://127.0.0.1:{status.port}")
            click.echo(f"process {status.pid}, up {minutes} min")
        click.echo(f"{status.data_bytes / 1e6:,.0f} MB of data in {status.folder}")

    return show
