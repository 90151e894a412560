"""Ask, ask again where that is safe, and turn refusals into exceptions. The standard library alone.

A POST gets an `Idempotency-Key`, the same one each time it is sent: an answer that was lost on its way is
told again, and nothing is done twice.
"""

import json
import random
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

KEY, LINES = "Idempotency-Key", "application/x-ndjson"
SAFE = frozenset({"GET", "PUT", "DELETE"})  # the same when done twice; a POST is so by its key
PASSING = frozenset({429, 503})
PASSING_CODES = frozenset({"key_in_use", "store_conflict"})

Query = Mapping[str, str | int | float | bool | Sequence[str] | None]


@dataclass(frozen=True)
class Retries:
    """How often and how long to try: waits double from `first_s`, at most `longest_s` each, with some chance
    in them so that many callers do not come back at one moment. `Retry-After` counts where it is longer; one
    over `longest_s` is not waited for."""

    times: int = 5
    first_s: float = 0.1
    longest_s: float = 30.0

    def wait_s(self, attempt: int, retry_after_s: float) -> float:
        grown = min(self.first_s * float(2**attempt), self.longest_s)
        return max(retry_after_s, grown * random.uniform(0.5, 1.0))


class ProblemError(Exception):
    """The service refused. `code` is stable; `type` is where the service explains it."""

    def __init__(self, status: int, said: Mapping[str, Any], retry_after_s: float) -> None:
        super().__init__(f"{status} {said.get('code', '')}: {said.get('detail', '')}")
        self.status = status
        self.code = str(said.get("code", ""))
        self.title = str(said.get("title", ""))
        self.detail = str(said.get("detail", ""))
        self.type = str(said.get("type", ""))
        self.instance = str(said.get("instance", ""))
        self.errors: list[dict[str, str]] = list(said.get("errors") or [])
        self.retry_after_s = retry_after_s

    @property
    def is_passing(self) -> bool:
        """Whether the same request may be answered a little later."""
        return self.status in PASSING or self.code in PASSING_CODES


class Unanswered(Exception):
    """No answer came: refused, cut off or too late. What was asked may have been done; see `__cause__`."""


class Transport:
    """One service and one key. Used by several threads at once it opens a connection for each request.

    Args:
        base: address of the service without a path. key: `ck_...`. timeout_s: of one attempt.
    """

    def __init__(
        self, base: str, key: str = "", *, retries: Retries | None = None, timeout_s: float = 30.0
    ) -> None:
        self._base = base.rstrip("/")
        self._key = key
        self._retries = retries or Retries()
        self._timeout_s = timeout_s
        self._last = threading.local()

    @property
    def etag(self) -> str | None:
        """`ETag` of the last answer in this thread, the `if_match` of a change; None where it had none."""
        return getattr(self._last, "etag", None)

    def ask(
        self,
        method: str,
        path: str,
        place: Mapping[str, str],
        *,
        query: Query | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: Any = None,
    ) -> Any:
        """The JSON of an answer.

        Args:
            path: with `{names}`, which `place` fills in.

        Raises:
            ProblemError: refused. Unanswered: no answer came, however often it was tried.
        """
        address = self._base + path.format_map({name: quote(value, safe="") for name, value in place.items()})
        given = {name: value for name, value in (query or {}).items() if value is not None}
        if given:
            address += "?" + urlencode({n: _written(value) for n, value in given.items()}, doseq=True)
        request = Request(address, None if body is None else json.dumps(body).encode(), method=method)
        for name, value in self._headers(method, body, headers or {}).items():
            request.add_header(name, value)
        return self._try(request, is_safe=method in SAFE or request.has_header(KEY.capitalize()))

    def _headers(self, method: str, body: Any, given: Mapping[str, str | None]) -> dict[str, str]:
        found = {"Accept": f"application/json, {LINES}"} | {
            name: value for name, value in given.items() if value is not None
        }
        if method == "POST" and KEY in given:
            found.setdefault(KEY, str(uuid.uuid4()))
        if body is not None:
            found["Content-Type"] = "application/json"
        if self._key:
            found["Authorization"] = f"Bearer {self._key}"
        return found

    def _try(self, request: Request, *, is_safe: bool) -> Any:
        for attempt in range(self._retries.times + 1):
            is_last = attempt == self._retries.times
            try:
                return self._once(request)
            except ProblemError as problem:
                if is_last or not problem.is_passing or problem.retry_after_s > self._retries.longest_s:
                    raise
                wait_s = problem.retry_after_s
            except (OSError, HTTPException) as error:
                if is_last or not is_safe:
                    raise Unanswered(f"{request.get_method()} {request.full_url}: {error}") from error
                wait_s = 0.0
            time.sleep(self._retries.wait_s(attempt, wait_s))
        raise AssertionError("the last attempt answers or raises")

    def _once(self, request: Request) -> Any:
        self._last.etag = None
        try:
            with urlopen(request, timeout=self._timeout_s) as response:
                text = response.read()
                self._last.etag = response.headers.get("ETag")
                if response.headers.get_content_type() == LINES:
                    return [json.loads(line) for line in text.splitlines() if line]
                return json.loads(text or b"null")
        except HTTPError as error:
            with error:
                raise _problem(error) from None


def _problem(error: HTTPError) -> ProblemError:
    try:
        said = json.loads(error.read())
    except ValueError:
        said = {}  # not our service's own words, perhaps a proxy's
    after = error.headers.get("Retry-After", "0")
    return ProblemError(
        error.code, said if isinstance(said, dict) else {}, float(after) if after.isdecimal() else 0.0
    )


def _written(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return list(value) if isinstance(value, list | tuple) else str(value)
