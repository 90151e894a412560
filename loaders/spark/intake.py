"""Payments from their files, read by many workers at once, to checked rows on disk and counts.

The same counts as `loaders/payments.py` makes on one machine: the first of two rows with one payment wins,
by the order of the files, whoever read them first.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from graph.errors import InputError
from loaders.files import TableFile
from loaders.readers import ignored_columns
from loaders.refused import Refused
from loaders.report import NO_CURRENCY, FileTally, Totals
from loaders.spark.tasks import DDL, ERROR, KNOWN, NEW, NOTE, REFUSED, FileTask

ORDER = ("file", "batch", "row")
_FATES = {NEW: "loaded", KNOWN: "duplicates", REFUSED: "refused"}


class SparkStaging:
    """Checked rows of one load, as Parquet in a folder.

    Args:
        folder: empty, and seen by all workers.
    """

    def __init__(self, spark: Any, folder: Path) -> None:
        self.spark, self.folder = spark, folder
        self.num_rows = 0  # new ones, each payment once
        self._ids: dict[str, list[str]] = {}

    @property
    def checked(self) -> Any:
        """Every row of every file; columns of `tasks.SCHEMA`."""
        return self.spark.read.schema(DDL).parquet(str(self.folder / "checked"))

    def fill(self, task: FileTask) -> None:
        """Read all files, one worker a file."""
        number = max(1, len(task.files))
        numbers = self.spark.range(0, len(task.files), 1, number)
        numbers.mapInArrow(task, DDL).write.parquet(str(self.folder / "checked"))

    def find_repeated(self) -> None:
        """Keep which payments come more than once: `payment`, and `first`, the place of the row that counts.

        The one time that all payments are shuffled; afterwards these few are looked up.
        """
        from pyspark.sql import functions as f

        new = self.checked.where(f.col("fate") == NEW)
        first = f.min(f.struct(*ORDER)).alias("first")
        grouped = new.groupBy("payment").agg(f.count("*").alias("times"), first)
        twice = grouped.where("times > 1").select("payment", "first")
        twice.write.parquet(str(self.folder / "repeated"))

    @property
    def marked(self) -> Any:
        """`checked` with `again`: whether a new row repeats an earlier one."""
        from pyspark.sql import functions as f

        repeated = self.spark.read.parquet(str(self.folder / "repeated"))
        joined = self.checked.join(repeated, "payment", "left")
        place = f.struct(*ORDER)
        again = (f.col("fate") == NEW) & f.col("first").isNotNull() & (place != f.col("first"))
        return joined.withColumn("again", f.coalesce(again, f.lit(False))).drop("first")

    @property
    def new_rows(self) -> Any:
        """Rows to be written, each payment once."""
        return self.marked.where(f"fate = {NEW} and not again")

    def ids(self, thing: str) -> list[str]:
        """Distinct ids of the new rows, in the order in which one machine would meet them."""
        from pyspark.sql import functions as f

        if thing not in self._ids:
            first = f.min(f.struct("file", "batch", f"{thing}_code")).alias("first")
            found = self.new_rows.where(f.col(thing).isNotNull()).groupBy(thing).agg(first).orderBy("first")
            self._ids[thing] = found.select(thing).toArrow().column(0).to_pylist()
        return self._ids[thing]


class SparkIntake:
    """What `loaders.payments.Intake` counts, of payments that a cluster read."""

    def __init__(self, staging: SparkStaging) -> None:
        self.staging = staging
        self.tallies: list[FileTally] = []
        self.totals = Totals()
        self.notes: Counter[str] = Counter()

    def read(self, task: FileTask, refused: Refused) -> None:
        """Read and count all files.

        Raises:
            InputError: something is wrong with a whole file; the first one's reason.
        """
        files = task.files
        self.tallies = [FileTally(f.table, f.name, ignored_columns=ignored_columns(f)) for f in files]
        self.staging.fill(task)
        self._refuse_files()
        self.staging.find_repeated()
        self._count()
        self._tell_refused(files, refused)

    def _refuse_files(self) -> None:
        wrong = self.staging.checked.where(f"fate = {ERROR}").orderBy("file").select("reason").take(1)
        if wrong:
            raise InputError(wrong[0]["reason"])

    def _count(self) -> None:
        from pyspark.sql import functions as f

        rows = self.staging.marked.groupBy("file", "fate", "again", "reason", "currency").agg(
            f.count("*").alias("rows"),
            f.sum(f.col("micros").cast("decimal(38,0)")).alias("micros"),
            f.sum("line").alias("noted"),
        )
        for row in rows.toLocalIterator():
            if row["fate"] == NOTE:
                self.notes[row["reason"]] += row["noted"]
                continue
            tally = self.tallies[row["file"]]
            fate = "duplicates" if row["again"] else _FATES[row["fate"]]
            tally.read += row["rows"]
            if fate == "duplicates":
                tally.duplicates += row["rows"]
            elif fate == "refused":
                tally.reasons[row["reason"]] += row["rows"]
            else:
                self.staging.num_rows += row["rows"]
            for told in ("read", fate):
                self.totals.add_sum(told, row["currency"] or NO_CURRENCY, int(row["micros"]))

    def _tell_refused(self, files: Sequence[TableFile], refused: Refused) -> None:
        for file, line, reason in self._refused():
            refused.tell(files[file].name, files[file].table, line, reason)

    def _refused(self) -> Iterator[tuple[int, int, str]]:
        rows = self.staging.checked.where(f"fate = {REFUSED}").orderBy(*ORDER)
        for row in rows.select("file", "line", "reason").toLocalIterator():
            yield row["file"], row["line"], row["reason"]
