"""What lies in a server's folder."""

from pathlib import Path

import pytest

from graph.errors import ConfigError
from graph.local_neo4j.files import Files, Memory, java_arguments, write_private
from graph.local_neo4j.java import VECTOR, Java
from graph.local_neo4j.server import LocalServer


def test_a_password_is_made_once_for_its_owner_only(tmp_path):
    files = Files(tmp_path)
    password = files.read_or_make_password()
    assert len(password) >= 24
    assert files.read_or_make_password() == password
    assert files.password.stat().st_mode & 0o777 == 0o600
    assert Files(tmp_path / ".").read_or_make_password() == password


def test_a_broken_state_is_no_state(tmp_path):
    files = Files(tmp_path)
    assert files.read_state() == {}
    files.write_state(port=1, memory=Memory(), version="5")
    assert files.read_state() == {"port": 1, "version": "5", "heap": "1g", "pagecache": "256m"}
    for broken in ("{", "[]", ""):
        write_private(files.state, broken)
        assert files.read_state() == {}


def test_the_server_listens_on_loopback_and_tells_nobody(tmp_path):
    files = Files(tmp_path)
    files.make()
    files.write_conf(7001, Memory(pagecache="64m"))
    lines = (files.conf / "neo4j.conf").read_text().splitlines()
    assert "server.bolt.listen_address=127.0.0.1:7001" in lines
    assert "server.http.enabled=false" in lines
    assert "dbms.usage_report.enabled=false" in lines
    assert "server.memory.pagecache.size=64m" in lines


def test_java_arguments_are_quoted_one_a_line():
    java = Java(Path("java"), 17, has_vector=True)
    text = java_arguments(java, '/a b/"c"/*', heap="1g", rest=["Main", "p\\w"])
    assert text.splitlines()[-3:] == ['"/a b/\\"c\\"/*"', '"Main"', '"p\\\\w"']
    assert f'"--add-modules={VECTOR}"' in text
    assert VECTOR not in java_arguments(Java(Path("java"), 25, has_vector=False), "", heap="1g", rest=[])


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="file"):
        LocalServer(tmp_path / "file" / "neo4j").files.make()
