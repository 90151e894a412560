"""What a load will take, foretold from a small part of it that is really done.

The files are read through once, and two samples, of all payments of some of the users, are loaded into homes
that are thrown away: with this policy, mapping, memory and threads, on this machine. Whatever grows with the
payments is a line through both; reading, which the whole goes through anyway, is measured on the whole.

What is foretold is a first load into an embedded store. Later ones are cheaper in some steps (files known,
payments known) and dearer in others (edges set again), and a server does its own part of the work.
"""

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.home import Home
from graph.memory import peak_mib
from graph.policy.values import Policy
from graph.stopwatch import Cost, Stopwatch
from graph.stores.open import open_store
from loaders.files import Batch, TableFile
from loaders.mapping import read_map
from loaders.pseudonyms import Pseudonyms
from loaders.readers import ahead, batches, num_rows
from loaders.recovery import Told, teller
from loaders.report import LoadReport, Progress
from loaders.sources import find

SMALL, LARGE = 500_000, 2_000_000  # payments of the samples
BESIDE_MIB = 512  # what a load holds at most beside the dataframe engine's own memory
FINE = 1 << 16  # a user's place in the order of samples, of so many
KEY = b"what is thrown away needs no secret"

Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LoadEstimate:
    """What loading some files will take.

    payments: lines of them. users: about how many people they are of. cost: seconds, of processor and clock.
    memory_mib: largest resident memory. log_mib, store_mib: room that stays. staging_mib: room that is needed
    beside it while the load runs. probe: what the estimate itself took. sample: payments of the larger one.
    """

    payments: int
    users: int
    cost: Cost
    memory_mib: float
    log_mib: float
    store_mib: float
    staging_mib: float
    probe: Cost
    sample: int

    def as_dict(self) -> dict[str, Any]:
        """For machines: seconds and MiB."""
        return {
            "payments": self.payments,
            "users": self.users,
            "seconds": round(self.cost.wall_s, 2),
            "cpu_seconds": round(self.cost.cpu_s, 2),
            "peak_memory_mib": round(self.memory_mib),
            "log_mib": round(self.log_mib, 1),
            "store_mib": round(self.store_mib, 1),
            "disk_mib": round(self.log_mib + self.store_mib, 1),
            "while_loading_mib": round(self.log_mib + self.store_mib + self.staging_mib, 1),
            "sampled_payments": self.sample,
            "probe": {"cpu_seconds": round(self.probe.cpu_s, 2), "seconds": round(self.probe.wall_s, 2)},
        }


def estimate(
    sources: Sequence[str],
    *,
    policy: Policy,
    mapping: Path | None = None,
    memory: str = "1GB",
    threads: int | None = None,
    now: int,
    sizes: tuple[int, int] = (SMALL, LARGE),
    progress: Callable[[Progress], None] | None = None,
) -> LoadEstimate:
    """Foretell a `load` with the same arguments; see the module. Nothing of the caller's home is touched.

    Args:
        sizes: payments of both samples.

    Raises:
        InputError: a source cannot be read.
    """
    began = Stopwatch()
    files = find(sources, read_map(mapping), policy)
    passed = _Passed(most=2 * sizes[1])
    passed.all(files, teller(progress))
    read = began.cost()
    work = _Work(policy, memory, threads, now)
    with tempfile.TemporaryDirectory(prefix="circles-estimate-") as folder:
        small = _elsewhere(work, passed.sample(sizes[0], Path(folder) / "small"))
        large = _elsewhere(work, passed.sample(sizes[1], Path(folder) / "large"))
    foretold = _foretold(passed, small, large, read, began.cost())
    most = max(large.memory_mib, _mib(memory) + BESIDE_MIB)
    return replace(foretold, memory_mib=min(foretold.memory_mib, most))


