"""What the first view of the demonstration costs, and what its content policy keeps out."""

import pytest

from tests.browser.costs import Costs
from tests.browser.views import LARGE, SMALL, Views

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("demonstration")]


@pytest.mark.parametrize(
    ("merchant", "query", "width"),
    [(LARGE, "?lang=en", 1280), (LARGE, "?lang=zh&view=table", 390), (SMALL, "", 390)],
)
def test_a_first_view_is_light_and_nothing_in_it_moves(look, merchant, query, width):
    page = look(merchant, None, width=width)
    costs = Costs(page)
    page.goto(page.home + query, wait_until="networkidle")
    page.wait_for_selector(".fan-graph.ready")
    assert len(costs.asked) <= 8, costs.asked
    assert costs.bytes() <= 60_000, costs.sent
    assert 0 < costs.bytes("Script") <= 20_000
    assert costs.shift() == 0


def test_what_is_asked_for_again_comes_from_the_cache(look):
    page = look(LARGE)
    costs = Costs(page)
    page.goto(f"{page.home}?lang=zh", wait_until="networkidle")
    assert sorted(kind for address, kind in costs.asked.items() if costs.sent.get(address)) == ["Document"]


def test_a_script_or_style_put_into_the_page_does_nothing(site, browser):
    """Through the page's own markup: what a forgotten escape would let in."""
    views = Views(browser)
    page = views.open(site)
    refused = page.evaluate(
        """async () => {
            const refused = [];
            const note = (event) => refused.push(event.violatedDirective);
            document.addEventListener("securitypolicyviolation", note);
            const script = document.createElement("script");
            script.textContent = "window.got = 1";
            const put = document.createElement("p");
            put.innerHTML = '<img src="data:," onerror="window.got = 2"><b style="position: fixed">b</b>'
                + '<img src="https://elsewhere.example/x.png">';
            document.body.append(script, put);
            fetch("https://elsewhere.example/").catch(() => {});
            await new Promise((done) => setTimeout(done, 300));
            return refused;
        }"""
    )
    assert sorted(set(refused)) == [
        "connect-src",
        "img-src",
        "script-src-attr",
        "script-src-elem",
        "style-src-attr",
    ]
    assert page.evaluate("window.got") is None
    assert page.evaluate("getComputedStyle(document.querySelector('p > b')).position") == "static"
    views.close()
