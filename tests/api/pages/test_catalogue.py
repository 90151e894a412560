"""Words of the pages: the same in each language, all used, none missing."""

import re
from datetime import UTC, datetime
from functools import cache

import orjson
import pytest

from api.pages.catalogue import FOLDER, TAGS, day, month, number, percent, texts
from graph.settings import PROJECT

API = PROJECT / "api"
KEY = re.compile(r"[a-z_]+\.[a-z0-9_]+")
ASKED = re.compile(r"""\bt\(\s*(["'])([a-z_]+\.[a-z0-9_]*)\1\s*([~,)])""")


@cache
def written(pattern):
    return "\n".join(path.read_text(encoding="utf-8") for path in API.rglob(pattern))


def asked():
    """Keys that templates ask for, and beginnings of keys that they put together."""
    found = [(key, sign) for _, key, sign in ASKED.findall(written("*.html"))]
    return {key for key, sign in found if sign != "~"}, {key for key, sign in found if sign == "~"}


def test_the_languages_have_the_same_texts_with_the_same_blanks():
    blanks = [{key: set(re.findall(r"{(\w+)", text)) for key, text in texts(tag).items()} for tag in TAGS]
    assert blanks[0] == blanks[1]
    assert all(text.strip() for tag in TAGS for text in texts(tag).values())


@pytest.mark.parametrize("language", TAGS)
def test_a_catalogue_is_sorted_flat_and_names_nothing_twice(language):
    text = (FOLDER / f"{language}.json").read_text(encoding="utf-8")
    keys = re.findall(r'^  "([^"]+)": "', text, re.MULTILINE)
    assert keys == sorted(set(keys)) == list(orjson.loads(text))
    assert all(KEY.fullmatch(key) for key in keys)


def test_no_text_that_a_page_asks_for_is_missing():
    whole, begun = asked()
    assert whole - texts("en").keys() == set()
    assert [start for start in begun if not any(key.startswith(start) for key in texts("en"))] == []
    assert len(whole) > 5


def test_no_text_is_unused():
    whole, begun = asked()
    # A module may hand a key to a template.
    named = set(re.findall(r"[\"']([a-z_]+\.[a-z0-9_]+)[\"']", written("*.html") + written("*.py")))
    unused = [key for key in texts("en") if key not in whole | named and not key.startswith(tuple(begun))]
    assert unused == []


def test_numbers_shares_and_days_read_as_the_language_writes_them():
    moment = datetime(2026, 11, 3, 22, 0, tzinfo=UTC)
    assert (number(4200, "zh"), number(0.25, "en", 1), percent(0.641, "en")) == ("4,200", "0.2", "64%")
    assert (day(moment, "en"), day(moment, "zh")) == ("3 Nov 2026", "2026年11月3日")
    assert (month(moment, "en"), month(moment, "zh")) == ("Nov 2026", "2026年11月")
    assert (month(moment, "en", short=True), month(moment, "zh", short=True)) == ("Nov", "11月")
