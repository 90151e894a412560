"""The real command and a real server, in a home of their own."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from graph.local_neo4j.ports import free_port

CIRCLES = Path(sys.executable).parent / "circles"


@dataclass(frozen=True)
class House:
    """One home folder and the command that works in it."""

    home: Path
    store: str = ""

    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("CIRCLES_")}
        return kept | {"CIRCLES_HOME": str(self.home), "CIRCLES_STORE": self.store}

    def run(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [CIRCLES, *arguments],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == code, (
            f"circles {arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return done.stdout if code == 0 else done.stderr

    def json(self, *arguments: str):
        return json.loads(self.run(*arguments, "--json"))

    @contextmanager
    def serving(self) -> Iterator["Client"]:
        port = free_port()
        server = subprocess.Popen(
            [CIRCLES, "serve", "--port", str(port), "--workers", "1"],
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            client = Client(f"http://127.0.0.1:{port}", self.run("keys", "create", "service").strip())
            client.wait()
            yield client
        finally:
            server.terminate()
            server.wait(timeout=30)


@dataclass(frozen=True)
class Client:
    """A caller that knows the service only by its address and a key."""

    base: str
    key: str

    def ask(self, method: str, path: str, body=None, key: str | None = None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.base + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.loads(response.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")

    @property
    def typed(self):
        """The client that apps use."""
        from circles_client import Client  # pytest knows where it lies; programs beside the tests do not

        return Client(self.base, self.key)

    def wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if self.ask("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the service did not come up within a minute")
