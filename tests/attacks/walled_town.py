"""Two houses that differ in walled payments only, and everything that either tells anybody else.

The walled payments lie where they could do most: they come first in the file, so that the store numbers
people and shops in another order; some people, shops and products are in nothing else; the last weeks have no
others; and who makes them is not by chance. Noise is taken out, so that what it would hide is compared too.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import opendp.measurements

from api.app import create_app
from api.audiences.asked import House as Choosers
from api.audiences.finish import finish
from api.commands.common import Parts
from api.commands.train import link_candidates
from api.context import Context
from api.portraits.build import build
from api.portraits.house import House
from api.services import audiences
from embeddings.fit import fit
from embeddings.publish import publish
from graph import snapshot as snapshots
from graph.cut import cut
from graph.links.periods import period_of
from graph.policy.audiences import checked_wish
from graph.settings import Settings
from graph.snapshot import Snapshot
from loaders.inbox import compact
from loaders.run import load
from tests.api.conftest import Service
from tests.attacks.portrait_town import published
from tests.crowds import open_link
from tests.tables import write_tables

LAST = datetime(2026, 9, 20, 9, tzinfo=UTC)  # a Sunday
NOW = 1_791_200_000  # two weeks later: the last ones have walled payments only
PEOPLE, GROUPS, WEEKS = 140, 7, 14
KINDS = {"c": "coffee shop", "g": "climbing gym", "b": "bookstore"}
SHOPS = 14 * 3  # of each kind
ALONE = [f"w{i}" for i in range(40)]  # people of walled payments only; the first half said something, too
CIRCLES = {"brew": "c0", "ropes": "g0", "books": "b0", "bread": "mill"}
_DROPPED = {
    "next_cursor",
    "rec_id",
    "link_id",
    "audience_id",
    "created_at",
    "valid_until",
    "circle_link_id",
    "instance",
}


@dataclass(frozen=True)
class Questions:
    """Whom and what is asked about: accounts, merchants, circles by id with their owner, words of themes.

    linked: two circles whose owners shake hands, so that flows between them are told.
    suggests: whether anybody is suggested to anybody this week.
    """

    users: Sequence[str]
    owners: Sequence[str]
    circles: Mapping[str, str]
    words: Sequence[str]
    linked: tuple[str, str] | None = None
    window: str = "2026-08"
    gnn: bool = False
    suggests: bool = True


OF_TOWN = Questions(
    users=[f"u{user}" for user in range(0, PEOPLE, 9)],
    owners=("market", "mill", "c0", "g0", "b0", "chemist", "club"),
    circles=CIRCLES,
    words=("coffee", "market", "pills"),
    linked=("brew", "ropes"),
)


def tables_of_town() -> dict[str, list[tuple[Any, ...]]]:
    """Everything but payments, and the ordinary payments."""
    rng = np.random.default_rng(5)
    everybody = [f"u{user}" for user in range(PEOPLE)]
    themes = {"brew": "coffee shop", "ropes": "climbing gym", "books": "bookstore"}
    consents = [(user, "circles", 1) for user in everybody + ALONE[:20]]
    consents += [(user, purpose, 1) for user in everybody + ALONE[:20] for purpose in ("links", "portraits")]
    return {
        "merchants": [("merchant_id", "name", "category", "kind", "sensitive")]
        + [(f"{k}{i}", f"{KINDS[k]} {i}", KINDS[k], "store", "") for k in KINDS for i in range(SHOPS)]
        + [("market", "Market", "supermarket", "store", ""), ("mill", "Mill", "bakery party", "brand", "")]
        + [("chemist", "Chemist", "pharmacy", "store", ""), ("club", "Club", "coffee shop", "store", "1")],
        "products": [
            ("product_id", "name", "category", "merchant_id"),
            ("bread", "Bread", "sandwiches", "mill"),
            ("pills", "Pills", "analgesics", "mill"),
        ],
        "users": [("user_id", "verified", "adult")] + [(u, 1, 1) for u in everybody + ALONE[:20]],
        "consents": [("user_id", "purpose", "granted", "at")]
        + [(*row, "2026-01-01T00:00:00Z") for row in consents],
        "circles": [("circle_id", "name", "owner_id", "scene", "state", "created_at")]
        + [(c, c.title(), owner, "dining", "open", "2026-01-01T00:00:00Z") for c, owner in CIRCLES.items()],
        "themes": [("circle_id", "kind", "target_id"), ("bread", "product", "bread")]
        + [(circle, "category", category) for circle, category in themes.items()],
        "memberships": [("user_id", "circle_id", "joined_at")]
        + [(u, list(CIRCLES)[i % 3], "2026-08-05T00:00:00Z") for i, u in enumerate(everybody)]
        + [(u, list(CIRCLES)[(i + 1) % 3], "2026-08-15T00:00:00Z") for i, u in enumerate(everybody[:100])],
        "payments": [("payment_id", "user_id", "merchant_id", "product_id", "amount", "currency", "paid_at")]
        + [row for user in range(PEOPLE) for row in _ordinary(user, rng)],
    }


def _ordinary(user: int, rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    """Bread every week, and some of the shops of one's group in each kind."""
    visits = [("market", "bread", week, 0) for week in range(WEEKS)]
    for kind in KINDS:
        own = [shop for shop in range(SHOPS) if shop % GROUPS == user % GROUPS]
        for shop in rng.choice(own, 4, replace=False).tolist():
            visits += [(f"{kind}{shop}", "", int(week), 2) for week in rng.choice(WEEKS, 2, replace=False)]
    for number, (shop, product, week, hours) in enumerate(visits):
        at = LAST - timedelta(days=7 * week + user % 6, hours=hours + user % 5)
        yield (f"p{user}-{number}", f"u{user}", shop, product, "4.50", "CNY", f"{at:%Y-%m-%dT%H:%M:%SZ}")


