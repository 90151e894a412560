"""Bring a published version up to a new snapshot without training: what a day changes, and nothing else.

    books      people who changed are taken out as they were and put in as they are; exact
    model      rows of filters from the books, with the version's parameters; a row that moved by less than
               `tolerance` of its length stays as it was served, and so do rows whose change would concern
               more people than a day has time for, until they are off by half
    lists      of whoever changed, came, or touched a row that did not stay; all others are copied

With `tolerance` 0 the model is bit for bit the one that the same parameters give on the whole snapshot
(`whole=True`); with more, each row of a channel and each prior is within it, but for `rows_waiting`, of which
none is off by more than `furthest`. Either way every list is the one that the published model gives, up to
the rounding of single precision. Scales by degree and size concern every entry of a filter; they are computed
anew for all of them, which are as many as things have circles, however many people there are.

Everything is done for everybody where one of these changed: circles, or a circle that may be shown; something
that is gone from the snapshot; the snapshot that the version was made from, which an erasure removes.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings.fit import Fitted
from embeddings.model import GNN, LATENT, Model
from embeddings.publish import DAY_S, ListsOf, allowed_circles, listed, publish, some_people
from embeddings.registry import Registry, Version
from embeddings.touches import Touches, touches_of
from embeddings.tuning import Progress, silent
from embeddings.update.books import Books, added_up
from embeddings.update.lists import Merged
from embeddings.update.renew import Counted, Patience, Renewed, held, powers_of, rebuilt
from embeddings.update.rows import LABELS, Moved, changed_users, places, touching
from embeddings.warm import somebody_left, start_of
from graph import snapshot as snapshots
from graph.errors import IncompatibleVersion, InputError, NotFound
from graph.links.candidates import LinkCandidates
from graph.policy.values import Policy
from graph.snapshot import Snapshot

log = logging.getLogger(__name__)
TOLERANCE = 0.05
MOST = 0.02  # of all people, whom rows that change may concern besides those who did something
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Updated:
    """What an update did. version: None where nothing had changed. whole: everything was done for everybody.

    people_changed: who did something, came, went, or decided about consent. lists_made: by this update.
    rows_changed, rows_waiting, furthest: see the module. parameters_days: since the newest payment they know.
    """

    version: str | None
    base: str
    whole: bool
    people_changed: int
    rows_changed: int
    rows_waiting: int
    furthest: float
    lists_made: int
    parameters_days: float
    seconds: float


@dataclass(frozen=True)
class _State:
    """Before and after: what an update works with. then: None where it is not there any more."""

    snapshots: Path
    base: Version
    then: Snapshot | None
    now: Snapshot
    moved: Moved

    @property
    def sizes(self) -> dict[str, int]:
        return {label: len(getattr(self.now, label)) for label in LABELS}


def update(
    folder: Path,
    versions: Path,
    *,
    policy: Policy,
    store_id: str | None,
    tolerance: float = TOLERANCE,
    most: float = MOST,
    whole: bool = False,
    progress: Progress = silent,
) -> Updated:
    """Publish the served version as a snapshot makes it.

    Args:
        folder: of the snapshot; the books are kept in it.
        tolerance: see the module; from 0 to 1, and with 0 no row waits.
        most: part of all people whom changed rows may concern.
        whole: add everybody up and make all lists, with the same parameters.

    Raises:
        NoPublishedVersion: there is nothing to update.
        IncompatibleVersion: the version is of another store, policy or later snapshot, or somebody was
            forgotten whom its vectors were learned from.
        InputError: memberships do not count alike, or the tolerance is none.
    """
    started = time.monotonic()
    if not 0 <= tolerance < 1:
        raise InputError(f"tolerance is {tolerance}; expected at least 0 and less than 1")
    state = _state(folder, versions, policy, store_id)
    progress("adding up", 0, 1)
    then, now = _changed(state)
    whole = whole or state.then is None or not state.moved.keeps("circles", "merchants", "products")
    whole = whole or not state.moved.keeps("categories") or _shown_differ(state, policy)
    books = _added(state.now, state.base.model) if whole else _books(state, then, now)
    books.save(folder)
    progress("adding up", 1, 1)
    renewed = _renewed(state, books, Patience(tolerance, most * len(state.now.users)), whole)
    num_rows = sum(int(rows.sum()) for rows in renewed.rows.values())
    days = round((state.now.as_of - state.base.model.newest_at) / DAY_S, 1)
    if not whole and not renewed.everything and not num_rows and not len(then) and not len(now):
        took = time.monotonic() - started
        return Updated(None, state.base.name, False, 0, 0, renewed.waiting, renewed.furthest, 0, days, took)
    users = _concerned(state, renewed, now)
    progress("lists", 0, 1)
    name = _published(state, renewed, users, then, versions, policy, store_id, started)
    progress("lists", 1, 1)
    seconds = time.monotonic() - started
    log.info("updated version %s to %s in %.1f s", state.base.name, name, seconds)
    changed = len(np.union1d(state.moved.to["users"][then], now)) if state.then is not None else 0
    left = (renewed.waiting, round(renewed.furthest, 4))
    return Updated(
        name, state.base.name, renewed.everything, changed, num_rows, *left, len(users), days, seconds
    )


def _state(folder: Path, versions: Path, policy: Policy, store_id: str | None) -> _State:
    base, now = Registry(versions).current(), snapshots.load(folder)
    manifest = base.manifest
    asked = {"store_id": store_id, "policy_id": policy.policy_id}
    for name, value in asked.items():
        if manifest[name] != value:
            raise IncompatibleVersion(
                f"version {base.name} has {name} {manifest[name]!r}, and this home has {value!r}; run "
                "`circles train`"
            )
    if now.policy_id != policy.policy_id or int(manifest["as_of"]) > now.as_of:
        raise IncompatibleVersion(
            f"version {base.name} cannot be brought to this snapshot, which is older or of another policy; "
            "run `circles train`"
        )
    then = _snapshot(folder.parent / manifest["snapshot_id"])
    _require_nobody_left(base, now)
    moved = Moved.between(then, now) if then is not None else _moved_of(base, now)
    return _State(folder.parent, base, then, now, moved)


def _snapshot(folder: Path) -> Snapshot | None:
    try:
        return snapshots.load(folder)
    except (NotFound, OSError, IncompatibleVersion):
        return None


def _require_nobody_left(base: Version, now: Snapshot) -> None:
    """Trained vectors remember whoever they were learned from; sums do not."""
    if (_heard(base.model, GNN) or _heard(base.model, LATENT)) and somebody_left(base, now):
        raise IncompatibleVersion(
            f"somebody whom the vectors of version {base.name} were learned from has been forgotten or has "
            "withdrawn consent; run `circles train`"
        )


def _heard(model: Model, name: str) -> bool:
    return any(model.weights.get(name, ()))


def _moved_of(base: Version, now: Snapshot) -> Moved:
    """Where a version's own rows are in a snapshot of the same store; nobody of its people is known."""
    to = {"users": np.zeros(0, np.int64), "categories": places(base.categories, now.categories)}
    for label in ("merchants", "products", "circles"):
        rows = base.rows(label, np.asarray(now.store_index[label], dtype=np.int64))
        size = len(base.store_rows[label]) and int(base.store_rows[label].max()) + 1
        to[label] = np.full(max(size, len(base.names[label])), -1, dtype=np.int64)
        to[label][rows[rows >= 0]] = np.flatnonzero(rows >= 0)
    return Moved(to)


