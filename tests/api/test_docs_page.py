"""`/docs` in a real browser: every group is drawn, operations open, dark where the system is."""

import re

import pytest


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_docs_open_an_operation_and_follow_the_system(service, address, browser, scheme):
    page = browser.new_page(color_scheme=scheme)
    wrong = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}/docs")
    page.wait_for_selector(".opblock", timeout=120_000)
    page.locator("#operations-payments-payments_take .opblock-summary-control").click()
    page.wait_for_selector("#operations-payments-payments_take.is-open .body-param__example", timeout=120_000)
    assert "order-20261102-17" in page.locator("#operations-payments-payments_take").inner_text()
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (max(map(int, re.findall(r"\d+", paper)[:3])) in range(1, 100)) is (scheme == "dark"), paper
    assert wrong == []


@pytest.mark.browser
def test_what_a_group_is_about_can_be_read_on_a_phone(address, browser):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{address}/docs")
    page.wait_for_selector(".opblock", timeout=120_000)
    about = page.locator(".opblock-tag small")
    widths = about.evaluate_all("found => found.map(one => one.getBoundingClientRect().width)")
    assert len(widths) > 10
    assert min(widths) > 200
