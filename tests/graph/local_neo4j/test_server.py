"""A real server: started, found again, killed, moved, stopped. The tests use one server, in this order."""

import os
import re
import socket
import time
from pathlib import Path

import pytest

from graph.errors import ConfigError, StoreUnavailable
from graph.home import Home
from graph.local_neo4j.ports import is_free
from graph.local_neo4j.server import LocalServer

pytestmark = [pytest.mark.neo4j, pytest.mark.slow, pytest.mark.xdist_group("neo4j-own")]


def test_of_two_ups_at_once_one_starts_it_and_both_find_it(starts):
    assert sorted(each.reused for each in starts) == [False, True]
    assert starts[0].status.pid == starts[1].status.pid


def test_a_running_server_is_used_again(server, neo4j_programs):
    before = server.status()
    again = server.up(neo4j_programs, port=1024)
    assert again.reused
    assert (again.status.pid, again.status.port) == (before.pid, before.port)
    assert str(before.port) in again.note


def test_status_tells_what_runs(server):
    status = server.status()
    assert status.running
    assert os.path.samefile(f"/proc/{status.pid}/cwd", server.files.folder)
    assert re.fullmatch(r"5\.26\.\d+", status.version)
    assert 0 <= status.uptime_s < 600
    assert status.data_bytes > 100_000


def test_the_home_leads_to_its_server_and_the_password_opens_it(home, server, cypher):
    assert Home(home).store_address("neo4j") == server.connection()
    assert cypher(server, "RETURN 1") == [[1]]


def test_no_command_line_shows_the_password(server):
    password = server.files.read_or_make_password()
    shown = Path(f"/proc/{server.status().pid}/cmdline").read_bytes()
    assert password.encode() not in shown
    written = [path for path in server.files.folder.rglob("*") if path.is_file()]
    holding = {path.name for path in written if password.encode() in path.read_bytes()}
    assert holding == {"password"}


def test_the_server_listens_on_loopback_only(server):
    listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    port = f":{server.status().port:04X} "
    places = {line.split()[1] for line in listening.splitlines() if f"{port}" in line and " 0A " in line}
    assert places <= {f"0100007F{port.strip()}", f"0000000000000000FFFF00000100007F{port.strip()}"}
    assert places


def test_a_killed_server_comes_back_with_its_data_whatever_the_pid_file_says(server, neo4j_programs, cypher):
    cypher(server, "CREATE (:Kept {name: $name})", name="茶馆")
    server.kill()
    server.files.pid.write_text(str(os.getpid()))  # a stranger has the number now
    assert not server.is_running()
    assert server.status().pid is None
    assert server.down() is False
    started = server.up(neo4j_programs)
    assert not started.reused
    assert cypher(server, "MATCH (n:Kept) RETURN n.name") == [["茶馆"]]


def test_a_server_moves_when_its_port_is_taken_and_remembers(server, neo4j_programs, cypher):
    port = server.status().port
    assert server.down() is True
    assert server.down() is False
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(ConfigError, match=str(port)):
            server.up(neo4j_programs, port=port)
        started = server.up(neo4j_programs)
    assert started.status.port != port
    assert str(port) in started.note
    assert cypher(server, "MATCH (n:Kept) RETURN count(n)") == [[1]]
    server.kill()
    assert server.status().port == started.status.port
    assert is_free(port)


def test_a_server_that_cannot_start_shows_the_end_of_its_log(server, neo4j_programs):
    with pytest.raises(StoreUnavailable, match=r"(?s)neo4j\.log.*heap"):
        server.up(neo4j_programs, heap="1m")
    assert server.memory().heap == "512m"  # what does not start is not kept
    assert not server.is_running()


def test_a_half_import_is_not_started(server, neo4j_programs):
    server.files.importing.touch()
    with pytest.raises(ConfigError, match="import"):
        server.up(neo4j_programs)
    server.files.importing.unlink()


def test_a_server_that_was_never_made_is_stopped_and_says_how_to_start_it(tmp_path):
    server = LocalServer(tmp_path / "neo4j")
    assert server.down() is False
    assert server.status().running is False
    with pytest.raises(ConfigError, match="circles neo4j up"):
        server.connection()
    assert not any(tmp_path.iterdir())


def test_a_fresh_lock_file_of_a_dead_server_does_not_count(tmp_path):
    server = LocalServer(tmp_path)
    server.files.server_lock.touch()
    server.files.pid.write_text(str(os.getpid()))
    began = time.monotonic()
    assert server.down() is False
    assert time.monotonic() - began < 1
