"""Houses that were filled on one machine and on Spark, from the same files."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def spark(tmp_path_factory):
    """One local Spark for all tests, as `circles load --engine spark` starts it."""
    from loaders.spark.session import master_of, session

    with session(master_of("spark", 2), "1GB", tmp_path_factory.mktemp("spark")) as started:
        yield started


@pytest.fixture
def on_both(houses):
    """Loads sources on DuckDB and on Spark, each into a house of its own; asserts that they are the same."""

    def on_both(*loads, **asked):
        one, many = houses(), houses()
        for sources in loads:
            reports = [
                house.load(*sources, engine=engine, threads=2, **asked)
                for house, engine in ((one, "duckdb"), (many, "spark"))
            ]
            assert _told(reports[0]) == _told(reports[1])
        assert _files(one.log.folder / "segments") == _files(many.log.folder / "segments")
        for kind in ("paid", "bought"):
            assert _bytes(one.store.edges(kind)) == _bytes(many.store.edges(kind))
        for label in ("User", "Merchant", "Product", "Circle"):
            assert one.store.nodes(label) == many.store.nodes(label)
        assert not many.log.check(many.store)
        return many, reports[1]

    return on_both


def _told(report):
    """A report without its duration, with the rows of its file of refused ones."""
    value = report.as_dict() | {"seconds": 0}
    path = value.pop("refused_file")
    return value, path and Path(path).read_text(encoding="utf-8")


def _files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def _bytes(edges):
    return edges.users.tobytes(), edges.offsets.tobytes(), edges.edges.tobytes()
