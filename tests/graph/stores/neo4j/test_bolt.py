"""The driver comes without dataframe libraries, and leaves talking to us."""

import subprocess
import sys

PROGRAM = """
import sys
from graph.stores.neo4j.store import Neo4jStore
assert not {"pandas", "pyarrow"} & set(sys.modules), "a dataframe library was imported"
import pandas  # and can still be, afterwards
"""


def test_the_store_imports_no_dataframe_library_and_hides_none_for_long():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


AWAY = """
import logging
from graph.errors import StoreUnavailable
from graph.stores.open import open_store
logging.basicConfig(level="INFO", format="%(name)s %(message)s")
try:
    open_store("bolt://neo4j:sesame@127.0.0.1:1").seq()
except StoreUnavailable as error:
    print(error)
"""


def test_a_server_that_is_away_is_told_of_once_and_not_by_the_driver():
    done = subprocess.run([sys.executable, "-c", AWAY], capture_output=True, text=True, check=False)
    assert "127.0.0.1:1" in done.stdout
    assert not [line for line in done.stderr.splitlines() if not line.startswith("graph.")]
