"""States that nobody wants and everybody meets: hidden, missing, damaged, away, slow and overfull."""

import re
import sqlite3
import time

import pytest

from api.auth import Keys
from graph.home import Home
from tests import scenes
from tests.browser.measures import axe_faults, clipped, small_targets, weak_colours
from tests.browser.views import LARGE, SMALL, Views

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("demonstration")]

SECTIONS = ["health", "fans", "portrait", "invite", "circles", "peers"]


def look_fits(page):
    """Nothing is cut off, too small to hit, too faint to see, or unheard."""
    return [*axe_faults(page), *clipped(page), *small_targets(page), *weak_colours(page)]


def lost(page):
    """Sections that say that they cannot be shown."""
    return [name for name in SECTIONS if page.locator(f"#{name} .failed").count()]


def week_of(home):
    return next((home / "portraits").glob("*.sqlite"))


def forget_portrait(home):
    """As of a shop whose fans were found too few."""
    with sqlite3.connect(week_of(home)) as week:
        week.execute("delete from portraits where merchant_id = ?", [SMALL])
    week.close()


def remove_portraits(home):
    week_of(home).unlink()


def cut_off(home):
    week_of(home).write_bytes(b"SQLite format 3\0 and nothing more")


def damage_inside(home):
    """The file opens, and what is read of it fails."""
    path = week_of(home)
    path.write_bytes(path.read_bytes()[:8192] + b"\0" * (path.stat().st_size - 8192))


@pytest.mark.parametrize(("width", "query"), [(1280, "?lang=en"), (390, "?lang=zh&theme=dark")])
def test_a_shop_with_too_few_fans_is_drawn_hidden_and_told_why(broken, width, query):
    page = broken(forget_portrait)(SMALL, query, width=width)
    assert page.locator(".waiting h2").count() == 1
    assert page.locator(".told").count() == 0
    assert page.locator(".veiled").count() > 5
    dashes = page.eval_on_selector_all(
        ".n > :nth-child(2)",
        "all => all.map(shape => [getComputedStyle(shape).strokeDasharray, shape.getAttribute('r')])",
    )
    assert len({tuple(dash) for dash in dashes[1:]}) == 1  # one outline and one size
    assert all(dash != "none" for dash, _ in dashes)
    said = " ".join(page.eval_on_selector_all(".n", "all => all.map(node => node.ariaLabel)"))
    assert re.findall(r"\d+", said.replace(page.inner_text("h1"), "")) == ["20"] * said.count("20")
    assert look_fits(page) == []


def test_before_the_first_portraits_the_page_says_what_comes(broken):
    page = broken(remove_portraits)(LARGE, "?lang=en")
    assert "Your portrait is not made yet" in page.inner_text(".waiting")
    assert page.locator("#invite select, #invite input").count()
    assert look_fits(page) == []


@pytest.mark.parametrize("harm", [cut_off, damage_inside])
def test_a_damaged_file_of_portraits_leaves_inviting_standing(broken, harm):
    page = broken(harm)(LARGE, "?lang=en")
    assert lost(page) == ["health", "fans", "portrait", "peers"]
    assert page.locator("#invite select").count() == 1
    assert page.locator("#peers .failed a").get_attribute("href").endswith("#peers")
    assert look_fits(page) == []


def test_a_store_that_is_away_is_said_so(broken):
    keys = []

    def take_store_away(home):
        keys.append(Keys(Home(home)).create("merchant", subject=LARGE, now=int(time.time())))
        (home / "circles.db").unlink()
        (home / "circles.db").mkdir()

    look = broken(take_store_away)
    page = look(LARGE, None, key=keys[0])
    answer = page.goto(page.home + "?lang=en")
    assert (answer.status, page.locator("main h1").count()) == (503, 1)
    assert look_fits(page) == []


def test_while_an_answer_is_on_its_way_the_panel_says_so(look):
    page = look(LARGE, "?lang=en")
    held = []
    page.route("**/panel?*", lambda route: held.append(route))
    page.click(".n:not(.s-merchant) >> nth=0")
    page.wait_for_selector("#panel[aria-busy=true]")
    assert page.locator("#portrait-body[aria-busy=true]").count() == 1
    faded = page.eval_on_selector("#panel > *", "part => getComputedStyle(part).opacity")
    assert float(faded) < 1
    assert page.locator(".n[aria-current]").count() == 1  # the picture answers at once
    page.evaluate("0")  # by now the question is here
    held[0].continue_()
    page.wait_for_selector("#panel[aria-busy=false]")
    assert look_fits(page) == []


@pytest.mark.parametrize(("lang", "words"), [("en", "could not be loaded"), ("zh", "没能载入")])
def test_an_answer_that_never_comes_is_said_so_in_its_place(broken, lang, words):
    page = broken(lambda home: None)(LARGE, f"?lang={lang}", width=390)
    page.route("**/panel?*", lambda route: route.abort())
    page.click(".n:not(.s-merchant) >> nth=0")
    alert = page.wait_for_selector("#panel [role=alert]")
    assert words in alert.inner_text()
    assert page.locator("#panel[aria-busy=false]").count() == 1
    assert look_fits(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_doors_of_the_page_are_for_everybody(site, browser, theme):
    """Signing in, signing in with a wrong key, and a page that is not there."""
    views = Views(browser)
    page = views.open(site, None, f"?theme={theme}", width=390)
    assert look_fits(page) == []
    page.fill("#key", "no such key")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    assert look_fits(page) == []
    stranger = views.open(site, LARGE, None, width=390)
    answer = stranger.goto(f"{site}/merchant/{SMALL}?theme={theme}")
    assert answer.status == 404
    assert look_fits(stranger) == []
    views.close()


@pytest.mark.parametrize(("width", "query"), [(1280, "?lang=zh"), (390, "?lang=en&theme=dark")])
def test_a_graph_with_no_room_for_more_says_so(visit, graph_of, width, query):
    made = scenes.stress()
    made["meta"] = made["meta"] | {"truncated": True}
    graph_of(lambda expand: made)
    page = visit(query, width=width)
    assert page.locator(".n").count() == 300
    assert "300" in page.inner_text("#graph > .fan-graph > p.quiet")
    assert [*axe_faults(page), *clipped(page), *weak_colours(page)] == []
