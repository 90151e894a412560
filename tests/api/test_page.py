"""The first page: for people, on public data only; in a real browser."""

import shutil

import pytest


def test_public_data_may_be_tried_without_a_key(service):
    page = service.ask("GET", "/?user=u60", key=None)
    assert page.status_code == 200
    assert "Coffee drinkers" in page.text
    assert "You " in page.text


def test_private_data_shows_no_person(service):
    service.context.store.get().set_meta("terms", "private")
    page = service.ask("GET", "/?user=u60", key=None).text
    assert "Coffee drinkers" not in page
    assert "answers only with a key" in page


def test_an_unknown_household_is_said_so_and_nothing_is_injected(service):
    page = service.ask("GET", '/?user="><script>alert(1)</script>', key=None).text
    assert "There is no such household" in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("header", "query", "language"),
    [
        ("zh-CN,zh;q=0.9", "", "zh-CN"),
        ("de", "", "en"),
        ("zh", "?lang=en", "en"),
        ("en", "?lang=zh", "zh-CN"),
    ],
)
def test_the_language_follows_the_browser_unless_asked(service, header, query, language):
    page = service.ask("GET", f"/{query}", key=None, headers={"Accept-Language": header}).text
    assert f'<html lang="{language}">' in page


def test_without_a_version_the_page_says_what_to_do(service, settings):
    from api.app import create_app

    shutil.rmtree(settings.home / "versions")
    empty = create_app(settings)
    page = empty.test_client().get("/")
    assert page.status_code == 200
    assert "circles train" in page.text
    empty.extensions["circles"].close()


def test_the_page_answers_while_the_store_is_away(store_away):
    from api.app import create_app

    away = create_app(store_away)
    page = away.test_client().get("/?user=u60")
    assert page.status_code == 200
    assert "does not answer" in page.text
    away.extensions["circles"].close()


def heard(page):
    """Everything that the console of a page says from now on."""
    said = []
    page.on("console", lambda message: said.append(message.text))
    return said


@pytest.mark.browser
def test_a_household_is_tried_in_a_browser_at_every_width(service, address, browser):
    service.context.store.get().set_meta("demo_users", '["u60", "u61"]')
    for width, scheme, language in ((1280, "light", "en-US"), (390, "dark", "zh-CN")):
        view = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, locale=language
        )
        page = view.new_page()
        problems = heard(page)
        page.goto(address)
        page.fill("#user", "u60")
        page.click("button")
        assert "Coffee drinkers" in page.inner_text(".circles")
        page.click(".examples a:last-child")
        assert "Climbers" in page.inner_text(".circles")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert problems == []
        view.close()


@pytest.mark.browser
def test_the_documentation_works_offline(address, browser):
    page, outside = browser.new_page(), []
    page.on(
        "request",
        lambda asked: None if asked.url.startswith((address, "data:")) else outside.append(asked.url),
    )
    page.goto(f"{address}/docs")
    page.wait_for_selector(".opblock")
    assert page.locator(".opblock").count() >= 12
    assert outside == []