def _changed(state: _State) -> tuple[Int64, Int64]:
    if state.then is None:
        return np.zeros(0, np.int64), np.arange(len(state.now.users), dtype=np.int64)
    return changed_users(state.then, state.now, state.moved)


def _shown_differ(state: _State, policy: Policy) -> bool:
    """Whether other circles may be shown, or others are there."""
    assert state.then is not None or len(state.moved.to["users"]) == 0
    if state.then is None or len(state.then.circles) != len(state.now.circles):
        return True
    return not np.array_equal(allowed_circles(state.then, policy), allowed_circles(state.now, policy))


def _books(state: _State, then: Int64, now: Int64) -> Books:
    """The books of now, from those of then; the first time after a training those are added up first."""
    assert state.then is not None
    model, powers = state.base.model, powers_of(state.base.model)
    folder = state.snapshots / str(state.base.manifest["snapshot_id"])
    books, asked = Books.load(folder), (dict(powers), model.newest_at, model.half_life_s)
    if books is None or (dict(books.powers), books.newest_at, books.half_life_s) != asked:
        books = _added(state.then, model)
        books.save(folder)
    out = added_up(_touches(state.then, then, model), powers).moved(state.moved, state.sizes)
    into = added_up(_touches(state.now, now, model), powers)
    return books.moved(state.moved, state.sizes).changed(out, into)


