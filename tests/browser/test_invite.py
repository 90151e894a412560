"""The whole way of inviting in a real browser: words, a circle, a promise, an audience, sending."""

import pytest

from tests.api import conftest as served

address, browser = served.address, served.browser
ANSWER_MS = 120_000  # a process of its own cuts the graph twice, on a busy machine

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def service(town_service):
    return town_service


@pytest.fixture
def page(service, address, browser):
    """The page of the shop that climbers go to, signed in; no fault of a script, and no other host."""
    view = browser.new_context(viewport={"width": 390, "height": 800}, locale="en-US")
    opened, faults, hosts = view.new_page(), [], set()
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.on("request", lambda asked: hosts.add(asked.url.split("/")[2]))
    opened.goto(f"{address}/merchant")
    opened.fill("#key", service.keys["k0"])
    opened.press("#key", "Enter")
    opened.wait_for_url("**/merchant/k0")
    yield opened
    assert [fault for fault in faults if "ERR_ADDRESS_UNREACHABLE" not in fault] == []
    assert hosts == {address.split("/")[2]}
    view.close()


def test_from_words_to_invitations_by_one_page(page, address, service):
    page.goto(f"{address}/merchant/k0/invite?words=climbing")
    page.click("text=Look up")
    page.wait_for_selector("text=finds categories: 1")
    page.fill("#invite-name", "Rope people")
    page.click("text=Make this circle")
    page.wait_for_selector(".asking")
    page.locator("input[type=range]").focus()
    page.keyboard.press("ArrowRight")  # 75
    page.keyboard.press("ArrowLeft")
    assert page.input_value("#invite-fit") == "70"
    page.click("button:text-is('Preview')")
    page.wait_for_selector("[aria-busy=true] >> text=Working out what can be promised")
    page.wait_for_selector("text=At least 70% of those invited fit, 95% sure", timeout=ANSWER_MS)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert "audience=pre_" in page.url
    page.click("text=Create audience")
    page.wait_for_selector("text=Ready to send", timeout=ANSWER_MS)
    page.fill("#invite-message", "spring")
    page.check("text=Yes, invite")
    page.click("text=Send invitations")
    page.wait_for_selector("text=The invitations are on their way")
    sent = service.context.store.get().audiences()[-1]
    assert sent.state == "sent"


def test_going_back_shows_the_step_before_and_a_lost_server_is_said(page, address):
    page.goto(f"{address}/merchant/k0/invite")
    page.click(".choices >> text=Ropes")
    page.wait_for_selector(".asking")
    assert page.url.endswith("/invite?circle=ropes")
    page.go_back()
    page.wait_for_selector(".choices")
    page.route("**/invite?circle=ropes", lambda route: route.abort("addressunreachable"))
    page.click(".choices >> text=Ropes")
    assert "could not be reached" in page.inner_text("[role=alert]")
