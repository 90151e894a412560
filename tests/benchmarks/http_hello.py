"""Two hello-worlds served by `circles serve`: `raw` is bare Flask, `dressed` our app with one more route.

    python tests/benchmarks/http_hello.py raw|dressed OPTIONS OF circles serve...

The dressed one is the whole application as each worker makes it, so that keys, metrics, log lines, headers,
and whatever else happens to every request, are the same code and stay so. Both are started by the command
itself, so that server and settings are the same too.
"""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from flask import Blueprint, Flask, Response

import api.serve
from api.auth import Role
from api.cli import main
from api.guard import allow
from api.routes.shared import answer
from api.serve import load_app

PATH = "/v1/hello"
SAID = {"hello": "world"}


def load_raw(*_: Any) -> Flask:
    """Nothing but Flask."""
    app = Flask(__name__)
    app.add_url_rule(PATH, "hello", lambda: SAID)
    return app


def load_dressed(*wired: Any) -> Any:
    """Our application, with a route that does nothing but answer whoever has a key."""
    app = load_app(*wired)
    pages = Blueprint("hello", __name__)

    @pages.get(PATH)
    @allow(Role.SERVICE)
    def hello() -> Response:
        return answer(SAID)

    app.register_blueprint(pages)
    return app


LOADERS = {"raw": load_raw, "dressed": load_dressed}


if __name__ == "__main__":
    api.serve.load_app = LOADERS[sys.argv[1]]  # what each worker runs
    sys.argv[:2] = ["circles", "serve"]
    main()
