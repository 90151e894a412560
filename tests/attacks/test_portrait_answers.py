"""Attacks on what a merchant is shown of its fans: JSON, files, pictures, words for screen readers, errors.

Whoever looks at an answer may learn what it says, and nothing else. So one portrait is replaced by another of
which the same is told: hidden numbers are others, and shown numbers are others that are rounded alike. If a
size, a width, a place, an order, a label, a title or a line of a file depended on more than what is told, the
two answers would differ in a byte.
"""

import csv
import io
import re
import shutil
from dataclasses import dataclass, replace
from xml.etree import ElementTree

import numpy as np
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from api.app import create_app
from api.context import Context
from api.pages import figures
from api.services import csv_tables, graph_parts
from graph.policy.disclosure import DisclosureRules
from graph.policy.portraits import CLOSENESS
from graph.portraits import told
from graph.portraits.consistent import consistent
from graph.portraits.groups import scenes_of
from graph.portraits.questions import Labels
from graph.settings import Settings
from tests.api.conftest import Service
from tests.attacks.portrait_town import LOADED_AT, TARGET, index_of
from tests.portraits import bodies, body_of, peers_of, with_portrait

MINIMUM = DisclosureRules().min_group_size
SHOWN = Labels(
    ("climbing gym", "coffee shop", "opera house", "tea house"),
    ("c0", "c1", "c2", "k0", "t0"),
    ("brew", "teas"),
    (2.0, 10.0, 50.0),
)
GROUPS = ",".join(f"{near}.{scene}" for near in CLOSENESS for scene in ("dining", "fitness", "concerts"))
API = [
    "portrait",
    *(f"portrait?closeness={near}" for near in CLOSENESS),
    "portrait?closeness=mid&scene=dining",
    "portrait?scene=fitness",
    "portrait?format=csv",
    f"fan-graph?expand={GROUPS}",
    f"fan-graph?expand={GROUPS}&format=csv",
    "fan-graph?format=graphml",
    f"fan-graph?expand={GROUPS}&format=gexf",
    "peers",
    "peers?format=csv",
]
PAGES = [
    "",
    "?lang=zh&view=table",
    f"?expand={GROUPS}",
    "/panel?group=near",
    "/panel?group=mid.dining",
]
FRESH = re.compile(r'name="(csrf|token)" value="[^"]*"')  # other ones in every form
FEW = settings(
    max_examples=6,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an answer takes too long to look for the smallest
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
BODIES = bodies("c0", SHOWN)
KEY = "k" * 32  # of the pseudonyms of the town


@pytest.fixture(scope="module")
def shown(town_home, tmp_path_factory):
    """The application over the town, with keys of two merchants and the operator; c0 is signed in."""
    folder = tmp_path_factory.mktemp("answers") / "home"
    shutil.copytree(town_home.path, folder)
    made = Service(create_app(Settings(home=folder, pseudonym_key=KEY)), {})
    made.keys["c0"], made.keys["operator"] = made.new_key("merchant", "c0"), made.new_key("operator")
    yield Shown(made, made.context, made.visitor("c0"))
    made.context.close()


@dataclass(frozen=True, repr=False)
class Shown:
    """What c0 is shown. browser: in which it is signed in."""

    service: Service
    context: Context
    browser: FlaskClient

    def show(self, body, peers=None):
        """Serve this portrait of c0, and no other."""
        self.service.app.extensions["circles"] = with_portrait(self.context, body, peers, SHOWN)

    def get(self, path):
        return self.service.ask("GET", path, key="c0", headers={"X-Request-Id": "one"})

    def everything(self, body, peers=None):
        """Everything that c0 can be shown of a portrait, by address."""
        self.show(body, peers)
        found = {path: self.get(f"/v1/merchants/c0/{path}") for path in API}
        found |= {path: self.browser.get(f"/merchant/c0{path}") for path in PAGES}
        assert {path: got.status_code for path, got in found.items() if got.status_code != 200} == {}
        return {path: FRESH.sub("", got.text) for path, got in found.items()}


# -- another portrait of which the same is told ---------------------------------------------------------


def all_told(body, policy):
    """Every cell that is told of a portrait, in a fixed order."""
    body = consistent(body)
    scenes = scenes_of(policy, SHOWN.categories)
    cells = [told.tell_people(body, policy), told.tell_before(body, policy), told.tell_kept(body, policy)]
    cells += [*told.tell_standing(body, policy).values(), *told.tell_groups(body, policy, scenes).values()]
    for near in (None, *CLOSENESS):
        for question in ("hours", "spend", "goods", "shops", "circles"):
            cells += told.tell_cells(body, question, policy, near)
        cells += told.tell_interests(body, policy, scenes, near)
        cells += told.tell_scenes(body, policy, scenes, near).values()
    return cells


def told_alike(body, policy, seed):
    """Another portrait of which the same is told, as different as a few tries make it.

    Rising demand stays: it is forecast from noisy counts, as it may be.
    """
    rng, same = np.random.default_rng(seed), all_told(body, policy)
    for question in ("interests", "hours", "spend", "goods", "shops", "circles", "standing"):
        for share in (0.9, 0.3, 0.1, 0.03, 0.03):
            cells = body.counts[question]
            small, near = rng.integers(-9, MINIMUM, cells.shape), cells + rng.integers(-3, 4, cells.shape)
            other = np.where(cells < MINIMUM, small, near)
            mixed = np.where(rng.random(cells.shape) < share, other, cells)
            tried = replace(body, counts=dict(body.counts) | {question: mixed})
            if all_told(tried, policy) == same:
                body = tried
    return body


def differing(one, other):
    return [path for path in one if one[path] != other[path]]


@FEW
@given(body=BODIES, seed=st.integers(0, 1_000))
def test_an_answer_depends_on_nothing_but_what_is_told(shown, policy, body, seed):
    other = told_alike(body, policy, seed)
    assume(any((body.counts[name] != other.counts[name]).any() for name in body.counts))
    peers = peers_of(body, SHOWN)
    assert differing(shown.everything(body, peers), shown.everything(other, peers)) == []


FANS = body_of(
    "c0",
    SHOWN,
    standing={"near": 411, "mid": 307, "far": 203, "lost": 5},
    interests=[[203, 93, 61, 41, 11], [151, 74, 1, 63, 12], [103, 53, 2, 42, 3]],
    hours={(near, day, part): 40 + day for near in CLOSENESS for day in range(4) for part in (2, 3)},
    shops={(near, shop): 83 for near in CLOSENESS for shop in SHOWN.shops},
    circles={("near", "brew"): 207, ("mid", "brew"): 103, ("far", "brew"): 99, ("near", None): 204},
)


def leaks(body):
    """Ways to give away a hidden number, each as what is patched and by what."""
    odd = int(sum(cells.sum() for cells in body.counts.values())) % 2
    in_words, node_out = csv_tables.in_words, graph_parts.Node.out
    return {
        "size": (graph_parts.Node, "out", lambda node, size: node_out(node, min(5, size + odd))),
        "file": (csv_tables, "in_words", lambda cell, minimum: in_words(cell, minimum + odd)),
        "words": (figures, "what_changed", lambda *_: f"{body.people} fans"),
    }


@pytest.mark.parametrize("leak", leaks(FANS))
def test_a_picture_a_file_or_a_sentence_that_says_more_is_found(shown, policy, monkeypatch, leak):
    seen = []
    seeds = (seed for seed in range(99) if leaks(told_alike(FANS, policy, seed)) and differs(seed, policy))
    for body in (FANS, told_alike(FANS, policy, next(seeds))):
        with monkeypatch.context() as patched:
            patched.setattr(*leaks(body)[leak])
            seen.append(shown.everything(body))
    assert differing(*seen)


def differs(seed, policy):
    """Whether another portrait is one that all leaks would tell."""
    bodies_ = FANS, told_alike(FANS, policy, seed)
    sums = [sum(int(cells.sum()) for cells in body.counts.values()) % 2 for body in bodies_]
    return sums[0] != sums[1] and bodies_[0].people != bodies_[1].people


# -- numbers under the minimum ------------------------------------------------------------------------

IN_WORDS = re.compile(r"([\d,]+) ?(?:shared )?(?:people|fans|members|[位名人])")
FIGURES = re.compile(r'class="told">([\d,]+)<')


@FEW
@given(body=BODIES)
def test_no_number_of_people_under_the_minimum_is_anywhere(shown, body):
    found = shown.everything(body, peers_of(body, SHOWN))
    for path, text in found.items():
        assert [number for number in numbers_of(path)(text) if number < MINIMUM] == [], path


def numbers_of(path):
    """Reads the numbers of people that are told at an address."""
    if path in PAGES:
        return numbers_of_page
    return numbers_of_table if "csv" in path else people_of_graph if "=g" in path else numbers_of_json


def numbers_of_page(page):
    """Numbers of people in texts, titles and labels for screen readers."""
    labels = re.findall(r'(?:aria-label|title|alt|data-[a-z]+)="([^"]*)"', page)
    texts = [*FIGURES.findall(page), *IN_WORDS.findall("\n".join([re.sub(r"<[^>]*>", "\n", page), *labels]))]
    return [int(text.replace(",", "")) for text in texts if text.strip(",")]


def numbers_of_json(text):
    """Cells of people; those of a list without names, as hours are."""
    named = re.findall(r'"(?:people|now)":\{"v":(\d+)', text)
    return [int(value) for value in [*named, *re.findall(r'[\[,]\{"v":(\d+)\}', text)]]


def numbers_of_table(text):
    columns = ("people", "now", "p25", "p50", "p75", "own")
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    return [
        int(row[name])
        for row in rows
        for name in columns
        if (row.get("id") == "people" or name in columns[:2]) and (row.get(name) or "").isdecimal()
    ]


def people_of_graph(text):
    """Values of the attribute `people` in GraphML and GEXF."""
    root = ElementTree.fromstring(text)
    keys = {e.get("id") for e in root.iter() if "people" in (e.get("attr.name"), e.get("title"))}
    found = [e for e in root.iter() if (e.get("key") or e.get("for")) in keys]
    return [int(e.get("value") or e.text or 0) for e in found if (e.get("for") or "data" in e.tag)]


def test_numbers_of_people_are_found_where_they_are_told(shown):
    found = shown.everything(FANS)
    assert {920, 410} <= set(numbers_of_page(found[""]))
    assert {920, 410} <= set(numbers_of_table(found["portrait?format=csv"]))
    for path in API:
        if "graphml" in path or "gexf" in path:
            assert {920} <= set(people_of_graph(found[path])), path


# -- errors, absence, search --------------------------------------------------------------------------

REFUSED = [
    "portrait?closeness=lost",
    "portrait?scene=finance",
    "portrait?window=30d",
    "portrait?closeness=near&weekday=tue",
    "fan-graph?expand=near.finance",
    "fan-graph?expand=near.dining:tea%20house",
    "fan-graph?format=pdf",
]


def test_no_error_depends_on_fans(shown):
    seen = []
    for body in (FANS, body_of("c0", SHOWN), body_of("k0", SHOWN)):  # many, none, no portrait at all
        shown.show(body)
        got = [shown.get(f"/v1/merchants/c0/{path}") for path in REFUSED]
        seen.append([(one.status_code, one.text) for one in got])
    assert seen[0] == seen[1] == seen[2]
    assert {status for status, _ in seen[0]} <= {404, 422}


def test_a_hidden_group_that_is_to_be_taken_apart_is_as_one_that_nobody_is_in(shown, policy):
    scene = scenes_of(policy, SHOWN.categories)[SHOWN.categories.index("opera house")]
    interests = FANS.counts["interests"].copy()
    interests[1:, SHOWN.categories.index("opera house")] = 0  # one occasional fan, and two new ones
    empty = replace(FANS, counts=dict(FANS.counts) | {"interests": interests})
    for path in (f"fan-graph?expand=mid.{scene}", f"portrait?scene={scene}&closeness=mid"):
        seen = []
        for body in (FANS, empty):
            shown.show(body)
            seen.append(shown.get(f"/v1/merchants/c0/{path}").text)
        assert seen[0] == seen[1]
        assert '{"hidden":"minimum"}' in seen[0]


def test_too_few_fans_are_as_none_at_all(shown, policy):
    fans = policy.portraits.min_people
    few = body_of("c0", SHOWN, standing={"near": fans - 1}, interests={("near", "tea house"): fans - 1})
    found = shown.everything(few)
    assert differing(found, shown.everything(body_of("c0", SHOWN))) == []
    assert differing(found, shown.everything(body_of("k0", SHOWN))) == []  # c0 is not in the week
    enough = body_of("c0", SHOWN, standing={"near": fans})
    assert "portrait" in differing(found, shown.everything(enough))


def test_suggestions_of_the_search_depend_on_no_fans(shown):
    asked = ["coffee", "tea", "te", "reg", "dining", "brew", "wall", "oolong", "餐饮", "opera"]
    seen = []
    for body in (FANS, body_of("c0", SHOWN), body_of("k0", SHOWN)):
        shown.show(body)
        seen.append([shown.get(f"/v1/search?q={q}").text for q in asked])
    assert seen[0] == seen[1] == seen[2]
    assert sum('"id"' in text for text in seen[0]) >= 6


def test_whoever_withdraws_changes_no_answer_and_no_suggestion(shown):
    """Between two portraits: whatever is told is worked out from what was kept, never from people again."""
    store = shown.context.store.get()
    before = shown.everything(FANS) | {"search": shown.get("/v1/search?q=tea").text}
    row = {
        "user": [index_of(store, TARGET)],
        "purpose": ["portraits"],
        "granted": [False],
        "at": [LOADED_AT + 9],
    }
    store.set_consents(row)
    after = shown.everything(FANS) | {"search": shown.get("/v1/search?q=tea").text}
    told_of_portraits = [path for path in before if path in API or "panel" in path or path == "search"]
    assert [path for path in differing(before, after) if path in told_of_portraits] == []


def test_peers_are_told_from_as_many_as_hide_one(shown, policy):
    few = peers_of(FANS, SHOWN, number=policy.portraits.min_peers - 1)
    other = replace(few, people=few.people * 3, measures=dict.fromkeys(few.measures, (9.0, 9.0, 9.0)))
    one, two = shown.everything(FANS, few), shown.everything(FANS, other)
    assert differing(one, two) == []
    enough = replace(few, number=policy.portraits.min_peers)
    assert "peers" in differing(one, shown.everything(FANS, enough))
