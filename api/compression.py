"""Compresses what is large enough, as the client accepts it (Brotli, else gzip).

BREACH: a page that repeats what it was asked and holds a secret tells that secret by its size. The only
secret in our pages is the token against forged forms, which reads differently each time (`api/sessions.py`).
"""

from collections.abc import Mapping

from flask import Flask, Request, Response, request
from flask_compress import Compress
from flask_compress.flask_compress import DictCache

MIN_BYTES = 1024  # below, it is one packet on the wire all the same
# 82 KB of JSON (300 nodes, 900 edges): level 4 makes 10.0 KB in 0.4 ms of CPU, 5 makes 9.1 KB in 0.75 ms,
# gzip 10.4 KB in 0.7 ms.
BROTLI_LEVEL = 4
SETTINGS: Mapping[str, object] = {
    "COMPRESS_REGISTER": False,
    "COMPRESS_MIN_SIZE": MIN_BYTES,
    "COMPRESS_ALGORITHM": ["br", "gzip"],
    "COMPRESS_BR_LEVEL": BROTLI_LEVEL,
    "COMPRESS_LEVEL": 6,
    "COMPRESS_MIMETYPES": [
        "text/html",
        "text/css",
        "text/csv",
        "text/plain",
        "text/javascript",
        "application/json",
        "application/graphml+xml",
        "application/gexf+xml",
        "application/xml",
        "image/svg+xml",
    ],
}


def init_app(app: Flask) -> None:
    """Compress answers after everything else was done to them."""
    app.config.from_mapping(SETTINGS)
    answers, files = Compress(), Compress()
    answers.init_app(app)
    files.init_app(app)
    files.cache, files.cache_key = DictCache(), _file  # a file is compressed once, not at every request

    @app.after_request
    def compress(response: Response) -> Response:
        if request.blueprint == "assets":
            return files.after_request(response)
        # The ETag of a circle is sent back in If-Match: it names a revision, however it was sent.
        return response if response.get_etag()[0] else answers.after_request(response)


def _file(asked: Request) -> str:
    assert asked.view_args is not None
    return str(asked.view_args["name"])
