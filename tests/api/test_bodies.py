"""Bodies that are read in bounds."""

import io
import threading

import pytest
from werkzeug.exceptions import RequestEntityTooLarge

from api.bodies import WAITING, WaitedFor, watch
from api.errors import Problem


class Slow:
    """A body that does not arrive until it is let go."""

    def __init__(self):
        self.asked, self.let_go = threading.Event(), threading.Event()

    def read(self, size=-1):
        self.asked.set()
        self.let_go.wait(60)
        return b""


@pytest.mark.parametrize(("size", "is_read"), [(0, True), (10, True), (11, False), (100, False)])
def test_a_body_without_a_length_may_be_as_long_as_the_limit_and_no_longer(size, is_read):
    body = WaitedFor(io.BytesIO(b"x" * size), limit=10)
    if is_read:
        assert body.read(10) == b"x" * size
    else:
        with pytest.raises(RequestEntityTooLarge):
            body.read(10)


def test_no_more_than_some_threads_wait_for_bodies():
    slow = [Slow() for _ in range(WAITING)]
    threads = [threading.Thread(target=WaitedFor(body, 10).read) for body in slow]
    for thread, body in zip(threads, slow, strict=True):
        thread.start()
        assert body.asked.wait(60)
    with pytest.raises(Problem) as refused:
        WaitedFor(io.BytesIO(b"here"), 10).read()
    assert (refused.value.status, refused.value.code) == (503, "busy")
    for thread, body in zip(threads, slow, strict=True):
        body.let_go.set()
        thread.join()
    assert WaitedFor(io.BytesIO(b"here"), 10).read() == b"here"


def test_a_request_without_a_body_is_left_as_it_is():
    stream = io.BytesIO()
    environ = {"wsgi.input": stream, "CONTENT_LENGTH": "0", "wsgi.input_terminated": True}
    watch(environ, 10)
    assert environ["wsgi.input"] is stream


def test_packed_bodies_are_refused_on_every_route(service):
    for path in ("/v1/events", "/merchant/session", "/nowhere"):
        answer = service.ask("POST", path, headers={"Content-Encoding": "gzip"}, data=b"x")
        assert answer.status_code == 415
    assert service.ask("POST", "/v1/events", [], headers={"Content-Encoding": "identity"}).status_code == 422
