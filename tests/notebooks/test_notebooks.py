"""The notebooks run on a small home, draw what they say, and their two forms are one."""

import json
import subprocess
import sys

import jupytext
import pytest

from api.commands.common import Parts
from api.commands.train import train
from graph.settings import PROJECT, Settings
from loaders.run import load
from loaders.synthetic.make import generate

FOLDER = PROJECT / "notebooks"
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob("*.py"))
# What a notebook leaves behind: for each figure the number of things that are drawn in each of its axes.
DRIVER = """
import json, sys
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
exec(compile(sys.stdin.read(), "notebook", "exec"), {"__name__": "notebook"})
figures = [plt.figure(number) for number in plt.get_fignums()]
drawn = [[len(a.lines) + len(a.patches) + len(a.collections) for a in f.axes] for f in figures]
print(json.dumps(drawn))
"""
NUM_FIGURES = {"look_at_the_graph": 4, "one_recommendation": 2, "train_and_compare": 4}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Generated people, loaded and trained on."""
    base = tmp_path_factory.mktemp("notebooks")
    generate(base / "year", users=300, payments=15_000, seed=1)
    parts = Parts(Settings(home=base / "home"))
    load(
        [str(base / "year")],
        home=parts.home,
        store=parts.store,
        policy=parts.policy,
        key=parts.key,
        assume_consent=True,
        now=1_790_000_000,
    )
    train(parts, gnn=False)
    parts.store.close()
    return parts.home.path


def test_every_notebook_is_known():
    assert set(NOTEBOOKS) == set(NUM_FIGURES)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_runs_and_every_plot_shows_something(home, name):
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    changed = {'HOME = "../circles-data"': f"HOME = {str(home)!r}"}
    changed |= {'USER = "18"': 'USER = "u000003"'} if name == "one_recommendation" else {}
    changed |= {"BUDGET_S = 60": "BUDGET_S = 1"} if name == "train_and_compare" else {}
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    done = subprocess.run(
        [sys.executable, "-c", DRIVER], input=text, cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    drawn = json.loads(done.stdout.splitlines()[-1])
    assert len(drawn) == NUM_FIGURES[name]
    assert all(count > 0 for figure in drawn for count in figure)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_both_forms_have_the_same_cells_and_no_output(name):
    text, kept = (jupytext.read(FOLDER / f"{name}{ending}") for ending in (".py", ".ipynb"))
    assert [(c.cell_type, c.source) for c in kept.cells] == [(c.cell_type, c.source) for c in text.cells], (
        f"run: jupytext --to ipynb notebooks/{name}.py"
    )
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in kept.cells)
