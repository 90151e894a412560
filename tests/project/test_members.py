"""The page for members: each claim leads to a route, a command or a test that there is, in both languages."""

import re

import pytest

from api.cli import VERBS
from api.contract import examples
from graph.settings import PROJECT

PAGES = [(PROJECT / "docs" / name).read_text(encoding="utf-8") for name in ("members.md", "members.zh.md")]
NOTES = [dict(re.findall(r"^\| (\d+) \| (.*) \|$", page, re.MULTILINE)) for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=["en", "zh"])
def test_every_claim_has_its_note_and_every_note_its_claim(page):
    text, _, table = page.rpartition("\n## ")
    claims = re.findall(r"\[(\d+)\](?!\()", text)
    assert claims == [str(number) for number in range(1, len(claims) + 1)]
    assert re.findall(r"^\| (\d+) \|", table, re.MULTILINE) == claims


def test_both_languages_lead_to_the_same():
    assert NOTES[0] == NOTES[1]
    headings = [re.findall(r"^(#+) ", page, re.MULTILINE) for page in PAGES]
    assert headings[0] == headings[1]


def test_routes_commands_and_tests_exist():
    named = re.findall(r"`([^`]+)`", " ".join(NOTES[0].values()))
    for name in named:
        if name.startswith("tests/"):
            path, _, test = name.partition("::")
            assert f"def {test}(" in (PROJECT / path).read_text(encoding="utf-8"), name
        elif name.startswith("circles "):
            assert name.split()[1] in VERBS, name
        else:
            assert name in examples(), name
    assert len(named) > 30


def test_the_readme_leads_to_both():
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert all(f"](docs/{name})" in readme for name in ("members.md", "members.zh.md"))
