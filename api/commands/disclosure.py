"""`circles disclosure ledger`"""

import click

from api.commands.common import Parts, answer, as_json, show_table


@click.group()
def command() -> None:
    """What merchants were told about groups of people.

    Counts that are asked for again and again carry noise, and each answer costs part of the merchant's budget
    of a quarter ([disclosure] in policy.toml). An answer once given is repeated for free.
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
    found = ledger_of(parts.store, parts.policy.disclosure, owner)
    rows = [{name: value for name, value in row.items() if name != "questions"} for row in found]
    answer({"ledger": found}, json_, lambda: show_table(rows, "answers to repeated questions"))
