"""Signing in to a merchant's page: with a key, or on public data with none."""

import re

import pytest

from api.sign_in import page_of

SECRET = "0" * 64


def cookie_of(answer):
    return answer.headers["Set-Cookie"]


def test_a_key_opens_the_merchants_own_page(service):
    client = service.visitor()
    answer = client.post("/merchant/session", data={"key": f" {service.keys['merchant']}\n"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/merchant/c0")
    assert client.get("/merchant/c0").status_code == 200
    assert client.get("/merchant?lang=zh").headers["Location"] == "/merchant/c0?lang=zh"


@pytest.mark.parametrize("merchant", ["not-loaded", "a/b"])
def test_who_has_no_page_yet_is_asked_again_and_not_locked_out(service, merchant):
    client = service.visitor(service.new_key("merchant", merchant))
    assert client.get(page_of(merchant)).status_code == 404
    assert 'name="key"' in client.get("/merchant").text


def test_the_cookie_is_for_this_site_alone_and_for_no_script(service):
    data = {"key": service.keys["merchant"]}
    plain = cookie_of(service.visitor().post("/merchant/session", data=data))
    safe = cookie_of(
        service.visitor().post("/merchant/session", data=data, headers={"X-Forwarded-Proto": "https"})
    )
    assert re.fullmatch(r"circles=[\w-]{43}; HttpOnly; Path=/; SameSite=Strict", plain)
    assert re.fullmatch(r"__Host-circles=[\w-]{43}; Secure; HttpOnly; Path=/; SameSite=Strict", safe)


def test_over_https_a_cookie_that_anybody_nearby_may_set_is_not_read(service):
    client = service.visitor("merchant")
    assert client.get("/merchant/c0").status_code == 200
    assert client.get("/merchant/c0", headers={"X-Forwarded-Proto": "https"}).status_code == 401


def test_whatever_is_wrong_with_a_key_the_answer_is_the_same(service):
    key = service.keys["merchant"]
    revoked, expired = service.new_key("merchant", "c0"), service.new_key("merchant", "c0")
    service.context.keys.revoke(revoked.split("_")[1], now=1)
    with service.context.db._lock:
        service.context.db._connection.execute(
            "update keys set expires_at = 1 where key_id = ?", (expired.split("_")[1],)
        )
    wrong = ["", "x", key[:-64] + SECRET, f"ck_000000000000_{SECRET}", revoked, expired]
    wrong += [service.context.keys.create("merchant", subject="c0", scopes=["merchants:read"], now=1)]
    wrong += [service.keys[role] for role in ("service", "member", "operator", "scientist")]
    client = service.visitor()
    answers = [
        client.post("/merchant/session", data={"key": text}, headers={"X-Request-Id": "one"})
        for text in wrong
    ]
    assert answers[0].status_code == 401
    assert 'role="alert"' in answers[0].text
    assert "Set-Cookie" not in answers[0].headers
    assert len({(answer.status_code, str(answer.headers), answer.data) for answer in answers}) == 1


def test_signing_out_ends_the_session_and_takes_the_cookie(service):
    client = service.visitor("merchant")
    page = client.get("/merchant/c0?lang=zh").text
    cookie = client.get_cookie("circles").value
    action, csrf = re.search(
        r'action="([^"]*:end[^"]*)">\s*<input type="hidden" name="csrf" value="(\w+)"', page
    ).groups()
    answer = client.post(action, data={"csrf": csrf})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/merchant?lang=zh")
    assert client.get_cookie("circles") is None
    client.set_cookie("circles", cookie)
    assert client.get("/merchant/c0").status_code == 401


def test_public_data_offer_merchants_by_size(service):
    service.offer("c0", "k0", "gone")
    page = service.visitor().get("/merchant").text
    buttons = re.findall(
        r'name="merchant" value="(\w+)".*?<strong>(.*?)</strong> (.*?)</span>', page, re.DOTALL
    )
    assert [button[:2] for button in buttons] == [
        ("c0", "Coffee Shop 0"),
        ("k0", "Climbing Gym 0"),
        ("gone", "gone"),
    ]
    assert len({words for _, _, words in buttons}) == 3
    assert service.visitor(merchant="k0").get("/merchant/k0").status_code == 200


def test_nobody_else_can_be_tried(service):
    client = service.visitor()
    service.offer("c0")
    assert client.post("/merchant/session", data={"merchant": "k0"}).status_code == 401
    service.context.store.get().set_meta("terms", "private")
    assert client.post("/merchant/session", data={"merchant": "c0"}).status_code == 401
    assert 'name="merchant"' not in client.get("/merchant").text


def test_the_form_is_there_while_the_store_is_away(store_away):
    from api.app import create_app

    away = create_app(store_away)
    page = away.test_client().get("/merchant")
    assert (page.status_code, 'id="key"' in page.text) == (200, True)
    away.extensions["circles"].close()


def test_the_language_stays_with_a_wrong_key(service):
    page = service.visitor().get("/merchant?lang=zh&theme=dark").text
    (action,) = set(re.findall(r'<form [^>]*action="(/merchant/session[^"]*)"', page))
    again = service.visitor().post(action.replace("&amp;", "&"), data={"key": "x"}).text
    assert '<html lang="zh-CN" data-theme="dark">' in again


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("", "/merchant/m-1"),
        ("/merchant/m-1", "/merchant/m-1"),
        ("/merchant/m%2D1?group=g7&lang=zh", "/merchant/m-1?group=g7&lang=zh"),
        ("/merchant/m-1/graph.csv", "/merchant/m-1/graph.csv"),
        ("/merchant?lang=zh&theme=dark&group=g7", "/merchant/m-1?lang=zh&theme=dark"),
        ("/merchant/m-2?group=g7&lang=zh", "/merchant/m-1?lang=zh"),
    ],
)
def test_one_goes_on_to_what_was_wanted_of_ones_own(wanted, goes_to):
    assert page_of("m-1", wanted) == goes_to


