"""What the verbs share: the parts a command works with, answers for people and for machines, progress."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from graph.errors import ConfigError, InputError, NotFound, StoreError
from graph.home import Home
from graph.policy.values import Policy, read_policy
from graph.settings import Settings, settings_from
from graph.stores.base import GraphStore
from graph.stores.open import open_store

if TYPE_CHECKING:
    from api.audit import Action

SEED = click.IntRange(0, 2**31 - 1)  # what every generator takes, and the HTTP interface too
as_json = click.option("--json", "json_", is_flag=True, help="Print JSON for machines.")


@dataclass(frozen=True)
class Parts:
    """Settings and, opened at first use, what they lead to."""

    settings: Settings

    @classmethod
    def from_environment(cls) -> "Parts":
        return cls(settings_from(os.environ))

    @cached_property
    def home(self) -> Home:
        return Home(self.settings.home.absolute()).make()

    @cached_property
    def policy(self) -> Policy:
        return read_policy(self.settings.policy)

    @cached_property
    def store(self) -> GraphStore:
        return open_store(self.home.store_address(self.settings.store))

    def reopen(self) -> None:
        """Open the store anew at its next use."""
        self.__dict__.pop("store", None)

    @cached_property
    def key(self) -> bytes:
        from loaders.pseudonyms import read_or_make_key

        return read_or_make_key(self.home, self.settings.pseudonym_key)

    def note(self, action: "Action", object: str) -> None:
        """Write what is about to be done into the audit log."""
        from api.audit import Audit
        from api.service_db import ServiceDb

        with closing(ServiceDb(self.home.service_db)) as db:
            Audit(db).append(action, at=now(), object=object)

    def answered_since(self, moment: int) -> set[str]:
        """Versions that have receipts from then on."""
        from api.receipts import Receipts
        from api.service_db import ServiceDb

        with closing(ServiceDb(self.home.service_db)) as db:
            return Receipts(db).versions(moment)

    def pseudonym(self, user_id: str) -> str:
        """The id under which the graph knows the app's account.

        Raises:
            ConfigError: the graph knows its people by another key.
        """
        from loaders.key_marks import require_key
        from loaders.pseudonyms import Pseudonyms

        with suppress(StoreError):  # that it is away is said by whoever needs it
            require_key(self.store, self.key)
        return Pseudonyms(self.key).of(user_id)


@contextmanager
def known_account() -> Iterator[None]:
    """Say of an account that nobody knows what to look at: at a terminal there is no key that sees less.

    Raises:
        NotFound: in words for a terminal.
    """
    from api.services.people import UNKNOWN

    try:
        yield
    except NotFound as error:
        if str(error) != UNKNOWN:
            raise
        raise NotFound("nothing is known of this account; see whether it is spelled right") from error


def now() -> int:
    """The moment, epoch seconds; read here and passed down, since nothing below has a clock."""
    return int(time.time())


def moment(text: str) -> int:
    """Epoch seconds of a date such as 2017-11-08, or of a date and time with a zone; UTC when none is named.

    Raises:
        InputError: the text is no date.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is not a date; expected something like 2017-11-08") from None
    return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp())


def set_threads(settings: Settings) -> None:
    """Let numeric libraries use as many threads as asked for; before they are imported."""
    if settings.threads:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, str(settings.threads))


def say(text: str) -> None:
    """A line for people, on standard error; standard output is for the answer."""
    click.echo(text, err=True)


def answer(value: Any, json_: bool, show: Callable[[], None]) -> None:
    """Print a value as JSON, or show it to people."""
    if json_:
        click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))
    else:
        show()


def show_table(rows: list[dict[str, Any]], title: str | None = None) -> None:
    """Rows with the same keys as a table; numbers to the right. Says so when there are none."""
    if not rows:
        click.echo(f"{title or 'table'}: nothing yet")
        return
    numeric = {k for k in rows[0] if all(isinstance(r[k], int | float) or r[k] is None for r in rows)}
    table = Table(header_style="bold")
    for name in rows[0]:
        table.add_column(
            name.replace("_", " "),
            justify="right" if name in numeric else "left",
            overflow="fold",
            no_wrap=name == "id",  # what one copies from here into the next command
        )
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row.values()))  # "[…]" in it is no markup
    console = Console()
    # A file or a pipe has no width; eighty columns would break names apart.
    console = console if console.is_terminal else Console(width=140)
    if title:
        console.print(title, style="bold", soft_wrap=True, highlight=False, markup=False)
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Bars on standard error, one for each stage; silent where nobody watches.

    Yields:
        report(stage, done, total): total 0 when it is not known.
    """
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        TextColumn("{task.fields[count]:>21}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                for earlier in tasks.values():
                    progress.stop_task(earlier)
                tasks[stage] = progress.add_task(stage, total=total or None, count="")
            count = f"{done:,} / {total:,}" if total else f"{done:,}"
            progress.update(tasks[stage], completed=done, total=total or None, count=count)

        yield report


def refuse_in_production(policy: Policy, what: str) -> None:
    """Raises ConfigError where the policy says `production = true`."""
    if policy.production:
        raise ConfigError(
            f"{what} is refused: policy.toml says production = true; it is for public data only"
        )


def refuse_in_demonstration(parts: Parts, store: GraphStore) -> None:
    """Raises ConfigError where the home holds the demonstration, whose key everybody knows."""
    if store.meta("demonstration"):
        raise ConfigError(
            f"{parts.home.path} is a demonstration, whose pseudonyms have a public key; "
            "set CIRCLES_HOME to another folder for data of your own"
        )
