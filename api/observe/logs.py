"""Log lines for machines: one JSON object a line, whatever happens; text for people where they want that.

The standard library with orjson, since every library logs through it already: a request's line costs 28 us;
structlog took 39. Libraries below WARNING are silent, because some write down at DEBUG all that passes
through them. Of an exception a line says what it is and where it was, not what it said: the text of an
unforeseen error may hold somebody's data. Our own errors never do, and their text is kept.
"""

import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

import orjson

from api.observe import seen
from graph.errors import CirclesError

OURS = ("api", "graph", "loaders", "embeddings")
TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
FRAMES = 12  # innermost ones; what is further out is Flask's

log = logging.getLogger(__name__)


class JsonLines(logging.Formatter):
    """A record as one line of JSON; `told` (given as `extra`) are more fields of it."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "pid": record.process,
        }
        if request_id := seen.request_id():
            line["request_id"] = request_id
        line |= getattr(record, "told", {})
        if record.exc_info:
            line["error"] = told_error(record.exc_info[1])
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class TextLines(logging.Formatter):
    """The same for people: `told` as name=value, and an exception in the same line."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {"request_id": seen.request_id()} if seen.request_id() else {}
        told |= getattr(record, "told", {})
        if record.exc_info:
            told["error"] = told_error(record.exc_info[1])
        plain = logging.makeLogRecord(record.__dict__ | {"exc_info": None, "exc_text": None})
        return " ".join([super().format(plain), *(f"{name}={value}" for name, value in told.items())])


def told_error(error: BaseException | None) -> dict[str, Any]:
    """What a log says of an exception: its kind, where it was raised, and the words if they are ours."""
    if error is None:
        return {}
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    told: dict[str, Any] = {
        "type": type(error).__name__,
        "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, CirclesError):
        told["says"] = str(error)
    return told


def configure(level: str, form: str, stream: TextIO | None = None) -> None:
    """Send every log line of this process to standard error.

    Args:
        level: of our own loggers; all others speak from WARNING on.
        form: `json` or `text`.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines(TEXT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(True)


def catch_crashes() -> None:
    """Let an error that ends a process or a thread be a log line too, in place of a traceback."""
    sys.excepthook = _log_crash
    threading.excepthook = _log_thread


def granian_config(form: str) -> dict[str, Any]:
    """What granian is told about logging, so that its lines look like ours."""
    made: dict[str, Callable[..., logging.Formatter]] = {"json": JsonLines, "text": TextLines}
    arguments = {} if form == "json" else {"fmt": TEXT}
    handler = {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "ours"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"ours": {"()": made[form], **arguments}},
        "handlers": {"ours": handler},
        "loggers": {"_granian": {"handlers": ["ours"], "level": "INFO", "propagate": False}},
    }


def _log_crash(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("process %d ends by an error", os.getpid(), exc_info=error)


def _log_thread(args: threading.ExceptHookArgs) -> None:
    log.error("a thread ended by an error", exc_info=args.exc_value)
