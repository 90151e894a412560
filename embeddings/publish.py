"""Publish a fitted model: a folder that appears whole or not at all, and a pointer replaced atomically.

Everything serving needs is in the folder; nothing of a person is, but the list of each consenting user.
"""

import json
import logging
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from embeddings.batch import top_lists
from embeddings.fit import Fitted
from embeddings.lists import write_lists
from embeddings.model import Model
from embeddings.promotion.card import card_of
from embeddings.reasons import teller_of, write_reasons
from embeddings.registry import FORMAT, Registry, Texts
from embeddings.seal import seal_of, sealed
from embeddings.telling import Teller
from embeddings.touches import Matrix, Touches, counts_of, touches_of
from graph.durable import sync
from graph.errors import InputError
from graph.links.candidates import LinkCandidates
from graph.policy.eligibility import RECOMMENDABLE, is_ready
from graph.policy.topics import risky_topic
from graph.policy.values import Policy
from graph.schema import Purpose
from graph.snapshot import STATES, Snapshot

log = logging.getLogger(__name__)
DAY_S = 86_400.0
Int64 = npt.NDArray[np.int64]


def publish(
    fitted: Fitted,
    snapshot: Snapshot,
    versions: Path,
    *,
    policy: Policy,
    metrics: Mapping[str, Any] | None = None,
    store_id: str | None = None,
    promote: bool = False,
    links: LinkCandidates | None = None,
    lists: "ListWriter | None" = None,
    more: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> str:
    """Write a version and let it be served.

    Without `promote` the version is `unpromoted`, and is served only while no promoted one is.

    Args:
        versions: folder of all versions; made when absent.
        metrics: method -> figures on the validation part; those of the fit when absent.
        store_id: identity of the store the snapshot was cut from.
        links: candidates of people who agreed to links; the version has none when None.
        lists: writes the lists; everybody's are made when None.
        more: further fields of the manifest.
        now: moment of publishing, for tests.

    Returns:
        The name of the version.

    Raises:
        InputError: the model was not fitted to this snapshot.
    """
    if fitted.model.num_circles != len(snapshot.circles) or fitted.snapshot_id != snapshot.content_id:
        raise InputError("the model was fitted to another snapshot; fit and publish the same one")
    versions.mkdir(parents=True, exist_ok=True)
    _clear_abandoned(versions)
    created = now or datetime.now(UTC)
    name = f"{created:%Y%m%dT%H%M%S.%f}Z-{fitted.snapshot_id[:6]}"
    staging = versions / f".staging-{os.getpid()}-{name}"
    staging.mkdir()
    try:
        write_arrays(fitted.model, snapshot, staging)
        _write_start(fitted, staging)
        lists = lists or ListsOf(fitted.model, snapshot, listed(snapshot), policy)
        lists.write(staging)
        if links is not None:
            links.save(staging)
        about: dict[str, Any] = {"version": name, "store_id": store_id, "created_at": created.isoformat()}
        about["state"] = "promoted" if promote else "unpromoted"
        about["told"] = {"policy_id": policy.policy_id, "min_group_size": policy.min_group_size}
        about["card"] = card_of(fitted, snapshot, policy)
        about |= more or {}
        write_manifest(
            staging, about | described(fitted, snapshot, metrics) | {"waiting": _waiting(snapshot, policy)}
        )
        lists.tell(staging, teller_of(staging, policy.min_group_size))
        _sync(staging)
        os.rename(staging, versions / name)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    sync(versions)
    _serve(Registry(versions), name, promote)
    log.info("published version %s", name)
    return name


class ListWriter(Protocol):
    """Fills a version folder with lists, in two steps: reasons are told by the version itself."""

    def write(self, folder: Path) -> None:
        """Write the circles of everybody; nothing else of the version need be there."""

    def tell(self, folder: Path, teller: Teller) -> None:
        """Add the reasons to a folder that is complete but for them."""


@dataclass(frozen=True)
class ListsOf:
    """The lists of some people, made from a model. users: rows of the snapshot."""

    model: Model
    snapshot: Snapshot
    users: Int64
    policy: Policy

    def write(self, folder: Path) -> None:
        model, part = self.model, some_people(self.snapshot, self.users)
        touches = touches_of(part, half_life_days=model.half_life_s / DAY_S, newest_at=model.newest_at)
        allowed, list_size = allowed_circles(self.snapshot, self.policy), self.policy.list_size
        ids = [self.snapshot.users[int(user)] for user in self.users]
        write_circles(model, part, touches, ids, folder, allowed, list_size)

    def tell(self, folder: Path, teller: Teller) -> None:
        write_reasons(folder, self.snapshot, self.users, teller)


def _serve(registry: Registry, name: str, promote: bool) -> None:
    states = {manifest["version"]: manifest["state"] for manifest in registry.list() if manifest["served"]}
    if promote or "promoted" not in states.values():
        registry.set_current(name)


def described(fitted: Fitted, snapshot: Snapshot, metrics: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a manifest says of the model and of the snapshot."""
    model = fitted.model
    gnn: dict[str, Any] | None = None
    if model.gnn:
        gnn = {"gains": dict(model.gnn.gains), "dim": model.gnn.circles.shape[1]}
        gnn |= {"scalars": dict(fitted.start.scalars) if fitted.start else {}, "warm_from": fitted.warm_from}
    latent = {"confidence": model.latent.confidence} if model.latent else None
    return {
        "format": FORMAT,
        "as_of": snapshot.as_of,
        "policy_id": snapshot.policy_id,
        "snapshot_id": fitted.snapshot_id,
        "store_seq": snapshot.store_seq,
        "seed": fitted.seed,
        "min_supporters": fitted.min_supporters,
        "fit_seconds": round(fitted.seconds, 2),
        "losses": {run: list(losses) for run, losses in fitted.losses.items()},
        "counts": snapshot.counts(),
        "counted_memberships": int(counts_of(snapshot.members).sum()),
        "metrics": dict(fitted.validation if metrics is None else metrics),
        "model": {
            "num_things": dict(model.num_things),
            "channels": [{"name": c.name, "touch": c.touch} for c in model.channels],
            "priors": list(model.priors),
            "gnn": gnn,
            "latent": latent,
            "weights": {name: list(values) for name, values in model.weights.items()},
            "exponents": {name: dict(values) for name, values in model.exponents.items()},
            "newest_at": model.newest_at,
            "half_life_s": model.half_life_s,
        },
    }


def write_arrays(model: Model, snapshot: Snapshot, folder: Path) -> None:
    """Write what serving reads of a model and of things, but the lists."""
    for channel in model.channels:
        channel.matrix.save(folder, f"channel_{channel.name}")
    for name, prior in model.priors.items():
        np.save(folder / f"prior_{name}.npy", prior)
    if model.gnn is not None:
        for touch, vectors in model.gnn.things.items():
            np.save(folder / f"gnn_{touch}.npy", vectors)
        np.save(folder / "gnn_towards.npy", model.gnn.circles)
        np.save(folder / "gnn_bias.npy", model.gnn.bias)
        np.save(folder / "gnn_eligible.npy", model.gnn.eligible)
    if model.latent is not None:
        np.save(folder / "latent_circles.npy", model.latent.circles)
    np.save(folder / "num_members.npy", model.num_members)
    for label in ("circles", "merchants", "categories"):
        getattr(snapshot, label).save(folder, label)
    for label in ("merchants", "products", "circles"):
        _texts(snapshot, label).save(folder, f"names_{label}")
        np.save(folder / f"store_rows_{label}.npy", _store_rows(snapshot, label))
    for vector in ("merchant_category", "product_category", "circle_owner", "circle_scene", "circle_state"):
        np.save(folder / f"{vector}.npy", getattr(snapshot, vector))


def _write_start(fitted: Fitted, folder: Path) -> None:
    if fitted.model.gnn is not None and fitted.start is not None:
        fitted.start.save(folder)


def _texts(snapshot: Snapshot, label: str) -> Texts:
    """Display names, ids where there is none."""
    ids, names = getattr(snapshot, label), snapshot.names[label]
    return Texts.of(name or id_ for name, id_ in zip(names, ids, strict=True))


def _store_rows(snapshot: Snapshot, label: str) -> npt.NDArray[np.int32]:
    """Row of each store index, -1 where none; a snapshot without a store counts its own rows."""
    rows = np.arange(len(getattr(snapshot, label)), dtype=np.int32)
    index = snapshot.store_index.get(label)
    if index is None:
        return rows
    out = np.full(int(index.max(initial=-1)) + 1, -1, dtype=np.int32)
    out[index[index >= 0]] = rows[index >= 0]
    return out


def listed(snapshot: Snapshot) -> Int64:
    """Rows of everybody who gets a list: int64 (num_listed,)."""
    return np.flatnonzero(snapshot.consents[Purpose.CIRCLES.value]).astype(np.int64)


def some_people(snapshot: Snapshot, users: Int64) -> Snapshot:
    """A snapshot with what some people did, in the order of `users`; it has no ids of them, and no links."""
    return replace(
        snapshot,
        paid=snapshot.paid.some(users),
        bought=snapshot.bought.some(users),
        members=snapshot.members.some(users),
        dismissed=snapshot.dismissed.some(users),
        consents={purpose: granted[users] for purpose, granted in snapshot.consents.items()},
    )


def write_circles(
    model: Model,
    people: Snapshot,
    touches: Touches,
    ids: Sequence[str],
    folder: Path,
    allowed: npt.NDArray[np.bool_],
    list_size: int,
) -> None:
    """Write the circles of everybody in a snapshot; reasons come later.

    Args:
        touches, ids: of the same people, in the same order.
        allowed: bool (num_circles,), circles that may be shown to anybody.
    """
    dismissed = people.dismissed
    ones = np.ones(dismissed.num_edges, dtype=np.float32)
    turned_down = Matrix((ones, dismissed.indices, dismissed.indptr), shape=touches.members.shape)
    everybody, left_out = np.arange(len(ids), dtype=np.int64), [touches.members, turned_down]
    lists = top_lists(model, touches, everybody, left_out=left_out, allowed=allowed, top_k=list_size)
    write_lists(folder, ids, list_size, model.num_circles, lists)


def allowed_circles(snapshot: Snapshot, policy: Policy) -> npt.NDArray[np.bool_]:
    """Circles of the lists: bool (num_circles,). New ones are among them: they may be ready when read."""
    allowed = np.isin(snapshot.circle_state, [STATES.index(state) for state in RECOMMENDABLE])
    themes = snapshot.themes["category"]
    for row in np.flatnonzero(allowed).tolist():
        targets = themes.indices[themes.indptr[row] : themes.indptr[row + 1]].tolist()
        texts = [snapshot.names["circles"][row], *(snapshot.categories[target] for target in targets)]
        allowed[row] = risky_topic(policy.risky, texts) is None
    return allowed


def _waiting(snapshot: Snapshot, policy: Policy) -> dict[str, int]:
    """When each circle was made that is still too new to be recommended."""
    days, created = policy.lifecycle.waiting_days, snapshot.circle_created_at.tolist()
    return {
        snapshot.circles[row]: at
        for row, at in enumerate(created)
        if at and not is_ready(at, snapshot.as_of, days)
    }


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write what the version says of itself, with the seal of all other files: they are all there."""
    text = json.dumps(sealed({**manifest, "files": seal_of(folder)}), ensure_ascii=False, indent=1)
    (folder / "manifest.json").write_text(text, encoding="utf-8")


def _sync(folder: Path) -> None:
    """Make the contents of every file durable before the folder gets its name."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    sync(folder)


def _clear_abandoned(versions: Path) -> None:
    """Remove staging folders of processes that are gone."""
    for folder in versions.glob(".staging-*"):
        found = re.match(r"\.staging-(\d+)-", folder.name)
        if found and not Path(f"/proc/{found[1]}").exists() and int(found[1]) != os.getpid():
            shutil.rmtree(folder, ignore_errors=True)
