"""`circles wall`"""

from typing import Any

import click

from api.commands.common import Parts, answer, as_json, say, show_table
from graph.errors import ConfigError

COLUMNS = ("category", "state", "walled", "scene", "why", "merchants", "products", "flagged")


@click.command()
@click.option(
    "--state",
    type=click.Choice(["unknown", "sensitive", "ordinary"]),
    help="Only these. The unknown are those that nobody has judged yet.",
)
@click.option("--csv", "csv_", is_flag=True, help="Print CSV, to be reviewed in a spreadsheet.")
@as_json
def command(state: str | None, csv_: bool, json_: bool) -> None:
    """Review how the policy reads every category: which are behind the sensitive wall, and by which rule.

    For the operator. `why` names the list and the pattern of policy.toml that matched; put a category that is
    read wrongly into another list there, and its payments, earlier ones too, follow with the next load. An
    unknown category counts as sensitive, unless [wall] says otherwise or the data are public. Counts of
    merchants and products below the smallest group are not told.
    """
    from api.services.wall_review import review

    if csv_ and json_:
        raise ConfigError("--csv and --json are given; leave one out")
    parts = Parts.from_environment()
    minimum = parts.policy.min_group_size
    found = [row for row in review(parts.store, parts.policy) if state in (None, row.state)]
    if csv_:
        return click.echo(_csv([_line(row, minimum) for row in found]), nl=False)
    value = [
        {name: cell.out() if hasattr(cell, "out") else cell for name, cell in vars(row).items()}
        for row in found
    ]
    answer({"policy": parts.policy.policy_id, "categories": value}, json_, lambda: _show(found, minimum))


def _show(found: list[Any], minimum: int) -> None:
    show_table([_line(row, minimum) for row in found], "categories and the sensitive wall")
    counted = {
        state: sum(row.state == state for row in found) for state in ("unknown", "sensitive", "ordinary")
    }
    say(", ".join(f"{number:,} {state}" for state, number in counted.items()))


def _line(row: Any, minimum: int) -> dict[str, Any]:
    """A row as words."""
    from api.services.csv_tables import in_words

    cells = {
        name: in_words(getattr(row, name).out(), minimum) for name in ("merchants", "products", "flagged")
    }
    words = {
        "category": row.category or "(none)",
        "scene": row.scene or "(none)",  # a dash begins a formula
        "walled": "yes" if row.walled else "no",
    }
    line = {"state": row.state, "why": row.why, **words, **cells}
    return {name: line[name] for name in COLUMNS}


def _csv(rows: list[dict[str, Any]]) -> str:
    from api.services.csv_tables import table

    return table(COLUMNS, rows)
