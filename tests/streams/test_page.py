"""What docs/scale.md says about Kafka is run as it stands there."""

import subprocess

import pytest

from tests.houses import CIRCLES
from tests.project.test_scale import commands

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def test_the_commands_do_what_the_page_says(topics, takers):
    topic, taker = topics(), takers()
    topic.send({"payment_id": "p1", "user_id": "u1", "merchant_id": "m1", "paid_at": "2026-03-01"})
    environment = taker.house.environment() | {"KAFKA": topic.broker.address}
    environment["PATH"] = f"{CIRCLES.parent}:{environment['PATH']}"
    script = "set -euo pipefail\n" + commands("kafka").replace("--topic payments", f"--topic {topic.name}")
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "1 payments taken" in done.stderr
