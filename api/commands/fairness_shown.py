"""A table of what groups of people get."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.commands.common import show_table


def show_fairness(lines: Sequence[Mapping[str, Any]], title: str) -> None:
    """Lines as `embeddings.fairness.ratios.compared` makes them; `!` is outside 0.8 to 1.25."""
    show_table([_row(line) for line in lines], title)


def _row(line: Mapping[str, Any]) -> dict[str, Any]:
    low, high = line.get("interval", (None, None))
    return {
        "by": line["by"],
        "group": line["group"],
        "what": line["measure"],
        "ratio": line["ratio"],
        "95 %": "" if low is None else f"{low:.2f} - {high:.2f}",
        "": "!!" if line.get("surely") else "!" if line.get("outside") else "",
    }
