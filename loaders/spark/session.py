"""A Spark session to load with: in this process's own machine, or on a cluster.

Workers read the same paths as this process: source files and `CIRCLES_HOME` lie on storage that all of them
see. They run this package, so it is installed on each of them in the same version.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from graph.errors import ConfigError, StoreError
from graph.log import PaymentLog

_TRIES = 4  # of a task whose worker was lost, as on a cluster; alone in one process Spark tries once
_MASTERS = ("local", "spark://", "k8s://", "yarn")


def master_of(engine: str, threads: int | None) -> str:
    """Spark's master URL of `--engine`: `spark`, `spark:local[4]`, `spark:yarn` or `spark://host:7077`.

    Raises:
        ConfigError: it is none of these.
    """
    if engine == "spark":
        return f"local[{threads or '*'},{_TRIES}]"
    master = engine if engine.startswith("spark://") else engine.removeprefix("spark:")
    if engine.startswith("spark:") and master.startswith(_MASTERS):
        return master
    raise ConfigError(
        f"engine {engine!r} is unknown; expected duckdb, spark (this machine), spark://HOST:PORT, "
        "spark:local[4], spark:yarn or spark:k8s://HOST:PORT"
    )


def scratch_of(log: PaymentLog) -> Path:
    """Where Spark spills; what a killed process left there the next load removes (`PaymentLog.clean`)."""
    return log.spill.absolute() / f"{os.getpid()}-spark"


@contextmanager
def session(master: str, memory: str, scratch: Path) -> Iterator[Any]:
    """A session that is stopped at the end; one that this process has already is used and left as it is.

    Args:
        memory: heap of the driver, and of a worker unless `spark-defaults.conf` says otherwise.
        scratch: folder for what does not fit into memory where the master is local.

    Raises:
        ConfigError: pyspark is not installed, there is no Java, or the master does not answer.
        StoreError: a task failed again and again, or the cluster went away.
    """
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ConfigError("this engine needs the extra `spark`; run pip install -e '.[spark]'") from error
    failures = (PySparkException, Py4JError)
    there = SparkSession.getActiveSession()
    try:
        started = _started(SparkSession.builder, master, memory, scratch)
        if there is None:
            started.sparkContext.setLogLevel("OFF")
    except (*failures, OSError, RuntimeError) as error:
        raise ConfigError(
            f"Spark at {master} does not start: {_first_line(error)}; it needs Java 17 or 21 (JAVA_HOME) and "
            "a master that answers"
        ) from error
    try:
        yield started
    except failures as error:
        raise StoreError(
            f"Spark at {master} gave up: {_first_line(error)}; what was not committed is dropped, what was "
            "is finished by the next load. Load again, and see Spark's own logs when it comes back"
        ) from error
    finally:
        if there is None:
            with suppress(*failures, OSError):
                started.stop()
            shutil.rmtree(scratch, ignore_errors=True)


def _started(builder: Any, master: str, memory: str, scratch: Path) -> Any:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = builder.appName("circles load").master(master)
    for name, value in _settings(master, memory, scratch).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _settings(master: str, memory: str, scratch: Path) -> dict[str, str]:
    heap = memory.removesuffix("B").lower()
    found = {
        "spark.driver.memory": heap,
        "spark.executor.memory": heap,
        "spark.driver.maxResultSize": "0",  # distinct ids pass through the driver, however many there are
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.adaptive.enabled": "true",
        "spark.sql.adaptive.skewJoin.enabled": "true",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if master.startswith("local["):
        cores = _cores(master)
        # Hundreds of tiny shuffle partitions cost one machine more than the work in them.
        found |= {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.local.dir": str(scratch / "local"),
            "spark.sql.shuffle.partitions": str(2 * cores),
            "spark.io.encryption.enabled": "true",  # what it spills are people's payments
        }
    return found


def _cores(master: str) -> int:
    number = master.partition("[")[2].rstrip("]").partition(",")[0]
    return int(number) if number.isdecimal() else os.cpu_count() or 1


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0][:200] or type(error).__name__
