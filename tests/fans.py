"""A town with one theme that many keep to: enough fans to prove a promise, and shops to ask for audiences.

600 people buy coffee every week, 300 climb, 40 of these also tasted tea once. Their payments reach from
May to September 2026; nobody is a member of anything.
"""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from api.app import create_app
from api.services.audiences import ask
from graph.policy.audiences import checked_wish
from graph.settings import PROJECT, Settings
from loaders.run import load
from tests.api.conftest import Service
from tests.tables import write_tables

DRINKERS, CLIMBERS, TASTERS = 600, 300, 40
LAST = datetime(2026, 9, 20, 9, tzinfo=UTC)
LOADED_AT = 1_790_000_000
CIRCLES = {
    "coffee": ("c0", [("category", "coffee shop")]),
    "beans": ("c1", [("product", "beans")]),
    "ropes": ("k0", [("category", "climbing gym")]),
    "tea": ("t0", [("category", "tea house")]),
    "everything": ("c0", [("category", "coffee shop"), ("category", "climbing gym")]),
    "nothing": ("c0", [("category", "opera house")]),
}


def write_fans(folder: Path) -> Path:
    """The interchange folder, as CSV."""
    folder.mkdir()
    tables: dict[str, list[tuple[Any, ...]]] = {
        "merchants": [("merchant_id", "name", "category")]
        + [(f"c{i}", f"Coffee {i}", "coffee shop") for i in range(3)]
        + [(f"k{i}", f"Wall {i}", "climbing gym") for i in range(3)]
        + [("t0", "Tea", "tea house")],
        "products": [
            ("product_id", "name", "category"),
            ("beans", "Beans", "COFFEE"),
            ("rope", "Rope", "ROPES"),
        ],
        "circles": [("circle_id", "name", "owner_id", "scene", "state")]
        + [(circle, circle.title(), owner, "dining", "open") for circle, (owner, _) in CIRCLES.items()],
        "themes": [("circle_id", "kind", "target_id")]
        + [(circle, *target) for circle, (_, theme) in CIRCLES.items() for target in theme],
        "payments": [("payment_id", "user_id", "merchant_id", "product_id", "amount", "currency", "paid_at")]
        + [row for user in range(DRINKERS + CLIMBERS) for row in payments(user)],
    }
    return write_tables(folder, tables)


def payments(user: int) -> list[tuple[str, ...]]:
    """One a week for twenty weeks at shops of one's taste; every tenth person stopped long ago."""
    at, product = ("c", "beans") if user < DRINKERS else ("k", "rope")
    rows = []
    for week in range(20):
        if user % 10 == 9 and week < 10:
            continue
        day = LAST - timedelta(days=7 * week + user % 7)
        rows.append(
            (f"p{user}-{week}", f"u{user}", f"{at}{(user + week) % 3}", product, "4.50", "CNY", stamp(day))
        )
    if DRINKERS <= user < DRINKERS + TASTERS:
        rows.append(
            (f"tea{user}", f"u{user}", "t0", "", "3.00", "CNY", stamp(LAST - timedelta(days=user % 50)))
        )
    return rows


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def load_fans(folder: Path, parts: Any) -> None:
    """Load the town into a home, everybody consenting."""
    load(
        [str(write_fans(folder))],
        home=parts.home,
        store=parts.store,
        policy=parts.policy,
        key=parts.key,
        assume_consent=True,
        now=LOADED_AT,
    )


def policy_with(folder: Path, **numbers: int) -> Path:
    """The project's policy with other values of single keys."""
    text = (PROJECT / "policy.toml").read_text(encoding="utf-8")
    for name, value in numbers.items():
        text, found = re.subn(rf"(?m)^{name} = \S+", f"{name} = {value}", text)
        assert found == 1, name
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def serve_town(settings: Settings) -> Service:
    """The application, with keys of the operator, the app, and every owner (by merchant id)."""
    made = Service(create_app(settings), {})
    for role in ("service", "operator"):
        made.keys[role] = made.new_key(role)
    for owner in {owner for owner, _ in CIRCLES.values()}:
        made.keys[owner] = made.new_key("merchant", owner)
    return made


def chosen(service: Service, circle: str, owner: str, **wish: Any) -> Any:
    """An audience once it is chosen, as its owner sees it; by the real job."""
    path = f"/v1/circles/{circle}/audiences"
    asked = service.ask("POST", path, {"target_fit": 0.7} | wish, key=owner)
    assert asked.status_code == 202, asked.text
    return ended(service, asked.json["audience_id"], owner)


def chosen_here(service: Service, circle: str, owner: str, **wish: Any) -> Any:
    """The same without a process of its own, which takes seconds to start."""
    from api.audiences.asked import House  # only where it is used: it imports what training needs
    from api.audiences.finish import finish

    context = service.context
    checked = checked_wish(context.policy.audiences, **({"target_fit": 0.7} | wish))
    asked = ask(context, owner, circle, checked, now=context.now())
    finish(House(context.home, context.store.get(), context.policy), asked.audience_id, now=context.now())
    return ended(service, asked.audience_id, owner)


def ended(service: Service, audience_id: str, owner: str) -> Any:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        audience = service.ask("GET", f"/v1/audiences/{audience_id}", key=owner).json
        if audience["state"] != "running":
            return audience
        time.sleep(0.3)
    raise AssertionError(f"not chosen: {audience}")


def invitations(service: Service, user: int) -> list[Any]:
    found = service.ask("GET", f"/v1/users/u{user}/invitations")
    assert found.status_code == 200, found.text
    return list(found.json["items"])
