"""Spark makes the same bytes as this process, and sends no secret."""

from contextlib import closing
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from api.cli import cli
from api.context import wire
from api.exports import run
from api.exports.blocks import without_secrets
from api.exports.on_spark import on_spark
from graph.errors import ConfigError
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


@pytest.mark.spark
def test_a_master_that_is_none_is_named(settings, tmp_path):
    engine = on_spark(settings, "nope://x")
    with closing(wire(settings)) as context:
        asked = {"kind": "circles", "now": context.now(), "engine": engine}
        with pytest.raises(ConfigError, match="Spark at nope://x does not start"):
            run.export(context, tmp_path / "out", **asked)


def test_a_master_without_spark_is_refused(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("CIRCLES_HOME", str(settings.home))
    done = CliRunner().invoke(
        cli, ["batch", "circles", "--out", str(tmp_path / "out"), "--master", "local[2]"]
    )
    assert isinstance(done.exception, ConfigError)
    assert "add --engine spark" in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_no_secret_is_sent_to_executors(settings):
    secret = "neo4j://user:word@host"
    sent = without_secrets(replace(settings, store=secret, pseudonym_key="k" * 40, rate_store="redis://:p@h"))
    assert sent.store != secret
    assert (sent.pseudonym_key, sent.rate_store, sent.member_jwt_key) == (None, None, None)