def _elsewhere(work: "_Work", files: list[TableFile]) -> "_Loaded":
    """In a process of its own: its memory is that of a load, and it starts as one does."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work.load, files).result()


def _mib(memory: str) -> float:
    """A limit as the dataframe engine reads it, such as "1GB" or "512MiB"."""
    import duckdb

    with duckdb.connect(config={"memory_limit": memory}) as connection:
        told = connection.sql("SELECT current_setting('memory_limit')").fetchall()[0][0]
    number, unit = str(told).split()
    return float(number) * {"bytes": 2**-20, "KiB": 2**-10, "MiB": 1, "GiB": 2**10, "TiB": 2**20}[unit]


def _foretold(passed: "_Passed", small: "_Loaded", large: "_Loaded", read: Cost, probe: Cost) -> LoadEstimate:
    """Lines through both samples, at the size of the whole."""

    def at_whole(of: Callable[[_Loaded], float]) -> float:
        if large.payments == small.payments:
            return of(large)
        slope = max(0.0, (of(large) - of(small)) / (large.payments - small.payments))
        return of(large) + slope * (passed.num_rows - large.payments)

    # A sample is read from memory; the whole is read from its files, beside the work of checking it.
    cost = Cost(at_whole(lambda of: of.cost.cpu_s), at_whole(lambda of: of.cost.wall_s)) + read
    return LoadEstimate(
        payments=passed.num_rows,
        users=round(passed.num_users() * FINE / passed.limit),
        cost=cost,
        memory_mib=at_whole(lambda of: of.memory_mib),
        log_mib=at_whole(lambda of: of.log_mib),
        store_mib=at_whole(lambda of: of.store_mib),
        staging_mib=at_whole(lambda of: of.staging_mib),
        probe=probe,
        sample=large.payments,
    )


@dataclass(frozen=True)
class _Part:
    """Rows of a file, and where the user of each stands in the order of samples."""

    file: TableFile
    places: npt.NDArray[np.int64]
    table: pa.Table

    def below(self, limit: int) -> "_Part":
        rows = np.flatnonzero(self.places < limit)
        return _Part(self.file, self.places[rows], self.table.take(pa.array(rows)))


@dataclass
class _Passed:
    """What was gone through, and at most so many payments of it, of the users who come first by hash."""

    most: int
    num_rows: int = 0
    payments: list[_Part] = field(default_factory=list)
    others: list[_Part] = field(default_factory=list)
    limit: int = FINE

    def all(self, files: Sequence[TableFile], told: Told) -> None:
        """Go through all files: payments first, since they decide whose rows of other tables are kept."""
        payments = [file for file in files if file.table == "payments"]
        total = num_rows(payments)
        for file in payments:
            for batch in ahead(batches(file)):
                self._take(file, batch)
                told("reading payments", self.num_rows, total)
        told("loading samples", 0, 0)
        for file in (file for file in files if file.table != "payments"):
            self.others += [_part(file, batch).below(self.limit) for batch in batches(file)]

    def _take(self, file: TableFile, batch: Batch) -> None:
        self.num_rows += len(batch)
        self.payments.append(_part(file, batch).below(self.limit))
        while self.num_kept > self.most and self.limit > 1:
            self.limit //= 2
            self.payments = [part.below(self.limit) for part in self.payments]

    @property
    def num_kept(self) -> int:
        return sum(len(part.places) for part in self.payments)

    def num_users(self) -> int:
        """Who pays, among those kept."""
        values = [part.table["user_id"] for part in self.payments]
        chunks = [chunk.cast(pa.string()) for value in values for chunk in value.chunks]
        return len(pc.unique(pa.chunked_array(chunks, pa.string())).drop_null())

    def share(self, size: int) -> int:
        """Where the users of about `size` payments end in the order of samples; at most `FINE`."""
        return max(1, round(self.limit * min(1.0, size / max(1, self.num_kept))))

    def sample(self, size: int, folder: Path) -> list[TableFile]:
        """About `size` payments, all of each of their users, and what belongs to them; kept in a folder."""
        folder.mkdir()
        of_file: dict[tuple[str, str], list[_Part]] = {}
        for part in (*self.others, *self.payments):
            name = (part.file.table, part.file.name)
            of_file.setdefault(name, []).append(part.below(self.share(size)))
        return [_kept(parts, folder / f"{n}.arrow") for n, parts in enumerate(of_file.values())]


def _part(file: TableFile, batch: Batch) -> _Part:
    columns = {name: _plain(values) for name, values in batch.columns.items()}
    users = batch.columns.get("user_id")
    places = np.zeros(len(batch), dtype=np.int64) if users is None else _places(users)
    return _Part(file, places, pa.table(columns))


def _places(users: pa.Array) -> npt.NDArray[np.int64]:
    """Where each user stands in the order of samples: int64 (n,), 0 to FINE - 1; the same in each file."""
    coded = users if pa.types.is_dictionary(users.type) else users.dictionary_encode()
    found = [_place(str(value)) for value in coded.dictionary.to_pylist()]
    place_of = np.array([*found, FINE - 1], dtype=np.int64)  # the last: of rows without a user
    return np.asarray(place_of[coded.indices.fill_null(len(coded.dictionary)).to_numpy()])


def _place(user: str) -> int:
    return int.from_bytes(hashlib.blake2b(user.encode(), digest_size=2).digest(), "big")


def _plain(values: pa.Array) -> pa.Array:
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _kept(parts: list[_Part], path: Path) -> TableFile:
    """Rows in a file of their own, under our names, which are read as a table that a package brings along."""
    table = pa.concat_tables([part.table for part in parts], promote_options="permissive")
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    return replace(parts[0].file, format="memory", compression="", make=partial(_read, path))


def _read(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all().combine_chunks()


@dataclass(frozen=True)
class _Loaded:
    """What loading a sample took."""

    payments: int
    cost: Cost
    memory_mib: float
    log_mib: float
    store_mib: float
    staging_mib: float


@dataclass(frozen=True)
class _Work:
    """Loads samples, each into a home of its own."""

    policy: Policy
    memory: str
    threads: int | None
    now: int

    def load(self, files: list[TableFile]) -> _Loaded:
        """Load into a home that is thrown away."""
        with tempfile.TemporaryDirectory(prefix="circles-estimate-") as folder:
            return self._load(Home(Path(folder)), files)

    def _load(self, home: Home, files: list[TableFile]) -> _Loaded:
        from loaders.job import Job

        home.make()
        staging = [0]

        def told(*_: object) -> None:
            staging.append(_num_bytes(home.log / "staging"))

        began = time.monotonic()
        with closing(open_store(f"sqlite:///{home.path / 'circles.db'}")) as store:
            job = Job((), home, store, self.policy, self.now, self.memory, self.threads, told)
            report = job.run(files, "0" * 64, Pseudonyms(KEY), dry_run=False, public=False)
        started = time.process_time()  # of the process: what it imported too
        return _Loaded(
            payments=_num_read(report),
            cost=Cost(started, time.monotonic() - began),
            memory_mib=peak_mib(),
            log_mib=_num_bytes(home.log) / 2**20,
            store_mib=sum(path.stat().st_size for path in home.path.glob("circles.db*")) / 2**20,
            staging_mib=max(staging) / 2**20,
        )


def _num_read(report: LoadReport) -> int:
    return sum(tally.read for tally in report.files if tally.table == "payments")


def _num_bytes(folder: Path) -> int:
    return sum(_sizes(folder)) if folder.exists() else 0


def _sizes(folder: Path) -> Iterator[int]:
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                yield path.stat().st_size
        except FileNotFoundError:  # replaced in the meantime
            continue
