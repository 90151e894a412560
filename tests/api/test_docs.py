"""`/openapi.json` and `/docs`: complete, and without an address outside."""

import re

from api.routes.downloads import FORMS, TYPES
from graph.settings import PROJECT


def test_every_route_under_v1_is_documented(service):
    paths = service.ask("GET", "/openapi.json", key=None).json["paths"]
    documented = {(m.upper(), path) for path, item in paths.items() for m in item}
    real = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in service.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(("/v1", "/healthz", "/readyz", "/metrics", "/erasure-keys"))
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
    assert paths["/v1/payments"]["post"]["security"] == [{"key": ["payments:write"]}]
    assert paths["/healthz"]["get"]["security"] == []


def test_what_is_told_in_several_forms_says_so(service):
    paths = service.ask("GET", "/openapi.json", key=None).json["paths"]
    elsewhere = {"circle-health": "/v1/circles/{circle_id}/health", "search": "/v1/search"}
    of = {what: elsewhere.get(what, f"/v1/merchants/{{merchant_id}}/{what}") for what in FORMS}
    told = {what: set(paths[path]["get"]["responses"]["200"]["content"]) for what, path in of.items()}
    assert told == {what: {TYPES["json"]} | {TYPES[form] for form in forms} for what, forms in FORMS.items()}


def test_every_post_under_v1_takes_an_idempotency_key_and_says_so(service):
    paths = service.ask("GET", "/openapi.json", key=None).json["paths"]
    said = {"$ref": "#/components/parameters/Idempotency-Key"}
    for path, item in paths.items():
        for method, operation in item.items():
            assert (said in operation["parameters"]) is (method == "post"), (method, path)


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
