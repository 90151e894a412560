"""The official driver, imported without the dataframe libraries, and quiet.

Importing `neo4j` imports pandas and pyarrow where they are installed, 3 s and 100 MB a worker for two methods
that nobody here calls. It does without them where they are absent; so for that moment they look absent.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

HIDDEN = ("pandas", "pyarrow")


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None stops an import
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


with _hidden(*HIDDEN):
    import neo4j
    from neo4j import exceptions as said

# Whatever goes wrong in it is raised too, and then said once and in our words.
logging.getLogger("neo4j").setLevel(logging.CRITICAL)

__all__ = ["neo4j", "said"]
