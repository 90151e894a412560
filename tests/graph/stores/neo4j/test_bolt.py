"""The driver comes without dataframe libraries."""

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
