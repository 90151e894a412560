"""One load whose payments a Spark cluster reads, checks, writes and adds up; all else is `loaders/job.py`.

The store gives the indices, the log's manifest commits, and a load that was interrupted is finished by the
next one on either engine: there is one log, one order of steps, and one way to recover.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from loaders.files import TableFile
from loaders.interning import Int64, Interners, people_given
from loaders.job import Job
from loaders.parsing import Parser
from loaders.placing import Labels
from loaders.pseudonyms import Pseudonyms
from loaders.refused import Refused
from loaders.relabel import Relabelled
from loaders.report import LoadReport
from loaders.spark.adding import SparkAdder, set_edges_by_spark
from loaders.spark.intake import SparkIntake, SparkStaging
from loaders.spark.segment import write
from loaders.spark.session import scratch_of, session
from loaders.spark.tasks import FileTask
from loaders.staging import THINGS, Staging
from loaders.writing import Written


@dataclass
class SparkJob(Job):
    """What a load on Spark works with. master: Spark's master URL."""

    master: str = "local[*]"
    key: bytes = b""
    _spark: Any = field(default=None, repr=False)

    def run(
        self, files: list[TableFile], mark: str, pseudonyms: Pseudonyms, *, dry_run: bool, public: bool
    ) -> LoadReport:
        with session(self.master, self.memory, scratch_of(self.log)) as self._spark:
            return super().run(files, mark, pseudonyms, dry_run=dry_run, public=public)

    @property
    def _scratch(self) -> Path:
        """Emptied with the staging area."""
        folder = self.log.staging / "spark"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder.absolute()

    def _take_in(  # type: ignore[override]
        self, payments: list[TableFile], staging: Staging, refused: Refused, parser: Parser
    ) -> SparkIntake:
        self.told("reading payments on Spark", 0, 0)
        waiting = np.sort(self.store.inbox()["payment"])
        log = self.log.folder.absolute()
        task = FileTask(tuple(payments), self.policy, self.key, log, waiting, self.now, self.memory)
        intake = SparkIntake(SparkStaging(self._spark, self._scratch))
        intake.read(task, refused)
        return intake

    def _segment(  # type: ignore[override]
        self, intake: SparkIntake, interners: Interners, labels: Labels, name: str
    ) -> Written:
        self.told("writing the log on Spark", 0, 0)
        indices = {thing: self._indices(intake.staging, interners, thing) for thing in THINGS}
        made = write(self.log, intake.staging, indices, labels, name)
        return Written(made.segment, np.unique(indices["user"][1]), None, made.walled, made.refunds)

    def _indices(self, staging: SparkStaging, interners: Interners, thing: str) -> tuple[list[str], Int64]:
        ids = staging.ids(thing)
        if thing != "user":
            return ids, getattr(interners, thing).of(ids)
        # Workers named people already: pseudonyms arrive here, never account ids.
        given = people_given(self.store, verified_adults=self.store.meta("users_table") is None)
        indices = given(ids)
        interners.user.learn(ids, indices)
        return ids, indices

    def _add_up(self, name: str, written: Written, changed: Relabelled) -> dict[str, int]:
        users = np.union1d(written.users, changed.users)
        return set_edges_by_spark(
            SparkAdder(self._spark, self.log, self._scratch),
            self.log,
            self.store,
            users,
            memory=self.memory,
            threads=self.threads,
            progress=lambda done, total: self.told("adding up", done, total),
        )
