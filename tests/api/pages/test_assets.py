"""Styles and scripts: named by a version, kept by browsers, asked about again otherwise."""

import re

import pytest

from api.pages import assets


def test_a_page_names_the_version_of_what_it_loads(service):
    page = service.ask("GET", "/merchant", key=None).text
    named = set(re.findall(r'"(/assets/[^"]+)"', page))
    assert named == {assets.address(name) for name in ("merchant.css", "frame.js", "icon.svg")}


@pytest.mark.parametrize("name", ["merchant.css", "frame.js", "icon.svg", "swagger-ui.css"])
def test_what_has_the_version_in_its_address_is_kept_for_good(service, name):
    kept = service.ask("GET", f"/assets/{assets.version()}/{name}", key=None).headers["Cache-Control"]
    asked_about = [
        service.ask("GET", path, key=None).headers["Cache-Control"]
        for path in (f"/assets/{name}", f"/assets/{'0' * 12}/{name}")
    ]
    assert "immutable" in kept
    assert asked_about == ["public, no-cache"] * 2


@pytest.mark.parametrize("encoding", ["identity", "br", "gzip"])
def test_what_did_not_change_is_not_sent_again(service, encoding):
    headers = {"Accept-Encoding": encoding}
    first = service.ask("GET", "/assets/merchant.css", key=None, headers=headers)
    tag = first.headers["ETag"]
    again = service.ask("GET", "/assets/merchant.css", key=None, headers=headers | {"If-None-Match": tag})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    assert again.headers["ETag"] == tag


def test_every_style_begins_with_the_colours_of_all_pages():
    colours = (assets.ASSETS / "tokens.css").read_bytes()
    for name in assets.JOINED:
        assert assets.load(name).content.startswith(colours)


def test_no_page_asks_for_what_is_not_there():
    with pytest.raises(KeyError, match=r"nothing\.css"):
        assets.address("nothing.css")
