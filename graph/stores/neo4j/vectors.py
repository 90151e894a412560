"""Vectors of circles, merchants and products in Neo4j, with an index, for who asks in Cypher.

They are a copy for looking and joining; answers are made from the published version. People have no vectors
here: a person's would be a profile that anybody with read access could compare with others.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from graph.errors import InputError
from graph.queries import load_queries
from graph.stores.columns import BATCH, Int64
from graph.stores.neo4j.bolt import neo4j
from graph.stores.neo4j.drivers import translated
from graph.stores.neo4j.transaction import StoreBase, Transaction

VECTOR_LABELS = ("Circle", "Merchant", "Product")
_ROWS = 2_000  # of one transaction: 64 numbers each


class Vectors(StoreBase):
    """Mixin: vectors on nodes. Not part of `GraphStore`: the embedded store has no use for them."""

    def put_vectors(
        self, label: str, indices: Int64, vectors: npt.NDArray[np.float32], *, version: str
    ) -> int:
        """Replace all vectors of a label; repeating it changes nothing. Returns how many were written.

        Args:
            label: one of `VECTOR_LABELS`.
            indices: (n,), of nodes; unknown ones are passed over.
            vectors: float32 (n, dimensions), none of length 0.
            version: the published version they are from; kept beside each.

        Raises:
            InputError: the label may not have vectors.
        """
        if label not in VECTOR_LABELS:
            raise InputError(
                f"a {label} gets no vector in the graph; only {', '.join(VECTOR_LABELS)} may have one"
            )
        self._make_index(label, vectors.shape[1])
        num_written = 0
        for start in range(0, len(indices), _ROWS):
            part = slice(start, start + _ROWS)
            rows = [list(row) for row in zip(indices[part].tolist(), vectors[part].tolist(), strict=True)]
            num_written += self._write(lambda tx, rows=rows: _put(tx, label, rows, version))  # type: ignore[misc]
        while self._write(lambda tx: tx.one("drop_old_vectors", label=label, version=version, limit=BATCH)):
            pass
        return num_written

    def _make_index(self, label: str, dimensions: int) -> None:
        name = f"{label.lower()}_embedding"
        kept = self._read(lambda tx: tx.one("index_dimensions", name=name))
        with translated(self.target), self._session(neo4j.WRITE_ACCESS) as session:
            if kept is not None and kept != dimensions:
                session.run(_filled("drop_vector_index", label, name)).consume()
            session.run(_filled("vector_index", label, name), dimensions=dimensions).consume()
            session.run(load_queries("neo4j")["await_indexes"]).consume()


def _filled(query: str, label: str, name: str) -> str:
    return load_queries("neo4j")[query].replace("{label}", label).replace("{kind}", name)


def _put(tx: Transaction, label: str, rows: Sequence[object], version: str) -> int:
    return int(tx.one("put_vectors", label=label, rows=rows, version=version) or 0)
