"""Run the service: granian in WSGI mode, several processes, each a whole application."""

import gc
import logging
import multiprocessing
import os
import resource
import shutil
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings

from api.listening import check_address, check_certificate
from api.observe import slots
from api.observe.logs import catch_crashes, configure, granian_config
from api.server import DrainingServer
from graph.policy.values import read_policy
from graph.settings import Settings

THREADS = 4  # per worker: one may wait for the disk while others answer
RESPAWN_AFTER_S = 0.5
KILL_AFTER_S = 5  # a worker whose parent has gone ends by itself, or after this
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# A head of a request is small and comes at once; whoever sends more, or slowly, is not one of us.
HTTP = HTTP1Settings(header_read_timeout=10_000, max_buffer_size=64 * 1024)
BACKLOG = 4096  # connections that the kernel holds for a worker that is busy
# Open connections of a worker; one that sends nothing for ten seconds is closed. 10,000 take 30 MB.
CONNECTIONS = 16_384
FILES = 512  # what else a worker has open, with room

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Serving:
    """How to serve.

    certificate, key: files in PEM; then it is https, else plain http.
    drain_s: after SIGTERM, how long `/readyz` says `stopping` while everything is still answered.
    stop_within_s: after that, how long an answer that was begun may take.
    worker_lifetime_s, worker_memory_mb: a worker that is older or larger is replaced.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    certificate: Path | None = None
    key: Path | None = None
    drain_s: float = 0.0
    stop_within_s: int = 30
    worker_lifetime_s: int | None = None
    worker_memory_mb: int | None = None


def serve(settings: Settings, how: Serving) -> None:
    """Serve until told to stop (SIGINT, SIGTERM). A worker that dies is replaced.

    Raises:
        ConfigError: the address cannot be listened on, or the certificate cannot be used.
    """
    check_address(how.host, how.port)
    check_certificate(how.certificate, how.key)
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")  # inherited by the workers, which are new processes
    form = settings.log_format or "json"
    settings = replace(settings, log_format=form)  # for workers and their jobs too
    configure(settings.log_level, form)
    folder = slots.open_folder()
    try:
        server = _server(how, folder, granian_config(form), partial(_check, settings, how))
        server.serve(target_loader=partial(load_app, settings, folder), wrap_loader=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check(settings: Settings, how: Serving) -> None:
    """Raises ConfigError where a worker that begins now could not use the files it reads."""
    check_certificate(how.certificate, how.key)
    read_policy(settings.policy)


def connections() -> int:
    """Connections that a worker may take up, after asking for as many open files as this user may have."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = most if most != resource.RLIM_INFINITY else CONNECTIONS + FILES
    wanted = max(now, min(files, CONNECTIONS + FILES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return max(128, min(CONNECTIONS, files - FILES))


def _server(
    how: Serving, folder: Path, logging_config: dict[str, Any], check: Callable[[], None]
) -> DrainingServer:
    return DrainingServer(
        "circles",
        address=how.host,
        port=how.port,
        interface=Interfaces.WSGI,
        workers=how.workers,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        backpressure=connections(),
        http=HTTPModes.http1,  # whoever speaks HTTP/2 to clients is a proxy before us
        http1_settings=HTTP,
        respawn_failed_workers=True,
        respawn_interval=RESPAWN_AFTER_S,
        workers_kill_timeout=how.stop_within_s,
        workers_lifetime=how.worker_lifetime_s,
        workers_max_rss=how.worker_memory_mb,
        ssl_cert=how.certificate,
        ssl_key=how.key,
        ssl_protocol_min=SSLProtocols.tls12,
        log_access=False,
        log_dictconfig=logging_config,
        websockets=False,
        process_name=None,
        drain_s=how.drain_s,
        stopping=folder / slots.STOPPING,
        check=check,
    )


def load_app(settings: Settings, folder: Path) -> Any:
    """What each worker does first."""
    # What the parent does at a signal is not for a worker: one that is told to stop while it loads, ends.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    started = time.perf_counter()
    configure(settings.log_level, settings.log_format or "json")
    catch_crashes()
    from api.app import create_app
    from api.observe import metrics, tracing

    threading.Thread(target=_leave_with_parent, daemon=True).start()
    metrics.join(folder)
    app = create_app(settings)
    tracing.start(app, os.environ)
    # A worker ends as a child of `multiprocessing`, which calls this and not `atexit`.
    Finalize(None, app.extensions["circles"].receipts.close, exitpriority=0)
    gc.freeze()  # what is wired stays; looking through it again cost one answer in a hundred 80 ms
    log.info("worker %d answers after %.1f s", os.getpid(), time.perf_counter() - started)
    return app


def _leave_with_parent() -> None:
    """Stop when the process that looks after the workers is gone, however it went.

    A worker left behind would go on listening beside those of the next server, with the old settings.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(KILL_AFTER_S)
    os.kill(os.getpid(), signal.SIGKILL)