def _added(snapshot: Snapshot, model: Model) -> Books:
    half_life_days = model.half_life_s / DAY_S
    touches = touches_of(snapshot, half_life_days=half_life_days, newest_at=model.newest_at)
    return added_up(touches, powers_of(model))


def _touches(snapshot: Snapshot, users: Int64, model: Model) -> Touches:
    """What some people touched: rows in the order of `users`."""
    part = some_people(snapshot, users)
    return touches_of(part, half_life_days=model.half_life_s / DAY_S, newest_at=model.newest_at)


def _renewed(state: _State, books: Books, how: Patience, whole: bool) -> Renewed:
    before = state.base.model
    counted = Counted.of(books, state.now, int(state.base.manifest["min_supporters"]))
    model = rebuilt(before, counted, state.moved, state.sizes)
    return Renewed(model, {}, True) if whole else held(model, before, state.moved, books.users_of, how)


def _concerned(state: _State, renewed: Renewed, changed: Int64) -> Int64:
    """Rows of people whose lists are made: increasing."""
    everybody = listed(state.now)
    if renewed.everything:
        return everybody
    snapshot, rows = state.now, renewed.rows
    found = np.zeros(len(snapshot.users), dtype=bool)
    found[changed] = True
    found |= touching(snapshot.members, rows["circle"])
    for name, thing in (("paid", "merchant"), ("bought", "product")):
        category = getattr(snapshot, f"{thing}_category")
        by_category = np.append(rows[f"{thing}_category"], False)[category]
        found |= touching(getattr(snapshot, name), rows[thing] | by_category)
    found |= _in_scenes(snapshot, rows)
    return everybody[found[everybody]]


def _in_scenes(snapshot: Snapshot, rows: Mapping[str, npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_]:
    """Who paid in a scene whose row is not as before: bool (num_users,)."""
    paid, found = snapshot.paid, np.zeros(len(snapshot.users), dtype=bool)
    if rows["scene"].any():
        found[paid.rows()[rows["scene"][paid.columns["scene"]]]] = True
    return found


def _published(
    state: _State,
    renewed: Renewed,
    users: Int64,
    then: Int64,
    versions: Path,
    policy: Policy,
    store_id: str | None,
    started: float,
) -> str:
    base, manifest = state.base, state.base.manifest
    made = ListsOf(renewed.model, state.now, users, policy)
    fitted = Fitted(
        renewed.model,
        state.now.content_id,
        int(manifest["seed"]),
        int(manifest["min_supporters"]),
        time.monotonic() - started,
        losses=manifest.get("losses", {}),
        start=start_of(base, state.now) if (base.folder / "gnn_start_circle.npy").is_file() else None,
    )
    return publish(
        fitted,
        state.now,
        versions,
        policy=policy,
        metrics=manifest["metrics"],
        store_id=store_id,
        promote=manifest["state"] == "promoted",
        links=_links(base),
        lists=None if renewed.everything else _merged(state, made, then),
        more={"updated_from": base.name, "rows_waiting": renewed.waiting}
        | ({"gate": manifest["gate"]} if "gate" in manifest else {}),
    )


def _merged(state: _State, made: ListsOf, then: Int64) -> Merged:
    assert state.then is not None
    out = {state.now.users[int(user)] for user in made.users} | {state.then.users[int(user)] for user in then}
    return Merged(made, state.base.lists, out, state.moved)


def _links(base: Version) -> LinkCandidates | None:
    """Candidates of before: suggestions are made once a week, from a training."""
    try:
        return LinkCandidates.load(base.folder)
    except NotFound:
        return None
