"""Workers that are killed with -9 while they load: the same result."""

import signal
import subprocess
import threading
import time
from contextlib import suppress

import psutil
import pytest

from graph.errors import StoreError
from graph.home import Home
from tests.houses import CIRCLES, House

pytestmark = [pytest.mark.spark, pytest.mark.slow]
HEADER = "payment_id,user_id,merchant_id,amount,currency,paid_at"


class Killer(threading.Thread):
    """Kills Python workers of this process' Spark, up to a number, half a second apart."""

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


def test_a_task_that_fails_again_and_again(house, tmp_path, spark):
    (tmp_path / "payments.csv").write_text(f"{HEADER}\np1,u1,m1,5.00,CNY,2026-03-01\n")
    in_the_way = house.log.folder / "compiled"  # of what workers keep there

    def block(progress):
        if "Spark" in progress.stage and not in_the_way.exists():
            in_the_way.parent.mkdir(exist_ok=True)
            in_the_way.write_text("")

    with pytest.raises(StoreError, match=r"gave up.*Load again"):
        house.load(tmp_path, engine="spark", progress=block)
    assert house.store.stats()["User"] == 0
    assert not house.log.segments()
    in_the_way.unlink()
    assert house.load(tmp_path, engine="spark").as_dict()["payments"]["loaded"] == 1


def test_an_executor_that_is_lost_while_it_reads(tmp_path):
    """A cluster of two executors that are processes of their own, one of which dies."""
    source = tmp_path / "in"
    source.mkdir()
    (source / "merchants.csv").write_text(
        "merchant_id,category\n" + "".join(f"m{i},Cinema\n" for i in range(7))
    )
    for file in range(6):
        lines = [f"p{file}-{i},u{i % 50},m{i % 7},5.00,CNY,2026-03-{1 + i % 28:02d}" for i in range(3000)]
        (source / f"payments-{file}.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    one, many = (House(tmp_path / name, "sqlite:///circles.db") for name in ("one", "many"))
    for house in (one, many):
        Home(house.home).make().key_file.write_text("k" * 64)
    one.run("load", str(source))
    words = [CIRCLES, "load", str(source), "--engine", "spark:local-cluster[2,1,1024]"]
    loader = subprocess.Popen(words, env=many.environment(), stderr=(tmp_path / "log").open("wb"))
    assert _kill_an_executor(loader, many.home / "log" / "staging" / "spark" / "checked")
    assert loader.wait(500) == 0, (tmp_path / "log").read_text()[-3000:]
    assert _log_files(one.home) == _log_files(many.home)


def _kill_an_executor(loader, reading):
    """Kill one executor once files are being read; whether one was."""
    while loader.poll() is None:
        for process in psutil.Process(loader.pid).children(recursive=True) if reading.exists() else ():
            with suppress(psutil.Error):
                if any("CoarseGrainedExecutorBackend" in word for word in process.cmdline()):
                    process.send_signal(signal.SIGKILL)
                    return True
        time.sleep(0.05)
    return False


def _log_files(home):
    segments = home / "log" / "segments"
    return {str(p.relative_to(segments)): p.read_bytes() for p in segments.rglob("*") if p.is_file()}