def walled_payments() -> list[tuple[Any, ...]]:
    """Of every third person, the last ones first, and of people who pay for nothing else."""
    rows = []
    for user in [*ALONE, *(f"u{user}" for user in range(PEOPLE - 1, -1, -3)), *ALONE]:
        for number, (shop, product) in enumerate(
            [("chemist", ""), ("nameless", "mystery"), ("market", "pills"), ("club", "bread")]
        ):
            at = LAST + timedelta(days=13 - 3 * number, hours=len(rows) % 7)
            id_ = f"walled-{len(rows)}"
            rows.append((id_, user, shop, product, "99", "CNY", f"{at:%Y-%m-%dT%H:%M:%SZ}"))
    return rows


@dataclass(frozen=True)
class FrozenContext(Context):
    """At one moment."""

    def now(self) -> int:
        return NOW


@dataclass
class Heard:
    """What went into noise, exact, in the order it was asked for."""

    counts: list[tuple[tuple[int, ...], float]] = field(default_factory=list)

    @contextmanager
    def instead_of_noise(self) -> Iterator[None]:
        """OpenDP's accounting with its noise left out."""
        real = opendp.measurements.make_laplace

        def make(*space: Any, scale: float) -> Any:
            return _Exact(real(*space, scale=scale), scale, self.counts)

        with patch.object(opendp.measurements, "make_laplace", make):
            yield


@dataclass
class _Exact:
    measure: Any
    scale: float
    heard: list[tuple[tuple[int, ...], float]]

    def __call__(self, counts: Sequence[int]) -> list[int]:
        self.heard.append((tuple(counts), self.scale))
        return list(counts)

    def map(self, most_of_one: int) -> float:
        return float(self.measure.map(most_of_one))


def parts_of(folder: Path, **settings: Any) -> Parts:
    """A new home, always with the same key."""
    parts = Parts(Settings(home=folder / "home", threads=1, **settings))
    parts.home.make().key_file.write_text("k" * 64)
    return parts


def loaded(parts: Parts, exports: Path, **options: Any) -> None:
    load(
        [str(exports)], home=parts.home, store=parts.store, policy=parts.policy, key=parts.key, now=NOW,
        threads=1, **options,
    )  # fmt: skip


