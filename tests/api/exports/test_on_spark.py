"""Spark makes the same bytes as this process, and sends no secret."""

from contextlib import closing
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from api.context import wire
from api.exports import run
from api.exports.blocks import without_secrets
from api.exports.on_spark import on_spark
from graph.settings import Settings


def both(context, settings, folder, **asked):
    """Bytes and rows of an export by this process, and of the same one by Spark."""
    asked = {"now": context.now(), **asked}
    run.export(context, folder / "here", **asked)
    told = run.export(context, folder / "spark", engine=on_spark(settings, "local[2]"), **asked)
    here, spark = (sorted((folder / name).glob("*.parquet")) for name in ("here", "spark"))
    assert told["blocks"] == len(spark) > 1
    assert sum(pq.read_metadata(path).num_rows for path in spark) == told["rows"] > 0
    return [path.read_bytes() for path in here], [path.read_bytes() for path in spark]


@pytest.mark.spark
def test_spark_writes_the_same_bytes_of_circles(settings, tmp_path):
    with closing(wire(settings)) as context:
        here, spark = both(context, settings, tmp_path, kind="circles", block_size=25)
    assert here == spark


@pytest.mark.spark
def test_spark_writes_the_same_bytes_of_links(link_house, tmp_path):
    house = link_house({(0, other): 0.2 + 0.07 * other for other in range(1, 10)})
    settings = Settings(home=house.context.home.path)
    here, spark = both(house.context, settings, tmp_path, kind="links", block_size=5)
    assert here == spark


def test_no_secret_is_sent_to_executors(settings):
    secret = "neo4j://user:word@host"
    sent = without_secrets(replace(settings, store=secret, pseudonym_key="k" * 40, rate_store="redis://:p@h"))
    assert sent.store != secret
    assert (sent.pseudonym_key, sent.rate_store, sent.member_jwt_key) == (None, None, None)
