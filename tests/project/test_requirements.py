"""`make demo` installs requirements.txt and nothing else: it names all that the extras for it name."""

import tomllib

from graph.settings import PROJECT


def test_requirements_are_those_of_loading_training_and_serving():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    declared = {*project["dependencies"], *extras["load"], *extras["serve"], *extras["train"]}
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    listed = {line for line in lines if line and not line.startswith(("#", "-e"))}
    assert listed == {name for name in declared if not name.startswith("circles[")}
