"""The README names every setting, and nothing that is none."""

import re

from graph.settings import PROJECT, SETTINGS

README = (PROJECT / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_readme():
    rows = dict(re.findall(r"^\| `CIRCLES_(\w+)` \| (.*?) \|", README, re.MULTILINE))
    assert rows.keys() == {setting.name for setting in SETTINGS}


def test_readme_names_no_setting_that_does_not_exist():
    known = {setting.name for setting in SETTINGS} | {"PSEUDONYM_KEY_FILE"}
    assert set(re.findall(r"CIRCLES_(\w+)", README)) <= known
