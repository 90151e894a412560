"""The demonstration on a year of real payments, as the README tells it."""

import json
import random
import re
import shutil

import pytest

from api.app import create_app
from api.services.paging import paged
from api.services.ranking import Question
from api.services.replays import replay
from embeddings.seal import sealed
from graph.policy.scenes import is_sensitive
from graph.settings import PROJECT, Settings
from graph.stores.open import open_store

README = (PROJECT / "README.md").read_text(encoding="utf-8")
# One worker runs them all: loading and training real data once is enough.
pytestmark = [pytest.mark.xdist_group("demonstration"), pytest.mark.slow]


@pytest.fixture(scope="module")
def told(demonstration):
    """What the demonstration prints; a second start finds everything done."""
    return demonstration.run("demo", "--no-serve")


def test_a_second_start_changes_nothing_and_trains_nothing(demonstration, told):
    assert "published already" not in told  # that line is for people, on standard error
    before = demonstration.json("models", "list")
    demonstration.run("demo", "--no-serve")
    assert demonstration.json("models", "list") == before


def test_everything_of_the_year_is_loaded(demonstration):
    counted = demonstration.json("graph", "stats")
    assert counted["log_payments"] == 1_469_307
    assert counted["User"] == 2_469
    assert demonstration.json("graph", "check") == {"problems": []}


def test_the_readme_shows_the_real_answer(demonstration):
    block = re.search(r"<!-- answer -->\n```\n\$ (.*?)\n(\{.*?\})\n```", README, re.DOTALL)
    assert block, "the README has no answer between its <!-- answer --> marks"
    path = re.search(r"8000(/\S+?)'", block[1])[1]
    with demonstration.serving() as client:
        status, real = client.ask("GET", path)
    assert status == 200
    shown = json.loads(block[2])
    assert steady(shown) == steady(real), json.dumps(real, ensure_ascii=False, indent=1)
    assert numbers(shown) == pytest.approx(numbers(real), abs=0.15)


def steady(answer):
    """An answer without what is new each time, without numbers, and without the order of near equals."""
    fresh = ("rec_id", "version", "as_of", "items", "next_cursor")
    kept = {key: value for key, value in answer.items() if key not in fresh}
    return kept | {"items": [said_of(item) for item in answer["items"]]}


def said_of(item):
    reasons = [
        (reason["kind"], sorted(reason["labels"]), sorted(re.findall(r"\w+", reason["text"].lower())))
        for reason in item["reasons"]
    ]
    kept = {key: value for key, value in item.items() if key not in ("score", "reasons")}
    return kept | {"reasons": sorted(reasons)}


def numbers(answer):
    """Scores and shares: processors that add in another order choose other weights by a little."""
    of_items = [
        [item["score"], *sorted(reason["share"] for reason in item["reasons"])] for item in answer["items"]
    ]
    return [number for listed in of_items for number in listed]


def test_sensitive_categories_get_no_circle_and_give_no_reason(demonstration, policy):
    store = open_store(f"sqlite:///{demonstration.home / 'circles.db'}")
    targets = [t for circle in store.circles() for t in circle.theme if t.kind == "category"]
    assert len(targets) > 50
    assert not [t.target_id for t in targets if is_sensitive(policy, t.target_id)]
    for household in json.loads(store.meta("demo_users")):
        items = demonstration.json("recommend", household)["items"]
        labels = [label for item in items for reason in item["reasons"] for label in reason["labels"]]
        assert items
        assert labels
        assert not [label for label in labels if is_sensitive(policy, label)]
    store.close()


def test_a_household_gets_ten_open_circles_that_it_has_not_joined(demonstration):
    store = open_store(f"sqlite:///{demonstration.home / 'circles.db'}")
    items = demonstration.json("recommend", "18")["items"]
    assert len({item["circle_id"] for item in items}) == 10
    assert all(item["reasons"] for item in items)
    store.close()


def test_data_of_ones_own_may_not_join_the_demonstration(demonstration, tmp_path):
    (tmp_path / "users.csv").write_text("user_id\nsomebody\n")
    assert "CIRCLES_HOME" in demonstration.run("load", str(tmp_path), code=2)


def test_lists_of_two_hundred_people_are_made_again_to_the_last_bit(demonstration, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(demonstration.home, home)
    app = create_app(Settings(home=home))
    context = app.extensions["circles"]
    now, people = context.now(), random.Random(7).sample(range(1, 2501), 250)
    known = [
        user
        for user in context.pseudonyms.of_many([str(n) for n in people])
        if context.store.get().user(user)
    ]
    answers = []
    for number, user in enumerate(known[:200]):
        question = Question(user, limit=(3, 10, 20, 100)[number % 4], explain=False)
        answers.append(paged(context, question, None, now=now))
        if number % 4 == 0 and "next_cursor" in answers[-1]:
            answers.append(paged(context, question, answers[-1]["next_cursor"], now=now))
    assert len(answers) == 250
    for publish in (lambda: None, lambda: publish_copy(context)):
        publish()
        again = [replay(context, answer["rec_id"], now=now + 60) for answer in answers]
        assert all(found["same"] and found["remade"] for found in again)
        assert [[i["circle_id"] for i in found["items"]] for found in again] == [
            [i["circle_id"] for i in answer["items"]] for answer in answers
        ]
    context.close()


def publish_copy(context):
    """Serve the same arrays as another version."""
    registry, old = context.versions.registry, context.versions.current().version.name
    shutil.copytree(registry.versions / old, registry.versions / f"{old}-2")
    manifest = registry.versions / f"{old}-2" / "manifest.json"
    about = json.loads(manifest.read_text()) | {"version": f"{old}-2"}
    manifest.write_text(json.dumps(sealed(about)))
    registry.set_current(f"{old}-2")
    context.versions._checked_at = float("-inf")
    assert context.versions.current().version.name == f"{old}-2"