def house_of(folder: Path, walled: Sequence[tuple[Any, ...]]) -> Parts:
    """Loaded in two loads, with the walled payments in front of each, and some over HTTP."""
    tables, parts = tables_of_town(), parts_of(folder)
    head, *ordinary = tables.pop("payments")
    half, few = len(ordinary) // 2, len(walled) // 3
    for number, rows in enumerate(
        ([*walled[:few], *ordinary[:half]], [*walled[few : 2 * few], *ordinary[half:]])
    ):
        exports = folder / f"exports{number}"
        write_tables(exports, (tables if number == 0 else {}) | {"payments": [head, *rows]})
        loaded(parts, exports)
    with serving(parts, OF_TOWN) as service:
        for row in walled[2 * few :]:
            names = ("payment_id", "user_id", "merchant_id", "product_id", "amount", "currency", "paid_at")
            payment = {name: value for name, value in zip(names, row, strict=True) if value != ""}
            said = service.ask("POST", "/v1/payments", [payment | {"amount": 99}])
            assert said.json["accepted"] == 1, said.json
    compact(parts.home, parts.store, now=NOW, threads=1)
    return parts


@contextmanager
def serving(parts: Parts, asked: Questions) -> Iterator[Service]:
    """The application at one moment, with keys of the roles and of merchants."""
    app = create_app(parts.settings)
    frozen = FrozenContext(**vars(app.extensions["circles"]))
    app.extensions["circles"] = frozen
    made = Service(app, {})
    for role in ("service", "operator", "scientist"):
        made.keys[role] = made.new_key(role)
    for owner in {*asked.owners, *asked.circles.values()}:
        made.keys[owner] = made.new_key("merchant", owner)
    with closing(frozen):
        yield made


def public_house_of(folder: Path, walled: Sequence[tuple[Any, ...]]) -> Parts:
    """Of public data: whoever pays has agreed to everything, and the unknown is ordinary."""
    tables, parts = tables_of_town(), parts_of(folder)
    head, *ordinary = tables.pop("payments")
    kept = {name: tables[name] for name in ("merchants", "products", "circles", "themes", "memberships")}
    rows = [*(row for row in walled if row[2] != "nameless"), *ordinary]
    loaded(parts, write_tables(folder / "exports", kept | {"payments": [head, *rows]}), assume_consent=True)
    return parts


def told_by(parts: Parts, asked: Questions = OF_TOWN) -> dict[str, Any]:
    """Everything that a house tells, by what it is about; what is random or numbers a store's rows is out."""
    heard, told = Heard(), {}
    snapshot = snapshot_of(parts)
    told["snapshot"] = {"id": snapshot.content_id, **snapshot.counts()}
    with heard.instead_of_noise():
        told["version"] = _version(parts, snapshot, asked.gnn)
        house = House(parts.home, parts.store, parts.policy, parts.key, utc_offset_hours=8, threads=1)
        told["built"] = build(house, now=NOW)
        told["portraits"] = published(house)
        with serving(parts, asked) as service:
            told["week"] = _week(service.context)
            assert bool(told["week"]) == asked.suggests  # nobody to nobody would be alike in any two houses
            told |= _answers(service, asked)
            told["audiences"] = _previews(service, asked.circles)
    told["noise"] = heard.counts
    return told


def snapshot_of(parts: Parts) -> Snapshot:
    edges = {kind: parts.store.edges(kind) for kind in ("paid", "bought")}
    taken = cut(parts.store, edges, as_of=NOW, policy=parts.policy)
    return snapshots.load(snapshots.save(taken, parts.home.snapshots))


def _version(parts: Parts, snapshot: Snapshot, gnn: bool) -> dict[str, Any]:
    """Publish one, and say what is in its folder but for the numbering of the store."""
    fitted = fit(snapshot, gnn=gnn, device="cpu", min_supporters=parts.policy.min_supporters)
    name = publish(
        fitted,
        snapshot,
        parts.home.versions,
        policy=parts.policy,
        store_id=parts.store.meta("store_id"),
        links=link_candidates(parts, snapshot, seed=0),
        now=datetime.fromtimestamp(NOW, UTC),
    )
    folder = parts.home.versions / name
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for numbering in ("store_id", "store_seq", "fit_seconds", "files", "seal"):
        manifest.pop(numbering, None)
    told = {path.name: path.read_bytes() for path in sorted(folder.glob("*.npy"))}
    return {"manifest": manifest} | {
        name: content
        for name, content in told.items()
        if not name.startswith(("store_rows_", "links_", "lists"))
    }


