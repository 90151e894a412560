"""Log lines: one JSON object each, and nothing of what an error said."""

import io
import logging

import orjson
import pytest

from api.observe import seen
from api.observe.logs import configure
from graph.errors import InputError


@pytest.fixture
def stream():
    """Where this process logs, for as long as the test lasts."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(False)
    for name in ("api", "graph", "loaders", "embeddings"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def crash():
    raise KeyError("somebody\nand somebody else")


def log_crash(form, stream):
    configure("INFO", form, stream)
    try:
        crash()
    except KeyError:
        logging.getLogger("api.test").exception("it failed")
    return stream.getvalue()


def test_a_traceback_is_one_line_that_says_where_and_not_what(stream):
    (line,) = log_crash("json", stream).splitlines()
    error = orjson.loads(line)["error"]
    assert error["type"] == "KeyError"
    assert error["where"][-1].endswith("crash")
    assert "somebody" not in line


def test_text_says_the_same_in_one_line(stream):
    (line,) = log_crash("text", stream).splitlines()
    assert "it failed" in line
    assert "test_logs.py" in line
    assert "somebody" not in line


def test_our_own_errors_keep_their_words(stream):
    configure("INFO", "json", stream)
    try:
        raise InputError("scene is 'x'; expected dining")
    except InputError:
        logging.getLogger("api.test").exception("refused")
    assert orjson.loads(stream.getvalue())["error"]["says"] == "scene is 'x'; expected dining"


def test_libraries_below_warning_are_silent_even_at_debug(stream):
    configure("DEBUG", "json", stream)
    logging.getLogger("neo4j.io").debug("MATCH with parameters")
    logging.getLogger("graph.stores").debug("ours")
    assert [orjson.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["ours"]


def test_lines_of_a_request_carry_its_id(stream):
    configure("INFO", "json", stream)
    seen.begin("r7")
    logging.getLogger("api.test").warning("during")
    seen.end()
    logging.getLogger("api.test").warning("after")
    during, after = (orjson.loads(line) for line in stream.getvalue().splitlines())
    assert (during["request_id"], "request_id" in after) == ("r7", False)


def test_a_newline_in_a_message_makes_no_second_line(stream):
    configure("INFO", "json", stream)
    logging.getLogger("api.test").warning("one\ntwo")
    assert len(stream.getvalue().splitlines()) == 1