def test_a_merchant_of_any_name_has_an_address():
    assert page_of("a b?c", "/merchant/a%20b%3Fc?x=1") == "/merchant/a%20b%3Fc?x=1"
    assert page_of("session", "/merchant/session") == "/merchant/session"


@pytest.mark.browser
def test_a_browser_signs_in_by_key_and_by_button_and_arrives_from_outside(service, address, browser):
    service.offer("c0", "k0", "c3")
    page = browser.new_page(locale="en-US", color_scheme="light")
    page.goto(f"{address}/merchant/c0?group=g1")
    page.fill("#key", service.keys["merchant"])
    page.press("#key", "Enter")
    page.wait_for_url(f"{address}/merchant/c0?group=g1")
    assert page.inner_text("h1") == "Coffee Shop 0"
    page.click("[data-theme-name=dark]")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.click("[data-language=zh]")
    page.wait_for_url(f"{address}/merchant/c0?group=g1&theme=dark&lang=zh")
    # From another site: the cookie is kept back at first.
    page.goto("data:text/html,<a>x</a>")
    page.evaluate("url => { document.querySelector('a').href = url }", f"{address}/merchant/c0?group=g2")
    page.click("a")
    page.wait_for_url(f"{address}/merchant/c0?group=g2")
    page.wait_for_selector("h1 >> text=Coffee Shop 0")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"  # remembered
    page.click(".switches button")
    page.wait_for_url(f"{address}/merchant")
    page.click("button[value=k0]")
    page.wait_for_url(f"{address}/merchant/k0")
    assert page.inner_text("h1") == "Climbing Gym 0"
    assert page.evaluate("document.cookie") == ""


@pytest.mark.browser
def test_the_form_fits_a_phone_and_breaks_no_rule_of_the_page(service, address, browser):
    service.offer("c0", "k0", "c3")
    view = browser.new_context(viewport={"width": 390, "height": 800}, locale="zh-CN", color_scheme="dark")
    page = view.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/merchant")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.inner_text("h1") == "你的粉丝圈"
    page.click("button[value=c3]")
    page.wait_for_url(f"{address}/merchant/c3")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert (said, [url for url in asked if not url.startswith(address)]) == ([], [])
    view.close()
