"""`circles generate FOLDER`"""

from pathlib import Path

import click

from api.commands.common import SEED, answer, as_json, progress_bars, show_table


@click.command(
    epilog="""\b
Example:
  circles generate try --users 2000 --payments 100000
  circles load try --assume-consent
"""
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--users", type=click.IntRange(1), required=True, help="How many people.")
@click.option("--payments", type=click.IntRange(1), required=True, help="How many payment lines.")
@click.option("--merchants", type=click.IntRange(1), help="Chosen from the number of users when absent.")
@click.option("--products", type=click.IntRange(1), help="Chosen from the number of payments when absent.")
@click.option("--circles", type=click.IntRange(1), help="Chosen from the number of users when absent.")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Same seed, same bytes.")
@click.option(
    "--format",
    "table_format",
    type=click.Choice(["parquet", "csv", "jsonl"]),
    default="parquet",
    show_default=True,
)
@as_json
def command(
    folder: Path,
    users: int,
    payments: int,
    merchants: int | None,
    products: int | None,
    circles: int | None,
    seed: int,
    table_format: str,
    json_: bool,
) -> None:
    """Write a folder of synthetic payments with planted circles and friendships.

    Distributions follow real data; what was planted lies under FOLDER/truth and FOLDER/test, so that a
    model can be checked to find it.
    """
    from loaders.synthetic import generate

    with progress_bars() as bars:
        counts = generate(
            folder,
            users=users,
            payments=payments,
            merchants=merchants,
            products=products,
            circles=circles,
            seed=seed,
            table_format=table_format,
            progress=bars,
        )
    rows = [{"table": name, "rows": count} for name, count in counts.items()]
    answer(counts, json_, lambda: show_table(rows, str(folder)))
