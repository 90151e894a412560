"""`circles neo4j`, as a person without a server meets it; with one: tests/graph/local_neo4j."""

import json

import pytest
from click.testing import CliRunner

from api.cli import cli


@pytest.fixture
def circles(tmp_path, monkeypatch):
    monkeypatch.setenv("CIRCLES_HOME", str(tmp_path))
    return lambda *arguments: CliRunner().invoke(cli, arguments)


def test_status_of_no_server_is_one_and_says_what_to_do(circles):
    done = circles("neo4j", "status")
    assert done.exit_code == 1
    assert "circles neo4j up" in done.output
    assert json.loads(circles("neo4j", "status", "--json").output)["running"] is False


def test_down_of_no_server_is_no_failure(circles):
    done = circles("neo4j", "down")
    assert done.exit_code == 0
    assert "not running" in done.output
    assert json.loads(circles("neo4j", "down", "--json").output) == {"stopped": False}


@pytest.mark.parametrize("size", ["1", "0m", "1gb", "m", ""])
def test_a_memory_size_that_is_none_is_named(circles, size):
    done = circles("neo4j", "up", "--heap", size)
    assert done.exit_code == 2
    assert "such as 512m or 2g" in done.output


def test_the_store_neo4j_without_a_server_says_how_to_start_it(circles, monkeypatch):
    monkeypatch.setenv("CIRCLES_STORE", "neo4j")
    done = circles("graph", "stats")
    assert "circles neo4j up" in str(done.exception)
