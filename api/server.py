"""granian, with a way to stop that no caller notices, and with patience for workers that die often.

It takes what granian 2.x calls at a signal and when a worker has to be replaced; tests with real processes
would notice if that changed.
"""

import logging
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from granian.server import Server

from graph.errors import ConfigError

log = logging.getLogger(__name__)

# A worker that dies soon after it started ends granian at its second death. Two workers that the kernel
# killed for their memory are no reason to stop; five in half a minute are: a supervisor can tell somebody.
DEATHS, WITHIN_S = 5, 30.0


class DrainingServer(Server):  # type: ignore[misc]
    """A granian server that says it is stopping before it stops."""

    def __init__(
        self, *args: Any, drain_s: float, stopping: Path, check: Callable[[], None], **kwargs: Any
    ) -> None:
        """
        Args:
            drain_s: how long everything is still answered after SIGTERM.
            stopping: a file that is made at SIGTERM; `/readyz` looks for it.
            check: raises ConfigError where a new worker could not start.
        """
        super().__init__(*args, **kwargs)
        self._drain_s = drain_s
        self._stopping = stopping
        self._check = check
        self._deaths: deque[float] = deque(maxlen=DEATHS)

    def signal_handler_interrupt(self, number: int = signal.SIGTERM, *rest: Any) -> None:
        """Stop: at SIGTERM after draining, at a second one or at Ctrl-C now."""
        again = self._stopping.exists()
        self._stopping.touch()
        if number == signal.SIGTERM and self._drain_s > 0 and not again:
            log.warning("stopping in %g s; /readyz says so", self._drain_s)
            timer = threading.Timer(self._drain_s, super().signal_handler_interrupt)
            timer.daemon = True
            timer.start()
        else:
            super().signal_handler_interrupt()

    def _reload(self, *args: Any) -> None:
        """At SIGHUP: new workers, unless they could not start; then the old ones stay, and it is told why."""
        try:
            self._check()
        except ConfigError as error:
            self.reload_signal = False
            self.main_loop_interrupt.clear()
            log.error("SIGHUP: %s; the workers stay as they are, mend it and send SIGHUP again", error)
        else:
            super()._reload(*args)

    def _respawn_workers(self, workers: Any, *args: Any, **kwargs: Any) -> None:
        super()._respawn_workers(workers, *args, **kwargs)
        self._deaths.append(time.monotonic())
        if len(self._deaths) < DEATHS or self._deaths[-1] - self._deaths[0] > WITHIN_S:
            self.respawned_wrks.clear()  # granian would take the next death for a loop of crashes
