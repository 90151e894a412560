"""Names come from whoever fills the data: none becomes markup, a formula, or turns around the text beside it.

Through the real loader, over every page, fragment and file of a merchant.
"""

import csv
import io
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from api.app import create_app
from api.commands.common import Parts
from graph.portraits.questions import Labels
from graph.settings import Settings
from loaders.run import load
from tests.api.conftest import LOADED_AT, Service
from tests.portraits import body_of, home_with, peers_of
from tests.tables import write_tables

MARKUP = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}</svg>"
FORMULA, WIDE = "=cmd|'/c calc'!A1", "\uff1dSUM(A1)"
BACKWARDS, UNSEEN, LONG = "Tea \u202e021\u2066x", "bell\x07esc\x1bend\ufffe", "茶" * 4000
NAMES = (MARKUP, FORMULA, WIDE, BACKWARDS, UNSEEN, LONG)
SHOPS = {f"c{i}": name for i, name in enumerate(NAMES)} | {
    '=1+1"><b>': "javascript:alert(1)",
    "x\ny": "\n=1+1",
}
CIRCLES = {f"i{i}": name for i, name in enumerate(NAMES)}
CATEGORIES = (MARKUP, "@SUM(A1)", "COFFEE \u202eSHOP", "TEA\x07HOUSE", "-2+3")
PAGES = (
    "", "?lang=zh&view=table", "?group=s:c3", "?group=c:i3", "/panel?group=near", "/graph?view=table",
    "/search?q=tea", "/search?q=%3Dcmd", "/invite", "/invite?circle=i0", "/circle-health?circle=i3",
)  # fmt: skip
SPOKEN = ("aria-label", "title", "alt", "placeholder", "value")
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f]")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A signed-in browser of c0, whose name is markup, in a town where every name is hostile."""
    base = tmp_path_factory.mktemp("hostile")
    parts = Parts(Settings(home=base / "home"))
    (base / "exports").mkdir()
    tables = {
        "merchants": [("merchant_id", "name", "category")]
        + [(id_, name, CATEGORIES[i % 5]) for i, (id_, name) in enumerate(SHOPS.items())],
        "circles": [("circle_id", "name", "owner_id", "scene", "state")]
        + [(id_, name, "c0", "dining", "open") for id_, name in CIRCLES.items()],
        "themes": [("circle_id", "kind", "target_id")]
        + [(id_, "category", CATEGORIES[i % 3]) for i, id_ in enumerate(CIRCLES)],
        "payments": [("payment_id", "user_id", "merchant_id", "amount", "currency", "paid_at")]
        + [(f"p{i}", f"u{i}", "c0", "4.50", "CNY", "2026-09-01T08:00:00Z") for i in range(3)],
    }  # fmt: skip
    exports = str(write_tables(base / "exports", tables))
    load([exports], home=parts.home, store=parts.store, policy=parts.policy, key=parts.key, now=LOADED_AT)
    parts.store.close()
    made = Service(create_app(Settings(home=base / "home")), {})
    labels = Labels(CATEGORIES, tuple(SHOPS), tuple(CIRCLES), (2.0, 10.0, 50.0))
    counts = {
        "standing": {"near": 600, "mid": 600, "far": 600, "lost": 300},
        "interests": [[100] * 6] * 3, "goods": [[100] * 6] * 3, "shops": [[65] * 9] * 3,
        "circles": [[80] * 7] * 3, "rising": [290] * 6,
    }  # fmt: skip
    body = body_of("c0", labels, epsilon=50.0, **counts)
    home_with(made.context.home, [(body, peers_of(body, labels, chosen_by={"category": MARKUP}))], labels)
    made.keys["shop"] = made.new_key("merchant", "c0")
    yield made.visitor("shop")
    made.context.close()


class Seen(HTMLParser):
    """What a page says, and what in it a browser would run or follow."""

    def __init__(self, page):
        super().__init__()
        self.said, self.tags, self.led = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.said += [value for name, value in attributes if name in SPOKEN and value]
        self.led += [value or "" for name, value in attributes if name in ("href", "src", "action")]
        self.led += [name for name, _ in attributes if name.startswith("on") or name == "style"]

    def handle_data(self, data):
        self.said.append(data)


@pytest.mark.parametrize("path", PAGES)
def test_no_name_becomes_markup_or_turns_text_around(shop, path):
    answer = shop.get(f"/merchant/c0{path}")
    assert answer.status_code == 200, path
    seen = Seen(answer.text)
    assert not re.findall("<script>|<img src=x", answer.text)
    assert not [led for led in seen.led if not re.match(r"[/?#]|data:", led)]
    assert not [text for text in seen.said if TURNS.search(text)]
    assert not [text for text in seen.said if "茶" * 200 in text]


def test_every_kind_of_name_is_on_the_page(shop):
    said = " ".join(Seen(shop.get("/merchant/c0").text).said)
    for text in ("<script>alert(1)</script>", "=cmd|", "Tea 021 x", "bell esc end", "茶茶…", "{{7*7}}"):
        assert text in said


@pytest.mark.parametrize("what", ["portrait", "fan-graph", "peers"])
def test_no_cell_of_a_table_is_a_formula(shop, what):
    text = shop.get(f"/merchant/c0/download/{what}?format=csv").text.removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(text)))
    cells = [cell for row in rows for cell in row]
    begun = [cell for cell in cells if re.match("\\s*[=+@\uff1d\uff0b\uff20-]", cell)]
    assert not [cell for cell in begun if not re.fullmatch(r"[+-]?[\d.e-]+", cell)]
    assert "'=cmd|'/c calc'!A1" in cells or what == "peers"
    assert len({len(row) for row in rows if len(row) > 2}) == 1


@pytest.mark.parametrize("form", ["graphml", "gexf"])
def test_a_graph_can_be_read_whatever_it_is_called(shop, form):
    file = shop.get(f"/merchant/c0/download/fan-graph?format={form}&expand=near.other").data
    texts = [
        text for node in ElementTree.fromstring(file).iter() for text in (node.text, *node.attrib.values())
    ]
    assert any(text and "alert(1)" in text for text in texts)
