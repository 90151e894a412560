"""What tests ask of a page as it stands: faults for people who see, hear, point or read it otherwise."""

from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe

SCRIPT = (Path(__file__).parent / "measures.js").read_text(encoding="utf-8")
TARGET, LEAST_TARGET = 32, 24  # pixels: ours, and WCAG 2.5.8
WIDE = 800
MARK, WORD = 3.0, 4.5  # contrast: WCAG 1.4.11, and 1.4.3
# Marks that say something. What is faded beside a choice is not in use, nor are lines without one.
MARKS = (
    ".world:not(.choice) .n > :nth-child(2)",
    ".choice .n.on > :nth-child(2)",
    ".chosen-lines",
    ".legend .sign > *",
    "svg:not(.picture) .veil",
    ".bar",
    ".peer",
    ".heat-5",
    ".point",
    ".range",
    ".half",
    ".median",
    ".own",
    ".joins",
    ".leaves",
)


def measured(page: Any, name: str, *values: Any) -> Any:
    """One of the functions of `measures.js`."""
    page.evaluate(SCRIPT)
    return page.evaluate("([name, values]) => window.measures[name](...values)", [name, list(values)])


def axe_faults(page: Any) -> list[str]:
    """Rules that axe-core finds broken, and where."""
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]


def small_targets(page: Any) -> list[str]:
    """What is hard to hit; on phones a full ring has smaller nodes, and its table the same links."""
    tight = measured(page, "smallNodes", LEAST_TARGET) if page.viewport_size["width"] >= WIDE else []
    return [*measured(page, "smallTargets", TARGET), *tight]


def clipped(page: Any) -> list[str]:
    """Texts that do not fit their box, the window or their picture."""
    return list(measured(page, "clipped"))


def weak_colours(page: Any) -> list[str]:
    return [*measured(page, "weakMarks", MARKS, MARK), *measured(page, "weakWords", WORD)]


def nodes(page: Any) -> list[list[Any]]:
    """Nodes of the fan graph as drawn: id, whether selected, place and width."""
    return list(measured(page, "nodes"))
