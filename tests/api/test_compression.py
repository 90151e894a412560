"""Compressed answers: only where it pays and is accepted, and without a change of meaning."""

import gzip
import statistics

import brotli
import orjson
import pytest

OPEN = {"br": brotli.decompress, "gzip": gzip.decompress}


@pytest.mark.parametrize("encoding", OPEN)
@pytest.mark.parametrize("path", ["/merchant", "/assets/merchant.css", "/openapi.json"])
def test_what_is_large_is_compressed_as_accepted(service, path, encoding):
    plain = service.ask("GET", path)
    packed = service.ask("GET", path, headers={"Accept-Encoding": encoding})
    assert packed.headers["Content-Encoding"] == encoding
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert len(packed.data) < len(plain.data) * 0.6
    assert OPEN[encoding](packed.data) == plain.data


@pytest.mark.parametrize("encoding", OPEN)
def test_an_answer_of_the_api_is_compressed_too(service, encoding):
    path = "/v1/users/u60/circles?limit=100"
    plain = service.ask("GET", path)
    packed = service.ask("GET", path, headers={"Accept-Encoding": encoding})
    assert orjson.loads(OPEN[encoding](packed.data))["items"] == plain.json["items"]
    assert len(packed.data) < len(plain.data) * 0.6


def test_a_browser_gets_brotli(service):
    headers = {"Accept-Encoding": "gzip, deflate, br, zstd"}
    assert service.ask("GET", "/merchant", headers=headers).headers["Content-Encoding"] == "br"


@pytest.mark.parametrize("path", ["/healthz", "/assets/icon.svg", "/v1/users/u0"])
def test_what_is_small_goes_out_as_it_is(service, path):
    answer = service.ask("GET", path, headers={"Accept-Encoding": "br, gzip"})
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers


def test_a_file_is_compressed_once(service, monkeypatch):
    first = service.ask("GET", "/assets/page.css", headers={"Accept-Encoding": "br"}).data
    monkeypatch.setattr("brotli.compress", None)
    assert service.ask("GET", "/assets/page.css", headers={"Accept-Encoding": "br"}).data == first


def test_the_etag_of_a_circle_can_be_sent_back(service):
    long = {"description": "x " * 900}
    tag = service.ask("GET", "/v1/circles/drinkers", key="merchant").headers["ETag"]
    service.ask("PATCH", "/v1/circles/drinkers", long, key="merchant", headers={"If-Match": tag})
    packed = service.ask("GET", "/v1/circles/drinkers", key="merchant", headers={"Accept-Encoding": "br"})
    again = {"If-Match": packed.headers["ETag"]}
    changed = service.ask("PATCH", "/v1/circles/drinkers", {"name": "New"}, key="merchant", headers=again)
    assert (len(packed.data) > 1024, changed.status_code) == (True, 200), changed.text


def test_the_size_of_a_page_tells_nothing_of_its_token(service):
    """BREACH: guess a part of the token in what the page repeats, and see whether the page gets shorter."""
    client = service.visitor("merchant")
    token = client.get("/merchant/c0").text.partition('name="csrf" value="')[2].partition('"')[0]
    sizes = {guess: [] for guess in (token[64:96], token[64:96][::-1])}
    for _ in range(60):
        for guess, seen in sizes.items():
            headers = {"Accept-Encoding": "gzip"}
            seen.append(len(client.get(f"/merchant/c0?q={guess}", headers=headers).data))
    right, wrong = (statistics.mean(seen) for seen in sizes.values())
    assert abs(right - wrong) < 2, (right, wrong)  # unmasked, 32 characters that repeat are worth 20 bytes
