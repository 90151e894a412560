"""The words of the merchant's pages in each language, and how that language writes numbers and dates.

One flat JSON file a language; a key is `section.name`. A text may hold `{names}` to be filled in.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

import orjson

FOLDER = Path(__file__).parent / "catalogues"
TAGS = {"en": "en", "zh": "zh-CN"}  # what HTML calls them
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@cache
def texts(language: str) -> Mapping[str, str]:
    """Every text in one of TAGS; asking for a key that is not there is a KeyError."""
    return MappingProxyType(orjson.loads((FOLDER / f"{language}.json").read_bytes()))


def number(value: float, language: str, digits: int = 0) -> str:
    """A count or a measure: `4,200`; with one digit `4,200.5`. The two languages write it alike."""
    return f"{value:,.{digits}f}"


def percent(value: float, language: str, digits: int = 0) -> str:
    """A share: 0.641 is `64%`."""
    return f"{value:.{digits}%}"


def day(value: date, language: str) -> str:
    """A date or a moment: `3 Nov 2026`, `2026年11月3日`."""
    if language == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def month(value: date, language: str, *, short: bool = False) -> str:
    """The month of a date: `Nov 2026`, `2026年11月`; short: `Nov`, `11月`."""
    if short:
        return f"{value.month}月" if language == "zh" else MONTHS[value.month - 1]
    if language == "zh":
        return f"{value.year}年{value.month}月"
    return f"{MONTHS[value.month - 1]} {value.year}"
