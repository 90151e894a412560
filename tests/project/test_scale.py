"""The page about more than one machine: its commands exist, and each is run or says why not."""

import re

from api.cli import VERBS
from graph.settings import PROJECT, SETTINGS

PAGE = (PROJECT / "docs" / "scale.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?:<!-- (run: \w+|elsewhere: [^\n]*) -->\n)?```\n(.*?)```", PAGE, re.DOTALL)


def commands(kind):
    """Lines of the page that one kind of test runs."""
    return "".join(text for mark, text in BLOCKS if mark == f"run: {kind}")


def test_every_command_is_run_or_says_why_not():
    assert [text for mark, text in BLOCKS if not mark] == []
    assert "circles load" in commands("spark")
    assert "circles stream" in commands("kafka")


def test_verbs_settings_and_links_exist():
    assert set(re.findall(r"circles (\w+) [^`]*--", PAGE)) <= set(VERBS)
    assert set(re.findall(r"CIRCLES_([A-Z_]+)", PAGE)) <= {setting.name for setting in SETTINGS}
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", PAGE)
    assert [target for target in targets if not (PROJECT / "docs" / target).exists()] == []
    headings = {h.lower().replace(" ", "-") for h in re.findall(r"^## (.*)$", PAGE, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings


def test_the_parts_of_make_soak_that_the_page_names_exist():
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert all(f"\n{name}:" in makefile for name in set(re.findall(r"`make (soak-\w+)`", PAGE)))
