"""Fetching jars: from a real HTTP server in Maven's layout, through the real jgo."""

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from graph.errors import ConfigError, StoreUnavailable
from graph.local_neo4j.artifacts import cache_folder, fetch
from graph.local_neo4j.lock import Jar

CONTENTS = {"neo4j-server": b"server" * 1000, "helper": b"helper" * 5000, "third": b"x"}


def quiet(stage, done, total):
    pass


def jar(name: str, content: bytes) -> Jar:
    sha256 = hashlib.sha256(content).hexdigest()
    return Jar("org.neo4j.app", name, "9.9.9", "", len(content), sha256)


JARS = tuple(jar(name, content) for name, content in CONTENTS.items())


class Handler(SimpleHTTPRequestHandler):
    asked: list[str]

    def do_GET(self):
        self.asked.append(self.path.rpartition("/")[2])
        super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def central(tmp_path, monkeypatch):
    """A server with the jars, which jgo's settings name; its folder, and what was asked of it."""
    folder = tmp_path / "central"
    handler = type("Kept", (Handler,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = tmp_path / "jgo.conf"
    settings.write_text(f"[repositories]\ncentral = http://127.0.0.1:{server.server_port}\n")
    monkeypatch.setenv("JGO_CONFIG_FILE", str(settings))
    monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
    for each in JARS:
        put(folder, each, CONTENTS[each.artifact])
    yield folder, handler.asked
    server.shutdown()
    server.server_close()


def put(folder: Path, each: Jar, content: bytes) -> None:
    place = folder / "org" / "neo4j" / "app" / each.artifact / each.version
    place.mkdir(parents=True, exist_ok=True)
    (place / each.file_name).write_bytes(content)


def are_whole(folder: Path) -> bool:
    return all((folder / each.file_name).read_bytes() == CONTENTS[each.artifact] for each in JARS)


def test_jars_are_fetched_once_and_progress_ends_at_the_whole(central, tmp_path):
    told = []
    made = fetch(tmp_path / "cache", progress=lambda *report: told.append(report), jars=JARS)
    assert made.version == "9.9.9"
    assert are_whole(made.folder)
    assert told[-1][1] == told[-1][2] == sum(each.size for each in JARS)
    central[1].clear()
    assert fetch(tmp_path / "cache", progress=quiet, jars=JARS) == made
    assert central[1] == []


def test_what_a_cut_off_fetch_left_is_not_taken_for_whole(central, tmp_path):
    folder = tmp_path / "cache" / "neo4j" / "9.9.9"
    put(folder / "partial", JARS[1], b"hel")
    (folder / JARS[0].file_name).write_bytes(CONTENTS["neo4j-server"])
    (folder / JARS[2].file_name).write_bytes(b"y")  # its size is right
    (folder / "another-8.0.jar").write_bytes(b"of another release")
    fetch(tmp_path / "cache", progress=quiet, jars=JARS)
    assert are_whole(folder)
    assert JARS[0].file_name not in central[1]
    assert not (folder / "another-8.0.jar").exists()


def test_a_jar_that_is_not_the_listed_one_is_refused_and_the_rest_kept(central, tmp_path):
    put(central[0], JARS[1], b"something else")
    with pytest.raises(StoreUnavailable, match=r"helper-9\.9\.9\.jar.*hash"):
        fetch(tmp_path / "cache", progress=quiet, jars=JARS)
    assert not (tmp_path / "cache" / "neo4j" / "9.9.9" / JARS[1].file_name).exists()
    put(central[0], JARS[1], CONTENTS["helper"])
    central[1].clear()
    assert are_whole(fetch(tmp_path / "cache", progress=quiet, jars=JARS).folder)
    assert JARS[0].file_name not in central[1]


def test_a_jar_that_maven_has_is_not_fetched_again(central, tmp_path):
    put(tmp_path / "m2", JARS[0], CONTENTS["neo4j-server"])
    put(tmp_path / "m2", JARS[1], b"broken")
    assert are_whole(fetch(tmp_path / "cache", progress=quiet, jars=JARS).folder)
    assert JARS[0].file_name not in central[1]
    assert JARS[1].file_name in central[1]


def test_a_jar_that_vanished_from_the_cache_is_fetched_again(central, tmp_path):
    made = fetch(tmp_path / "cache", progress=quiet, jars=JARS)
    (made.folder / JARS[0].file_name).unlink()
    assert are_whole(fetch(tmp_path / "cache", progress=quiet, jars=JARS).folder)


def test_two_fetches_at_once_both_end_whole(central, tmp_path):
    made = []
    threads = [
        threading.Thread(target=lambda: made.append(fetch(tmp_path / "cache", progress=quiet, jars=JARS)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made[0] == made[1]
    assert are_whole(made[0].folder)


def test_a_cache_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="XDG_CACHE_HOME"):
        fetch(tmp_path / "file", progress=quiet, jars=JARS)


@pytest.mark.parametrize("given", ["", "relative/is/ignored"])
def test_the_cache_is_in_the_home_unless_the_environment_names_another(given):
    assert cache_folder({"XDG_CACHE_HOME": given}) == Path.home() / ".cache" / "circles"
    assert cache_folder({"XDG_CACHE_HOME": "/some/cache"}) == Path("/some/cache/circles")
