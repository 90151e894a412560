"""The README names every setting, and nothing that is none."""

import re

from graph.settings import PROJECT, SECRETS, SETTINGS

README = (PROJECT / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_readme():
    rows = dict(re.findall(r"^\| `CIRCLES_(\w+)` \| (.*?) \|", README, re.MULTILINE))
    assert rows.keys() == {setting.name for setting in SETTINGS}


def test_every_secret_may_be_given_as_a_file_and_the_readme_says_so():
    for name in SECRETS:
        assert re.search(rf"^\| `CIRCLES_{name}` .*`CIRCLES_{name}_FILE`", README, re.MULTILINE), name


def test_readme_names_no_setting_that_does_not_exist():
    known = {setting.name for setting in SETTINGS} | {f"{name}_FILE" for name in SECRETS}
    assert set(re.findall(r"CIRCLES_(\w+)", README)) <= known
