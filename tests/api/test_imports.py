"""Serving stays light: none of the libraries of loading and training is imported."""

import subprocess
import sys

HEAVY = ("torch", "torch_geometric", "scipy", "duckdb", "ibis", "pyarrow", "pandas", "matplotlib")
PROGRAM = """
import sys, time
from pathlib import Path
from api.app import create_app
from graph.settings import Settings

app = create_app(Settings(home=Path(sys.argv[1])))
key = app.extensions["circles"].keys.create("service", now=int(time.time()))
ask = app.test_client().open
headers = {"Authorization": "Bearer " + key}
assert ask("/v1/users/u60/circles", headers=headers).status_code == 200
payment = {"payment_id": "x", "user_id": "u60", "merchant_id": "c1", "paid_at": "2026-09-01T09:00:00Z"}
assert ask("/v1/payments", method="POST", json=payment, headers=headers).json["accepted"] == 1
assert ask("/v1/users/u60/circles", headers=headers).status_code == 200
assert ask("/?user=u60").status_code == 200
assert ask("/v1/users/u60/links", headers=headers).status_code == 200
key = app.extensions["circles"].keys.create("operator", now=int(time.time()))
for what in ("portrait?format=csv", "fan-graph", "fan-graph?format=gexf", "peers"):
    found = ask("/v1/merchants/c0/" + what, headers={"Authorization": "Bearer " + key})
    assert found.status_code == 200
from api.services.disclosed import noisy_counts
assert len(noisy_counts([30, 40], 0.5, 1)[0]) == 2
print(",".join(sorted(set(m.partition(".")[0] for m in sys.modules))))
"""


def test_answering_imports_none_of_the_heavy_libraries(settings):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(settings.home)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.strip().split(",")) & set(HEAVY) == set()
