"""What a portrait asks, and what that costs."""

import math
import re
from dataclasses import replace

from graph.portraits.questions import BY_NAME, QUESTIONS, Labels
from graph.settings import PROJECT


def test_all_questions_together_cost_the_epsilon_of_a_portrait():
    spent = [question.most_of_one / question.scale(0.5) for question in QUESTIONS]
    assert math.isclose(sum(spent), 0.5)


def test_noise_grows_with_the_cells_that_one_person_is_in():
    twice = replace(BY_NAME["rising"], most_of_one=2)
    assert math.isclose(twice.scale(0.5), 2 * BY_NAME["rising"].scale(0.5))


def test_labels_have_one_id_whatever_made_them():
    one = Labels(("a",), (), (), (2.0,))
    assert one.labels_id == Labels(("a",), (), (), (2.0,)).labels_id
    assert one.labels_id != Labels(("b",), (), (), (2.0,)).labels_id
    assert one.shape("spend") == (3, 3)


def test_the_documented_shares_are_those_that_are_spent():
    text = (PROJECT / "graph" / "README.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| (\.\d+) \|", text, re.MULTILINE))
    assert {name: float(share) for name, share in told.items()} == {q.name: q.share for q in QUESTIONS}
