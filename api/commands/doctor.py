"""`circles doctor`"""

import textwrap
import time
from collections.abc import Iterator

import click

from api.commands.common import answer, as_json, progress_bars, say
from api.doctor.findings import Finding, Level

WIDTH = 80
MARKS = {
    Level.OK: ("ok", {"fg": "green"}),
    Level.NOTE: ("note", {"fg": "yellow"}),
    Level.WRONG: ("WRONG", {"fg": "red", "bold": True}),
}
INDENT = 19


@click.command()
@click.option("--quick", is_flag=True, help="Do not read the whole graph, which takes minutes for millions.")
@click.option("--fix", is_flag=True, help="Mend what is safe: modes of files, what dead processes left.")
@as_json
@click.pass_context
def command(context: click.Context, quick: bool, fix: bool, json_: bool) -> None:
    """Say what is right and what is wrong with this installation and its home, and what to do about it.

    Changes nothing without --fix. Exit code 1 when something is wrong.
    """
    from api.doctor.examine import examine, mend, worst

    with progress_bars() as bars:
        found = examine(now=time.time(), told=bars, quick=quick)
    if fix:
        for sentence in mend(found):
            say(f"mended: {sentence}")
        found = examine(now=time.time(), told=lambda stage, done, total: None, quick=quick)
    answer({"findings": [f.as_dict() for f in found], "worst": worst(found)}, json_, lambda: _show(found))
    context.exit(1 if worst(found) is Level.WRONG else 0)


def _show(found: list[Finding]) -> None:
    for before, finding in zip([None, *found], found, strict=False):
        word, style = MARKS[finding.level]
        what = "" if before is not None and before.what == finding.what else finding.what
        first, *rest = _lines(finding)
        click.echo(f"{click.style(f'{word:<5}', **style)}  {click.style(f'{what:<10}', bold=True)}  {first}")  # type: ignore[arg-type]
        for line in rest:
            click.echo(" " * INDENT + line)
    click.echo(_summary(found))


def _lines(finding: Finding) -> Iterator[str]:
    yield from textwrap.wrap(finding.says, WIDTH - INDENT, break_on_hyphens=False) or [""]
    if finding.todo:
        mended = " (or --fix)" if finding.mend else ""
        yield from textwrap.wrap(
            f"-> {finding.todo}{mended}", WIDTH - INDENT, subsequent_indent="   ", break_on_hyphens=False
        )


def _summary(found: list[Finding]) -> str:
    wrong, notes = (sum(f.level is level for f in found) for level in (Level.WRONG, Level.NOTE))
    if not wrong:
        return f"\nall is well; {notes} to note" if notes else "\nall is well"
    return f"\n{wrong} wrong, {notes} to note"
