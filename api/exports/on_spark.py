"""Blocks of an export on Spark: `mapInPandas` over the ranges, each made where the executor is.

An executor does what a worker of one machine does: it maps the published version, asks the store, and writes
the file of its block, so that the bytes are the same. Only counts travel back. The home, the policy and the
folder must lie under the same paths on every machine, and the store must be one that all of them reach;
secrets are read from the executors' own environment and never sent.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

from api.exports.asked import Export
from api.exports.blocks import Made, Worker, without_secrets
from api.exports.run import LOST, Engine
from graph.errors import ConfigError, StoreUnavailable
from graph.settings import Settings, settings_from

_RANGES = "start long, stop long"
_MADE = "first long, people long, rows long"


def on_spark(settings: Settings, master: str | None) -> Engine:
    """An engine that gives blocks to Spark.

    Args:
        master: of a cluster; what `spark-submit` or Spark's own settings say when absent.

    Raises:
        ConfigError: the extra `spark` is not installed.
        ConfigError, while they are made: there is no Java, or the master does not answer.
        StoreUnavailable, while they are made: an executor failed.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ConfigError("Spark is not installed; run `pip install 'circles[spark]'`") from error
    sent = without_secrets(settings)

    def make(asked: Export, folder: Path, blocks: list[range]) -> Iterator[Made]:
        if not blocks:
            return
        builder = SparkSession.builder.appName(f"circles {asked.kind} {asked.export_id[:8]}")
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else any Python that it finds
        session = _started(builder, master)
        ranges = [(block.start, block.stop) for block in blocks]
        try:
            asked_of = session.createDataFrame(ranges, _RANGES).repartition(len(ranges), "start")
            done = asked_of.mapInPandas(_maker(sent, asked, folder.absolute()), _MADE)
            for row in done.collect():  # a row a block; its iterator would run them one by one
                yield Made(row["first"], row["people"], row["rows"])
        except PySparkException as error:
            raise StoreUnavailable(f"{LOST} (Spark: {str(error).splitlines()[0]})") from error
        finally:
            session.stop()

    return make


def _started(builder: Any, master: str | None) -> Any:
    """A session; ConfigError where Spark does not start, which its own lines before it explain."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        return (builder.master(master) if master else builder).getOrCreate()
    except (PySparkException, Py4JError, OSError, RuntimeError) as error:
        where = f"at {master} " if master else ""
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ConfigError(
            f"Spark {where}does not start: {first}; it needs Java 17 or 21 (JAVA_HOME) and a master that "
            "answers"
        ) from error


def _maker(sent: Settings, asked: Export, folder: Path) -> Any:
    """What an executor does with its ranges: frames of ranges -> frames of what was made."""

    def make(parts: Iterator[Any]) -> Iterator[Any]:
        import pandas as pd  # type: ignore[import-untyped]

        worker = Worker.opened(_settings_here(sent), asked, folder)
        try:
            for part in parts:
                ranges = (range(int(start), int(stop)) for start, stop in part.itertuples(index=False))
                made = [astuple(worker.make(block)) for block in ranges]
                yield pd.DataFrame(made, columns=["first", "people", "rows"])
        finally:
            worker.close()

    return make


def _settings_here(sent: Settings) -> Settings:
    """The driver's settings with this machine's own secrets."""
    here = settings_from(os.environ)
    store = here.store if sent.store == Settings.store and "CIRCLES_STORE" in _given() else sent.store
    return replace(sent, store=store, pseudonym_key=here.pseudonym_key)


def _given() -> set[str]:
    return {name.removesuffix("_FILE") for name in os.environ if name.startswith("CIRCLES_")}
