"""Workers that are killed with -9 while they load: the same result."""

import signal
import threading
from contextlib import suppress

import psutil
import pytest

pytestmark = [pytest.mark.spark, pytest.mark.slow]
HEADER = "payment_id,user_id,merchant_id,amount,currency,paid_at"


class Killer(threading.Thread):
    """Kills every Python worker of this process' Spark that it meets, up to a number, half a second apart."""

    def __init__(self, number):
        super().__init__(daemon=True)
        self.left, self.done = number, threading.Event()

    def run(self):
        while self.left and not self.done.wait(0.5):
            for process in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    if (
                        "pyspark.daemon" in process.cmdline()
                        and "pyspark.daemon" in process.parent().cmdline()
                    ):
                        process.send_signal(signal.SIGKILL)
                        self.left -= 1
                        break


def test_killed_workers_change_nothing(on_both, tmp_path, spark):
    for file in range(6):
        lines = [f"p{file}-{i},u{i % 50},m{i % 7},5.00,CNY,2026-03-{1 + i % 28:02d}" for i in range(4000)]
        (tmp_path / f"payments-{file}.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    killer = Killer(3)
    killer.start()
    on_both([tmp_path])
    killer.done.set()
    killer.join()
    assert killer.left < 3
