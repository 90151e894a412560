"""`circles disclosure ledger`"""

from typing import Any

import click

from api.commands.common import Parts, answer, as_json, show_table

MOST_SHOWN = 40


@click.group()
def command() -> None:
    """What merchants were told about groups of people.

    Counts that are asked for again and again carry noise, and each answer costs part of the merchant's budget
    of a quarter ([disclosure] in policy.toml; portraits have a budget of their own, [portraits]). An answer
    once given is repeated for free.
    """


@command.command()
@click.option("--owner", metavar="MERCHANT", help="Only this merchant's questions.")
@as_json
def ledger(owner: str | None, json_: bool) -> None:
    """What the repeated questions of each merchant cost in each quarter, and what is left.

    --json lists the questions too. Answers are not shown, and no person is in the ledger.
    """
    from api.services.disclosed import ledger as ledger_of

    parts = Parts.from_environment()
    found = ledger_of(parts.store, parts.policy.disclosure, parts.policy.portraits, owner)
    rows = [{name: value for name, value in row.items() if name != "questions"} for row in found]
    answer({"ledger": found}, json_, lambda: _show(rows))


def _show(rows: list[dict[str, Any]]) -> None:
    """Those who spent most; portraits are asked for every merchant, also for one without fans."""
    by_spent = sorted(rows, key=lambda row: (-row["spent"], row["owner"], row["quarter"]))
    show_table(by_spent[:MOST_SHOWN], "answers to repeated questions, by what they cost")
    if len(rows) > MOST_SHOWN:
        click.echo(f"and {len(rows) - MOST_SHOWN:,} more; --owner or --json shows them")
