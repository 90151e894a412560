"""Requests drawn from the contract by schemathesis: valid ones, broken ones, and several after each other.

The real application over a house of its own, asked with keys of each role. `CASES` says how many requests;
`make soak` draws ten thousand.
"""

import copy
import os

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from werkzeug.exceptions import HTTPException

from api import contract
from api.guard import roles_of

CASES = int(os.environ.get("CASES", "500"))
PHASES = ("examples", "coverage", "fuzzing", "stateful")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "use_after_free",
)
ROUNDS = 100  # at most
# A batch answers for each of its records: a bad one is rejected by its index, in an answer that is 200.
BATCHES = ("/v1/payments", "/v1/events")
# Ids that are there, so that not all is 404. Nothing that starts a process of its own, which takes seconds.
REAL = {
    "user_id": ["u0", "u1", "u60"],
    "circle_id": ["drinkers", "climbers"],
    "merchant_id": ["c0", "k0"],
    "id": ["bakers", "c0"],
}
STARTS = ("/v1/training-jobs", "audiences", ":promote")


@pytest.fixture
def drawn(service):
    """The contract with some ids that are there, read from the application as anybody reads it."""
    context = service.context
    context.jobs.add("train", {}, owner=None, now=context.now())  # while one is under way no other starts
    said = copy.deepcopy(contract.of(service.app))
    said["info"]["version"] = "drawn"
    for method, path, operation in contract.operations(said):
        operation["security"] = []  # the keys are ours to give
        for parameter in operation["parameters"]:
            ids = REAL.get(parameter.get("name"), [])
            if (
                parameter.get("in") == "path"
                and ids
                and method != "DELETE"
                and not any(s in path for s in STARTS)
            ):
                parameter["schema"] = {"anyOf": [{"enum": ids}, parameter["schema"]]}
    service.app.extensions["contract"] = said
    return service.app


class Keyed:
    """The application as WSGI; a request gets a key of a role that may ask, or of any each fifth time."""

    def __init__(self, service):
        self.service, self.number = service, 0

    def __call__(self, environ, start_response):
        environ["HTTP_AUTHORIZATION"] = f"Bearer {self._key(environ)}"
        environ.pop("HTTP_ACCEPT_ENCODING", None)
        self.number += 1
        return self.service.app.wsgi_app(environ, start_response)

    def _key(self, environ):
        service = self.service
        try:
            endpoint, _ = service.app.url_map.bind_to_environ(environ).match()
            roles = sorted(roles_of(service.app, endpoint) or service.keys)
        except HTTPException:
            roles = sorted(service.keys)
        some = sorted(service.keys) if self.number % 5 == 4 else roles
        return service.keys[some[self.number % len(some)]]


def run(app, phase, each, seed):
    """Ask as schemathesis does; what is wrong with the answers, the first of each route."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "workers": 1,
            "generation": {"max-examples": each, "mode": "all", "database": "none"},
            "phases": {name: {"enabled": name == phase} for name in PHASES},
            "operations": [
                {"include-path": path, "checks": {"negative_data_rejection": {"enabled": False}}}
                for path in BATCHES
            ],
            "checks": {"enabled": False} | {name: {"enabled": True} for name in CHECKS},
        }
    )
    schema, wrong = schemathesis.openapi.from_wsgi("/openapi.json", app, config=config), {}
    for event in from_schema(schema).execute():
        if isinstance(event, NonFatalError | FatalError):
            wrong[str(getattr(event, "label", "all"))] = str(getattr(event, "value", None) or event.exception)
        if isinstance(event, ScenarioFinished):
            for checks in event.recorder.checks.values():
                for found in checks:
                    if found.failure_info is not None:
                        failure = found.failure_info.failure
                        wrong.setdefault(
                            failure.operation,
                            f"{failure.title}: {failure.message} {found.failure_info.code_sample}",
                        )
    return wrong


@pytest.mark.parametrize(("phase", "share"), [("fuzzing", 0.6), ("coverage", 0.1), ("stateful", 0.3)])
def test_whatever_is_asked_is_answered_as_the_contract_says(service, drawn, phase, share):
    routes = sum(1 for _ in contract.operations(contract.of(drawn)))
    each = max(2, int(CASES * share / (routes if phase == "fuzzing" else 6)))
    app = Keyed(service)
    for seed in range(7, 7 + ROUNDS):  # what follows each other ends when hypothesis has seen enough of it
        wrong = run(app, phase, each, seed)
        assert not wrong, "\n\n".join(f"{place}\n{why}" for place, why in wrong.items())
        if app.number >= CASES * share / 2:
            return
    raise AssertionError(f"only {app.number} requests were drawn")
