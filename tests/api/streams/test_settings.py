"""The file of librdkafka's settings."""

import pytest

from api.streams.kafka import read_settings
from graph.errors import ConfigError

GIVEN = {"bootstrap.servers": "b:1", "group.id": "g"}


def test_a_file_adds_to_the_command_line(tmp_path):
    path = tmp_path / "tls.properties"
    path.write_text("# ours\n\nsecurity.protocol = SASL_SSL\nsasl.password=a=b\n")
    assert read_settings(path, GIVEN) == GIVEN | {"security.protocol": "SASL_SSL", "sasl.password": "a=b"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("group.id=other", "line 1: group.id is set by the command"),
        ("enable.auto.commit=true", "line 1: enable.auto.commit is set by the command"),
        ("secret", "line 1: expected name=value"),
    ],
)
def test_what_the_file_may_not_say(tmp_path, line, words):
    path = tmp_path / "tls.properties"
    path.write_text(line + "\n")
    with pytest.raises(ConfigError, match=words) as error:
        read_settings(path, GIVEN)
    assert "secret" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_settings(tmp_path / "nowhere", GIVEN)
