"""The demonstration's page for everybody: who reads it small, dark, printed, aloud, or by keyboard."""

import re

import pytest

from tests.browser.measures import axe_faults, clipped, small_targets, weak_colours
from tests.browser.views import LARGE, MIDDLE, Views

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("demonstration")]

VIEWS = [
    (LARGE, "?lang=en&theme=light", 1280),
    (LARGE, "?lang=zh&theme=dark", 1280),
    (LARGE, "?lang=en&theme=dark&view=table", 390),
    (LARGE, "?lang=zh&theme=light", 390),
    (LARGE, "?lang=en&theme=dark&group=near", 1280),
    (MIDDLE, "?lang=zh&theme=light&view=table&group=near", 390),
]


@pytest.fixture(scope="module", params=VIEWS, ids=lambda view: f"{view[2]}{view[1]}")
def page(request, browser, site):
    """A view that tests look at and leave as it is."""
    merchant, query, width = request.param
    views = Views(browser)
    yield views.open(site, merchant, query, width=width)
    views.close()
    assert views.faults == []


def test_axe_finds_no_fault(page):
    assert axe_faults(page) == []


def test_everything_can_be_hit_by_a_finger(page):
    assert small_targets(page) == []


def test_no_word_is_cut_off(page):
    assert clipped(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]


def test_marks_and_words_of_pictures_stand_out(page):
    assert weak_colours(page) == []


def test_what_opens_is_for_everybody_too(look):
    """The menu, what a search finds, the help, and the tables behind pictures."""
    page = look(LARGE, "?lang=en&theme=dark", width=390)
    page.click(".menu summary")
    page.click("#portrait details summary >> nth=0")
    page.click("#peers details summary")
    assert [*axe_faults(page), *clipped(page), *small_targets(page)] == []
    page.fill(".find input", "regulars")
    page.wait_for_selector(".found [role=option]")
    assert [*axe_faults(page), *clipped(page), *small_targets(page)] == []
    page.keyboard.press("Escape")
    page.click("[data-help]")
    assert [*axe_faults(page), *clipped(page), *small_targets(page)] == []


def tab_to(page, selector, most=150):
    """Press Tab until something is reached; every stop on the way can be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """(selector) => {
                const at = document.activeElement, style = getComputedStyle(at);
                const room = at.querySelector(".room");
                const drawn = room ? getComputedStyle(room).stroke : style.outlineStyle;
                const seen = drawn !== "none" || at.matches("body");
                return { arrived: at.matches(selector), seen, html: at.outerHTML };
            }""",
            selector,
        )
        assert stop["seen"], stop["html"][:200]
        if stop["arrived"]:
            return
    raise AssertionError(f"{selector} is not reached by {most} tabs")


def largest_of(page, selector):
    """Name and id of the node with the most people."""
    told = page.eval_on_selector_all(selector, "all => all.map(node => [node.ariaLabel, node.dataset.id])")
    people = [int(re.search(r"about ([\d,]+)", said)[1].replace(",", "")) for said, _ in told]
    said, group = told[people.index(max(people))]
    return said.partition(", about")[0], group


def test_all_is_done_by_keyboard_alone(look):
    """Find a group, read its portrait, see the table, save it, and begin to invite."""
    page = look(LARGE, "?lang=en")
    name, group = largest_of(page, ".n.s-near:not(.hid)")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skips to the content
    assert page.url.endswith("#main")
    page.keyboard.press("/")
    page.keyboard.type(name)
    page.wait_for_selector(".found [aria-selected=true]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".n[aria-current]")
    assert page.evaluate("document.activeElement.dataset.id") == group
    assert re.match(rf"{re.escape(name)}, about [\d,]+", page.inner_text("[data-said]"))
    page.wait_for_selector(f'#panel[aria-busy=false] >> text="{name}"')
    page.keyboard.press("t")
    page.wait_for_selector(".rows tr[aria-current]")
    tab_to(page, ".menu summary")
    page.keyboard.press("Enter")
    tab_to(page, "[download][href*='format=csv']")
    with page.expect_download() as saved:
        page.keyboard.press("Enter")
    assert saved.value.suggested_filename.startswith("fan-graph-")
    tab_to(page, '#panel a[href*="#portrait"]')
    page.keyboard.press("Enter")
    assert page.url.endswith("view=table#portrait")
    assert name in page.inner_text("#portrait .shown-for")
    page.focus("#panel h3")
    tab_to(page, "#panel a.button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#invite-words")
    assert page.input_value("#invite-words")


def test_on_paper_everything_is_read_in_grey(look):
    """What is drawn differs by outline, dashes or filling where colour is gone."""
    page = look(LARGE, "?lang=en&theme=dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert [*clipped(page), *weak_colours(page)] == []
    assert not page.locator(".switches, .tools, .zoom").first.is_visible()
    shapes = page.eval_on_selector_all(
        ".legend .sign:not(.hid)",
        """all => all.map((sign) => {
            const shape = sign.firstElementChild, [r, g, b] = getComputedStyle(shape).fill.match(/\\d+/g);
            return [shape.tagName, Math.round((0.2126 * r + 0.7152 * g + 0.0722 * b) / 25)].join();
        })""",
    )
    assert len(set(shapes)) == len(shapes) >= 4, shapes
