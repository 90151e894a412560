"""`/openapi.json` and `/docs`: complete, and without an address outside."""

import re

from graph.settings import PROJECT


def test_every_route_under_v1_is_documented(service):
    paths = service.ask("GET", "/openapi.json", key=None).json["paths"]
    documented = {(m.upper(), path) for path, item in paths.items() for m in item}
    real = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in service.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(("/v1", "/healthz", "/readyz"))
    }
    assert documented == real


def test_every_reference_leads_somewhere(service):
    text = service.ask("GET", "/openapi.json", key=None).text
    schemas = service.ask("GET", "/openapi.json", key=None).json["components"]["schemas"]
    wanted = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert wanted <= set(schemas)
    assert {"Problem", "PaymentRecord", "EventRecord", "CirclesAnswer"} <= wanted


def test_batches_say_both_forms_and_secured_routes_say_so(service):
    paths = service.ask("GET", "/openapi.json", key=None).json["paths"]
    body = paths["/v1/payments"]["post"]["requestBody"]["content"]
    assert set(body) == {"application/json", "application/x-ndjson"}
    assert paths["/v1/payments"]["post"]["security"] == [{"key": []}]
    assert "security" not in paths["/healthz"]["get"]


def test_what_takes_an_idempotency_key_says_so(service):
    paths = service.ask("GET", "/openapi.json", key=None).json["paths"]
    for path in ("/v1/circles", "/v1/circles/{circle_id}/audiences", "/v1/circles/{circle_id}/relays"):
        assert "Idempotency-Key" in [given["name"] for given in paths[path]["post"]["parameters"]]


def test_pages_name_no_address_outside(service):
    for path in ("/docs", "/", "/?lang=zh"):
        page = service.ask("GET", path, key=None).text
        assert re.findall(r"(?:src|href|action)=\"(?!/)[^\"]*\"", page) == []
        for asset in re.findall(r"\"(/assets/[^\"]+)\"", page):
            assert service.ask("GET", asset, key=None).status_code == 200, asset


def test_nothing_but_the_named_assets_is_served(service):
    for name in ("../app.py", "..%2fapp.py", "first.html", "swagger.svg", "nothing.js"):
        assert service.ask("GET", f"/assets/{name}", key=None).status_code == 404


def test_the_readme_is_served_as_it_is(service):
    text = service.ask("GET", "/readme", key=None).text
    assert text == (PROJECT / "README.md").read_text(encoding="utf-8")
