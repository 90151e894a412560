"""Answers to merchants as tables: UTF-8 with a mark for Excel, hidden values as words, never empty.

Every value is one that the JSON answer has. Names come from others, so that one that a spreadsheet would read
as a formula is kept from being one.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graph.policy.disclosure import Hidden

MARK = "\ufeff"  # without it Excel reads UTF-8 as something else
# The wide ones are those of Chinese and Japanese keyboards, which a spreadsheet of there takes for the same.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

PORTRAIT_COLUMNS = (
    "section", "id", "name_en", "name_zh", "people", "share", "peer_share", "index", "now",
    "change", "low", "high", "around", "is_rising",
)  # fmt: skip
GRAPH_COLUMNS = (
    "row", "id", "kind", "name_en", "name_zh", "closeness", "scene", "people", "size", "parent", "community",
    "source", "target", "strength", "why_en", "why_zh",
)  # fmt: skip
PEERS_COLUMNS = ("id", "name_en", "name_zh", "own", "p25", "p50", "p75")
HEALTH_COLUMNS = ("month", "joins", "leaves", "newcomer_share", "months_later", "stayed")
SEARCH_COLUMNS = ("id", "kind", "name_en", "name_zh")
LISTS = ("scenes", "interests", "spend", "products", "covisits", "circles", "rising")
_ROUNDED = ("counts", "with noise, in two significant digits")
_CELLS = ("people", "share", "now")
Answer = Mapping[str, Any]
Row = dict[str, Any]


def portrait_csv(answer: Answer) -> str:
    """One row a figure, by section; `circles` have the overlap as their share."""
    told = _teller(answer)
    whole = {
        "section": "all",
        "id": "people",
        "people": told(answer["people"]),
        "change": told(answer["change"]),
    }
    rows: list[Row] = [whole, {"section": "all", "id": "kept", "share": told(answer["kept"])}]
    rows += [_entry("standing", entry, told) for entry in answer["standing"]]
    rows += [_entry(section, entry, told) for section in LISTS for entry in answer[section]]
    rows += [
        {"section": "hours", "id": f"{day['en']} {part}", "name_en": f"{day['en']} {part}",
         "name_zh": f"{day['zh']} {part}", "people": told(cell)}
        for day, row in zip(answer["hours"]["days"], answer["hours"]["cells"], strict=True)
        for part, cell in zip(answer["hours"]["parts"], row, strict=True)
    ]  # fmt: skip
    return _table(PORTRAIT_COLUMNS, rows, _about(answer))


def fan_graph_csv(answer: Answer) -> str:
    """Nodes, then links; the first column says which."""
    told = _teller(answer)
    nodes: list[Row] = [
        {"row": "node", "people": told(node["people"])}
        | {name: node[name] for name in ("id", "kind", "closeness", "scene", "size", "parent", "community")}
        | _names(node["name"])
        for node in answer["nodes"]
    ]
    edges: list[Row] = [
        {"row": "link", "why_en": edge["why"]["en"], "why_zh": edge["why"]["zh"]}
        | {name: edge[name] for name in ("kind", "source", "target", "strength")}
        for edge in answer["edges"]
    ]
    return _table(GRAPH_COLUMNS, [*nodes, *edges], _about(answer))


def peers_csv(answer: Answer) -> str:
    """One row a measure."""
    told = _teller(answer)
    rows = [
        {"id": each["id"], "own": told(each["own"])}
        | {name: _number(each[name]) for name in ("p25", "p50", "p75")}
        | _names(each["name"])
        for each in answer["measures"]
    ]
    return _table(PEERS_COLUMNS, rows, _about(answer))


def health_csv(answer: Answer) -> str:
    """One row a month, then one for each share of its newcomers that stayed."""
    rows: list[Row] = []
    for month, kept in zip(answer["months"], answer["retention"], strict=True):
        told = {name: in_words(month[name]) for name in ("joins", "leaves", "newcomer_share")}
        rows.append({"month": month["month"]} | told)
        rows += [
            {"month": kept["joined"], "months_later": later, "stayed": in_words(cell)}
            for later, cell in enumerate(kept["stayed"])
        ]
    about = [("circle", str(answer["circle_id"])), ("state", str(answer["state"])), _ROUNDED]
    return _table(HEALTH_COLUMNS, rows, about)


def search_csv(answer: Answer) -> str:
    """One row for each name that was found; no number is in it."""
    rows = [{"id": item["id"], "kind": item["kind"]} | _names(item["name"]) for item in answer["items"]]
    return _table(SEARCH_COLUMNS, rows, [])


def in_words(cell: Mapping[str, Any], minimum: int | None = None) -> str:
    """A cell as text: `120`, `<20` where the minimum is known, `hidden (complement)`."""
    if "hidden" not in cell:
        return f"{cell['v']:g}" if isinstance(cell["v"], float) else str(cell["v"])
    is_small = minimum is not None and cell["hidden"] == Hidden.MINIMUM
    return f"<{minimum}" if is_small else f"hidden ({cell['hidden']})"


def _teller(answer: Answer) -> Any:
    minimum = answer["meta"]["k"]
    return lambda cell: in_words(cell, minimum)


def _entry(section: str, entry: Mapping[str, Any], told: Any) -> Row:
    row: Row = {"section": section, "id": entry["id"]} | _names(entry["name"])
    row |= {name: told(entry[name]) for name in _CELLS if name in entry}
    if "overlap" in entry:
        row["share"] = told(entry["overlap"])
    row |= {
        name: _number(entry[name]) for name in ("index", "change", "low", "high", "around") if name in entry
    }
    if "is_rising" in entry:
        row["is_rising"] = "yes" if entry["is_rising"] else "no"
    return row | ({"peer_share": _number(entry["peer"])} if "peer" in entry else {})


def _names(name: Mapping[str, str]) -> Row:
    return {"name_en": name["en"], "name_zh": name["zh"]}


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:g}"


def table(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Text of a table that says nothing about itself."""
    return _table(columns, rows, ())


def _table(columns: Sequence[str], rows: Iterable[Row], about: Sequence[tuple[str, str]]) -> str:
    """Text of a table; the last lines say what it is about."""
    out = io.StringIO(newline="")
    out.write(MARK)
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_safe(row.get(name, "")) for name in columns])
    if about:
        writer.writerow([])
        writer.writerows([_safe(text) for text in line] for line in about)
    return out.getvalue()


def _about(answer: Answer) -> list[tuple[str, str]]:
    meta = answer["meta"]
    window = meta["window"]
    return [
        ("merchant", str(answer["merchant_id"])),
        ("window", f"{window['from']} to {window['to']} ({window['week']})" if window else "none yet"),
        ("made_at", meta["made_at"] or "not yet"),
        ("smallest group", str(meta["k"])),
        _ROUNDED,
    ]


def _safe(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