def _week(context: Context) -> list[Any]:
    """Who is suggested to whom this week, by pseudonym."""
    store, period = context.store.get(), period_of(NOW)
    served, identity = context.versions.current(), context.store.identity()
    week = context.link_weeks.get(served, store, context.policy, period, identity)
    assert week is not None
    people = dict(zip(week.lists.users.tolist(), store.ids("User", week.lists.users), strict=True))
    return sorted(
        (people[user], people[s.other], s.day, s.weight, s.uncertainty, str(week.lists.reasons[s.reason]))
        for user in week.lists.users.tolist()
        for s in week.of(user)
    )


def _answers(service: Service, asked: Questions) -> dict[str, Any]:
    """Answers over HTTP to people, merchants and the operator."""
    told: dict[str, Any] = {}
    if asked.linked:
        merchant, climb = (service.keys[asked.circles[circle]] for circle in asked.linked)
        service.keys.update(merchant=merchant, climb=climb)
        open_link(service, *asked.linked)

    def ask(path: str, key: str = "service") -> None:
        answer = service.ask("GET", f"/v1/{path}", key=key)
        told[f"{key} {path}"] = answer.status_code, cleaned(answer.json)

    for user in asked.users:
        ask(f"users/{user}/circles?explain=true")
        ask(f"users/{user}/links")
    for owner in asked.owners:
        for what in ("portrait", "fan-graph", "peers"):
            ask(f"merchants/{owner}/{what}", owner)
        for word in asked.words:
            ask(f"search?q={word[:2]}", owner)
    for circle, owner in asked.circles.items():
        flows = (f"flows?direction={way}&window={asked.window}" for way in ("in", "out"))
        for what in ("related", "health", *flows):
            ask(f"circles/{circle}/{what}", owner)
            ask(f"circles/{circle}/{what}", "operator")
    for word in asked.words:
        answer = service.ask("POST", "/v1/themes:preview", {"words": [word]}, key=asked.owners[0])
        told[f"theme {word}"] = answer.status_code, cleaned(answer.json)
    # Of public data, and of nothing else, the first page tells how many lines they have, walled ones too.
    page = service.app.test_client().get("/").text
    told["first page"] = re.sub(r"<strong>[\d,]+</strong> <span>payments</span>", "", page)
    return told


def _previews(service: Service, circles: Mapping[str, str]) -> list[Any]:
    """What owners are told of an audience before it is chosen."""
    context, out = service.context, []
    for circle, owner in circles.items():
        wish = checked_wish(context.policy.audiences, target_fit=0.5)
        asked = audiences.ask(context, owner, circle, wish, now=NOW, preview=True)
        house = Choosers(context.home, context.store.get(), context.policy)
        chosen = finish(house, asked.audience_id, now=NOW)
        out.append((circle, cleaned(audiences.shown(context, chosen, now=NOW))))
    return out


def cleaned(value: Any) -> Any:
    """A JSON value without what is drawn for each answer, and without the handles of links."""
    if isinstance(value, dict):
        return {k: cleaned(v) for k, v in value.items() if k not in _DROPPED}
    return [cleaned(v) for v in value] if isinstance(value, list) else value


def differences(one: Any, other: Any, at: str = "") -> list[str]:
    """Where two told things differ, a line each."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted(one.keys() | other.keys(), key=str)
        return [line for k in keys for line in differences(one.get(k), other.get(k), f"{at}/{k}")]
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        pairs = zip(one, other, strict=True)
        return [line for i, pair in enumerate(pairs) for line in differences(*pair, f"{at}[{i}]")]
    return [] if one == other else [f"{at}: {str(one)[:160]} | {str(other)[:160]}"]


def two_houses(
    folder: Path, made: Callable[[Path, Sequence[tuple[Any, ...]]], Parts] = house_of
) -> tuple[Parts, Parts]:
    """With the walled payments, and without."""
    return made(folder / "with", walled_payments()), made(folder / "without", [])
