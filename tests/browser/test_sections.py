"""The sections of a merchant's page in a real Chromium: each width, theme and sad state."""

import pytest

from api.pages import figures
from graph.errors import StoreError
from tests.portraits import body_of, home_with, peers_of

SECTIONS = ["health", "fans", "portrait", "invite", "circles", "peers", "how"]
COUNTS = {
    "standing": {"near": 200, "mid": 300, "far": 100, "lost": 150},
    "interests": [[40, 60, 30, 45, 25], [60] * 5, [20] * 5],
    "hours": {("near", day, part): 20 + 9 * day for day in range(7) for part in range(3)},
    "spend": {("near", 1): 90, ("near", 2): 60, ("mid", 1): 150, ("mid", 3): 150, ("far", 2): 100},
    "goods": [[50] * 5, [60] * 5, [20] * 5],
}

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def shop(service):
    """A portrait of the merchant who is signed in."""
    body = body_of("k0", epsilon=50.0, **COUNTS)
    home_with(service.context.home, [(body, peers_of(body))])


def boxes(page):
    """Of every section: whether it has a place, and whether something in it is cut off at the side."""
    return page.evaluate(
        """() => [...document.querySelectorAll("section.part")].map((part) => {
            const box = part.getBoundingClientRect();
            const wide = [...part.querySelectorAll("h2, h3, h4, p, table, dl, ul, .tile, .figure")]
                .filter((each) => !each.closest(".wide, .rows"))
                .filter((each) => each.getBoundingClientRect().right > innerWidth + 1);
            return [part.id, box.height > 40, wide.map((each) => each.outerHTML.slice(0, 80))];
        })"""
    )


@pytest.mark.parametrize(
    ("width", "scheme", "query"),
    [
        (1280, "light", "?lang=en"),
        (390, "dark", "?lang=zh"),
        (390, "light", "?lang=en&group=near&view=table"),
    ],
)
def test_every_section_has_its_place_and_nothing_is_cut_off(visit, shop, width, scheme, query):
    page = visit(query, width=width, color_scheme=scheme)
    assert boxes(page) == [[name, True, []] for name in SECTIONS]
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_navigation_leads_to_sections_and_stays_in_sight(visit, shop):
    page = visit("?lang=en")
    page.click("nav.sections >> text=Compare")
    page.wait_for_function("scrollY > 300")
    nav, title = page.locator("nav.sections").bounding_box(), page.locator("#peers h2").bounding_box()
    assert nav["y"] == 0
    assert nav["height"] <= title["y"] < 900


def test_how_often_fans_come_selects_them_in_place(visit, shop):
    page = visit("?lang=en")
    page.evaluate("window.same = true")
    page.click("#panel >> text=Regulars")
    page.wait_for_selector("#panel h3:text-is('Regulars')")
    assert page.url.endswith("?group=near&lang=en")
    assert "Regulars" in page.inner_text("#portrait .shown-for")
    page.click("#panel >> text=All fans")
    page.wait_for_selector("#panel h3:text-is('All your fans')")
    assert page.evaluate("window.same")


def test_a_picture_and_its_table_hold_the_same_hours(visit, shop):
    page = visit("?lang=en")
    page.click("#portrait-hours summary")
    shown = page.locator("#portrait-hours table .told").count()
    assert page.locator("#portrait-hours svg.heatmap .heat").count() == shown > 0
    assert page.locator("#portrait-hours svg.heatmap .veil").count() == 56 - shown


def test_on_paper_there_is_no_navigation_and_everything_else(visit, shop):
    page = visit("?lang=en")
    page.emulate_media(media="print")
    assert not page.locator("nav.sections").is_visible()
    assert not page.locator("#panel .actions").is_visible()
    assert [name for name in SECTIONS if page.locator(f"#{name}").is_visible()] == SECTIONS


@pytest.mark.parametrize("width", [1280, 390])
def test_sad_states_have_a_place_as_well(visit, shop, monkeypatch, width):
    def fail(*_, **__):
        raise StoreError("away")

    for name in ("portrait", "peers"):
        monkeypatch.setattr(figures, name, fail)
    page = visit("?lang=en", width=width)
    assert boxes(page) == [[name, True, []] for name in SECTIONS]
    assert page.locator(".failed").count() >= 3


@pytest.mark.parametrize("width", [1280, 390])
def test_a_shop_without_a_portrait_sees_what_happens_next(visit, width):
    page = visit("?lang=en", width=width)
    assert page.locator(".waiting").bounding_box()["height"] > 60
    assert page.evaluate("document.documentElement.scrollWidth") == width
