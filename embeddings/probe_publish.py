"""What publishing will take, foretold from lists and reasons of some of the people that are really made."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embeddings.channels import channel_of
from embeddings.fit import Fitted
from embeddings.lists import FILE, record_of
from embeddings.model import GNN, LATENT, GnnVectors, LatentVectors, Model, standardised
from embeddings.publish import described, listed, some_people, write_arrays, write_circles, write_manifest
from embeddings.reasons import teller_of, write_reasons
from embeddings.touches import Matrix, Touches
from embeddings.tuning import Part, priors_of
from graph.snapshot import Snapshot
from graph.stopwatch import Cost, Stopwatch, timed

PEOPLE = 1_000  # that are asked: two blocks of a few hundred circles differ by less than the machine's moods


@dataclass(frozen=True)
class Publishing:
    """What it takes to make all lists and to tell their reasons, and the room of a version, bytes."""

    lists: Cost
    reasons: Cost
    num_bytes: int


def model_of(
    part: Part,
    matrices: Sequence[tuple[str, Matrix]],
    gnn: GnnVectors | None,
    latent: LatentVectors | None,
) -> Model:
    """A model in which everything that was made of a part has a say."""
    ground, touches = part.ground, part.ground.touches
    priors = {name: standardised(values) for name, values in priors_of(ground.num_members).items()}
    names = [*priors, *(name for name, _ in matrices), GNN, LATENT]
    return Model(
        num_circles=ground.num_circles,
        num_things={touch: matrix.shape[1] for touch, matrix in touches.of.items()},
        channels=tuple(channel_of(name, matrix) for name, matrix in matrices),
        priors=priors,
        gnn=gnn,
        latent=latent,
        weights=dict.fromkeys(names, (1.0, 1.0, 1.0)),
        newest_at=touches.newest_at,
        half_life_s=touches.half_life_s,
        num_members=ground.num_members,
    )


def probe_publishing(
    model: Model, snapshot: Snapshot, touches: Touches, *, list_size: int, min_group_size: int
) -> Publishing:
    """Publish some people to a folder that is thrown away."""
    everybody = listed(snapshot)
    some = everybody[:: max(1, len(everybody) // PEOPLE)]
    times = len(everybody) / max(1, len(some))
    allowed = np.ones(model.num_circles, dtype=bool)
    with tempfile.TemporaryDirectory(prefix="circles-probe-") as scratch:
        folder = Path(scratch)
        write_arrays(model, snapshot, folder)
        people, ids = some_people(snapshot, some), [snapshot.users[user] for user in some.tolist()]
        theirs = touches.rows(some)
        _, lists = timed(lambda: write_circles(model, people, theirs, ids, folder, allowed, list_size))
        fitted = Fitted(model, snapshot.content_id, 0, 0, 0.0)
        write_manifest(folder, {"version": folder.name} | described(fitted, snapshot, None))
        teller, took = teller_of(folder, min_group_size), Stopwatch()
        write_reasons(folder, snapshot, some, teller)
        first = took.cost()
        _, again = timed(lambda: write_reasons(folder, snapshot, some, teller))
        arrays = sum(path.stat().st_size for path in folder.iterdir() if path.name != FILE)
    # Names are learnt once: of all places, categories and circles in the end.
    names = len(snapshot.merchants) + len(snapshot.categories) + len(snapshot.circles)
    learning = (first + again * -1.0) * (names / max(1, teller.num_names))
    num_bytes = arrays + len(everybody) * record_of(list_size, model.num_circles).itemsize
    return Publishing(lists * times, again * times + learning.not_below(0.0), num_bytes)
