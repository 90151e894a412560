"""Run the service: granian in WSGI mode, several processes, each a whole application."""

import logging
import os
from functools import partial
from typing import Any

from granian.constants import Interfaces
from granian.server import Server

from graph.settings import Settings

THREADS = 4  # per worker: one may wait for the disk while others answer
RESPAWN_AFTER_S = 0.5
KILL_AFTER_S = 5  # a worker that is told to stop while it starts may otherwise never do so
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def serve(settings: Settings, host: str, port: int, workers: int) -> None:
    """Serve until told to stop (SIGINT, SIGTERM). A worker that dies is replaced."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")  # inherited by the workers, which are new processes
    server = Server(
        "circles",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        respawn_interval=RESPAWN_AFTER_S,
        workers_kill_timeout=KILL_AFTER_S,
        log_access=False,
        websockets=False,
        process_name=None,
    )
    server.serve(target_loader=partial(load_app, settings), wrap_loader=False)


def load_app(settings: Settings) -> Any:
    """What each worker does first."""
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    from api.app import create_app

    return create_app(settings)
