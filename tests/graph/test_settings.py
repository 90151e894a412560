"""`CIRCLES_*`."""

from pathlib import Path

import pytest

from graph.errors import ConfigError
from graph.settings import PROJECT, SECRETS, Settings, settings_from


def test_nothing_set_gives_the_defaults():
    assert settings_from({}) == Settings()
    assert settings_from({"PATH": "/bin", "CIRCLES_HOME": "", "CIRCLES_THREADS": ""}) == Settings()
    assert Settings().policy == PROJECT / "policy.toml"


def test_everything_can_be_set():
    given = {
        "CIRCLES_HOME": "here",
        "CIRCLES_STORE": "sqlite:///other.db",
        "CIRCLES_POLICY": "mine.toml",
        "CIRCLES_PSEUDONYM_KEY": "k" * 32,
        "CIRCLES_MEMORY": "800mb",
        "CIRCLES_THREADS": "2",
        "CIRCLES_LOG_LEVEL": "info",
        "CIRCLES_MEMBER_JWT_KEY": "t" * 32,
        "CIRCLES_MEMBER_JWT_ISSUER": "https://app.example",
        "CIRCLES_MEMBER_JWT_AUDIENCE": "circles",
        "CIRCLES_RATE_WRITES": "10/minute",
        "CIRCLES_RATE_PUBLIC": "20/minute",
        "CIRCLES_RATE_FAILURES": "off",
        "CIRCLES_RATE_STORE": "redis://counters:6379",
        "CIRCLES_PROXIES": "2",
    }
    expected = Settings(
        Path("here"),
        "sqlite:///other.db",
        Path("mine.toml"),
        "k" * 32,
        "800MB",
        2,
        "INFO",
        member_jwt_key="t" * 32,
        member_jwt_issuer="https://app.example",
        member_jwt_audience="circles",
        rate_writes="10/minute",
        rate_public="20/minute",
        rate_failures="off",
        rate_store="redis://counters:6379",
        proxies=2,
    )
    assert settings_from(given) == expected


def test_settings_in_a_log_tell_no_secret():
    given = {f"CIRCLES_{name}": f"sesame-{name}" for name in SECRETS}
    assert "sesame" not in repr(settings_from(given))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CIRCLES_HOMES", "x"),
        ("CIRCLES_MEMORY", "lots"),
        ("CIRCLES_MEMORY", "GB"),
        ("CIRCLES_MEMORY", "0GB"),
        ("CIRCLES_MEMORY", "1.5GB"),
        ("CIRCLES_MEMORY", "²GB"),
        ("CIRCLES_THREADS", "0"),
        ("CIRCLES_THREADS", "-1"),
        ("CIRCLES_THREADS", "²"),
        ("CIRCLES_LOG_LEVEL", "loud"),
        ("CIRCLES_PROXIES", "-1"),
        ("CIRCLES_PROXIES", "²"),
        ("CIRCLES_PSEUDONYM_KEY_FILE", "no/such/file"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name, value):
    with pytest.raises(ConfigError, match=name):
        settings_from({name: value})


def test_a_secret_can_lie_in_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text("s" * 40 + "\n")
    assert settings_from({"CIRCLES_PSEUDONYM_KEY_FILE": str(file)}).pseudonym_key == "s" * 40


def test_a_secret_given_twice_is_refused_and_not_repeated(tmp_path):
    given = {"CIRCLES_PSEUDONYM_KEY": "sesame", "CIRCLES_PSEUDONYM_KEY_FILE": str(tmp_path / "key")}
    with pytest.raises(ConfigError, match="both") as caught:
        settings_from(given)
    assert "sesame" not in str(caught.value)


def test_a_secret_file_that_is_not_text_is_refused(tmp_path):
    file = tmp_path / "key"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not text"):
        settings_from({"CIRCLES_PSEUDONYM_KEY_FILE": str(file)})
