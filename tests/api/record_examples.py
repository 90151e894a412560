"""Record the examples of the contract: every route asked once in a small town, and what it answered.

    .venv/bin/python -m tests.api.record_examples        # two minutes; writes api/examples.json

Everything is invented: the town is that of `tests/fans.py`. Long lists are cut to their first two entries.
A route that is missing here is named by `tests/api/test_contract.py`.
"""

import re
import tempfile
import time
from pathlib import Path
from typing import Any

import orjson

from api import contract
from api.commands.common import Parts
from api.commands.portraits import build_portraits
from api.commands.train import train
from graph.settings import Settings
from tests.api.conftest import Service
from tests.conftest import LinkHouse
from tests.fans import load_fans, policy_with, serve_town

SHOWN = 2  # entries of a list


class Recorder:
    """Asks, and notes what was asked and answered."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.found: dict[str, Any] = {}

    def __call__(self, method: str, path: str, body: Any = None, *, key: str = "service", **more: Any) -> Any:
        """Ask; the first one is the example of its route."""
        response = self.service.ask(method, path, body, key=key, **more)
        place, values = self._place(method, path)
        assert response.status_code < 400, response.text
        if place not in self.found:
            self.found[place] = {
                **({"parameters": values} if values else {}),
                **({} if body is None else {"request": body}),
                "status": response.status_code,
                **({"response": cut(response.json)} if response.is_json else {}),
            }
        return response

    def _place(self, method: str, path: str) -> tuple[str, dict[str, str]]:
        bare = path.partition("?")[0]
        fits = []
        for verb, place, _ in contract.operations(contract.of(self.service.app)):
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(place))
            if verb == method and (match := re.fullmatch(pattern, bare)):
                fits.append((place.count("{"), place, match.groupdict()))
        _, place, values = min(fits, key=lambda fit: fit[0])
        return f"{method} {place}", values

    def ended(self, job: Any, key: str) -> None:
        """Wait for a job."""
        until = time.monotonic() + 300
        while self.service.ask("GET", f"/v1/jobs/{job['job_id']}", key=key).json["state"] in (
            "queued",
            "running",
        ):
            assert time.monotonic() < until
            time.sleep(0.5)


def cut(value: Any) -> Any:
    """The same with short lists."""
    if isinstance(value, list):
        return [cut(one) for one in value[:SHOWN]]
    return {name: cut(one) for name, one in value.items()} if isinstance(value, dict) else value


def people(ask: Recorder) -> None:
    ask("PUT", "/v1/users/u7", {"verified": True, "adult": True, "city": "Hangzhou"})
    ask("GET", "/v1/users/u7")
    ask("PUT", "/v1/users/u7/consents/circles", {"granted": True})
    ask("GET", "/v1/users/u7/consents")
    ask("GET", "/v1/users/u7/card")
    payment = {
        "payment_id": "order-20261102-17", "user_id": "u7", "merchant_id": "c0", "product_id": "beans",
        "amount": "12.90", "currency": "CNY", "paid_at": "2026-11-02T09:00:00Z",
    }  # fmt: skip
    ask("POST", "/v1/payments", [payment])
    event = {"event_id": "tap-0193", "kind": "join", "user_id": "u7", "circle_id": "coffee"}
    ask("POST", "/v1/events", [event])
    for user in range(20, 60):
        ask("POST", "/v1/events", [event | {"event_id": f"join-{user}", "user_id": f"u{user}"}])
    listed = ask("GET", "/v1/users/u8/circles?limit=3").json
    ask("GET", f"/v1/recommendations/{listed['rec_id']}")


def things(ask: Recorder) -> None:
    ask("PUT", "/v1/merchants/c9", {"name": "Corner roasters", "category": "coffee shop", "city": "Hangzhou"})
    ask("GET", "/v1/merchants/c9")
    ask("PUT", "/v1/products/filters", {"name": "Paper filters", "category": "COFFEE", "merchant_id": "c9"})
    ask("GET", "/v1/products/filters")
    recent = [{"merchant_id": "c0", "product_id": "beans", "paid_at": "2026-09-18T09:00:00Z"}]
    ask("POST", "/v1/circle-recommendations", {"payments": recent, "limit": 3})
    job = ask.service.ask("POST", "/v1/circle-recommendations", {"users": ["u1", "u2"], "limit": 2}).json
    ask.ended(job, "service")
    ask("GET", f"/v1/jobs/{job['job_id']}/result")
    listed = ask.service.ask("GET", "/v1/users/u12/circles?limit=3").json
    ask("GET", f"/v1/recommendations/{listed['rec_id']}/replay")
    slow = ask.service.ask("POST", "/v1/training-jobs", {"gnn": False, "seed": 2}, key="operator").json
    ask("DELETE", f"/v1/jobs/{slow['job_id']}", key="operator")


def circles(ask: Recorder) -> None:
    theme = {"words": ["coffee"], "categories": ["coffee shop"]}
    ask("POST", "/v1/themes:preview", theme, key="c0")
    new = {
        "name": "Slow brewers", "description": "For those who grind by hand", "scene": "dining",
        "theme": theme, "circle_id": "slow-brewers", "eligibility": {"verified": True, "adult": True},
    }  # fmt: skip
    made = ask("POST", "/v1/circles", new, key="c0")
    ask("GET", "/v1/circles?limit=2", key="c0")
    ask("GET", "/v1/circles/slow-brewers", key="c0")
    revision = {"If-Match": made.headers["ETag"]}
    ask("PATCH", "/v1/circles/slow-brewers", {"name": "Slower brewers"}, key="c0", headers=revision)
    ask("PUT", "/v1/circles/slow-brewers/quarantine", {"reason": "its name misleads"}, key="operator")
    ask("DELETE", "/v1/circles/slow-brewers/quarantine", key="operator")
    ask("DELETE", "/v1/circles/slow-brewers", key="c0")


def reports(ask: Recorder) -> None:
    for user in (9, 11):
        report = {"event_id": f"report-{user}", "kind": "report", "user_id": f"u{user}", "circle_id": "tea"}
        ask("POST", "/v1/events", [report])
    first, second = ask("GET", "/v1/reports", key="operator").json["items"]
    ask("POST", f"/v1/reports/{first['report_id']}:uphold", key="operator")
    ask("POST", f"/v1/reports/{second['report_id']}:reject", key="operator")


def between(ask: Recorder) -> None:
    wanted = {"from": "coffee", "to": "ropes", "topics": ["outings", "coffee"], "rate": 2}
    link = ask("POST", "/v1/circle-links", wanted, key="c0").json["link_id"]
    ask("POST", f"/v1/circle-links/{link}/acceptance", key="k0")
    ask("GET", "/v1/circle-links", key="c0")
    ask("GET", f"/v1/circle-links/{link}", key="c0")
    ask("POST", "/v1/events", [{"event_id": "x1", "kind": "join", "user_id": "u610", "circle_id": "ropes"}])
    message = {"link_id": link, "topic": "outings", "message_ref": "post-77"}
    ask("POST", "/v1/circles/coffee/relays", message, key="c0")
    ask("GET", "/v1/users/u610/relays")
    ask("PUT", "/v1/users/u610/mutes/categories/coffee shop")
    ask("GET", "/v1/users/u610/mutes")
    ask("DELETE", "/v1/users/u610/mutes/categories/coffee shop")
    ask("GET", "/v1/circles/coffee/related", key="c0")
    ask("GET", "/v1/circles/coffee/flows", key="c0")
    ask("GET", "/v1/circles/coffee/health", key="c0")
    ask("DELETE", f"/v1/circle-links/{link}", key="c0")


def audiences(ask: Recorder) -> None:
    wish = {"target_fit": 0.7, "confidence": 0.9, "max_size": 300, "holdout": 0.2, "valid_days": 14}
    ask("POST", "/v1/circles/coffee/audiences:preview", wish, key="c0")
    made = ask("POST", "/v1/circles/coffee/audiences", wish, key="c0").json["audience_id"]
    until = time.monotonic() + 120
    while ask.service.ask("GET", f"/v1/audiences/{made}", key="c0").json["state"] == "running":
        assert time.monotonic() < until
        time.sleep(0.5)
    ask("GET", f"/v1/audiences/{made}", key="c0")
    ask("POST", f"/v1/audiences/{made}/invitations", {"message_ref": "autumn-tasting"}, key="c0")
    ask("GET", f"/v1/audiences/{made}/results", key="c0")
    invited = None
    for user in range(600):
        found = ask.service.ask("GET", f"/v1/users/u{user}/invitations").json["items"]
        if found and invited is None:
            invited = ask("GET", f"/v1/users/u{user}/invitations").json["items"][0]["invitation_id"]
            ask("POST", f"/v1/invitations/{invited}/responses", {"response": "accept", "user_id": f"u{user}"})
            break
    ask("DELETE", f"/v1/audiences/{made}", key="c0")


def merchants(ask: Recorder) -> None:
    ask("GET", "/v1/merchants/c0/portrait?closeness=near", key="c0")
    ask("GET", "/v1/merchants/c0/fan-graph", key="c0")
    ask("GET", "/v1/merchants/c0/peers", key="c0")
    ask("GET", "/v1/search?q=coffee&kinds=group,circle", key="c0")


def links(folder: Path) -> dict[str, Any]:
    """Of a house of its own, with pairs that fit each other."""
    house = LinkHouse(folder / "links", {(0, 1): 0.8, (0, 2): 0.6, (1, 3): 0.7}, num_people=6)
    service = Service(house.app, {})
    service.keys["service"] = service.new_key("service")
    ask = Recorder(service)
    shown = next(u for u in range(4) if service.ask("GET", f"/v1/users/u{u}/links").json["items"])
    link = ask("GET", f"/v1/users/u{shown}/links").json["items"][0]["link_id"]
    ask("GET", f"/v1/links/{link}?user_id=u{shown}")
    ask("POST", f"/v1/links/{link}/responses", {"response": "accept", "user_id": f"u{shown}"})
    return ask.found


def models(ask: Recorder) -> None:
    job = ask("POST", "/v1/training-jobs", {"gnn": False, "seed": 1}, key="operator").json
    ask.ended(job, "operator")
    ask("GET", f"/v1/jobs/{job['job_id']}", key="operator")
    first, second = [one["version"] for one in ask("GET", "/v1/models", key="operator").json["items"]][:2]
    ask("GET", f"/v1/models/{second}", key="operator")
    ask("GET", f"/v1/models/{first}/diff/{second}", key="operator")
    ask("POST", f"/v1/models/{second}:rollback", key="operator")
    ask.ended(ask("POST", f"/v1/models/{second}:promote", key="operator").json, "operator")


def record(folder: Path) -> dict[str, Any]:
    """Everything that the contract has, in a town of its own."""
    policy = policy_with(folder, quiet_from=0, quiet_to=0)
    parts = Parts(Settings(home=folder / "home", policy=policy))
    parts.home.make().key_file.write_text("k" * 64)
    load_fans(folder / "exports", parts)
    train(parts, gnn=False)
    build_portraits(parts)
    parts.store.close()
    service = serve_town(Settings(home=folder / "home", policy=policy))
    ask = Recorder(service)
    for part in (people, things, circles, reports, between, merchants, audiences, models):
        part(ask)
    ask.ended(ask("DELETE", "/v1/users/u11").json, "service")
    ask("GET", "/erasure-keys")
    ask("GET", "/healthz")
    ask("GET", "/metrics", key="operator")
    ask("GET", "/readyz")
    service.context.close()
    return dict(sorted((ask.found | links(folder)).items()))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        found = record(Path(folder))
    contract.EXAMPLES.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
