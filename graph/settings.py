"""Where things are: the environment `CIRCLES_*`, read by entry points only.

How people are treated is not here but in `policy.toml` (see `graph/policy/values.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from graph.errors import ConfigError

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Setting:
    """One variable: its name without `CIRCLES_`, its default and what it means."""

    name: str
    default: str
    help: str


SETTINGS = (
    Setting("HOME", "circles-data", "folder of everything Circles keeps: log, snapshots, versions, keys"),
    Setting(
        "STORE",
        "sqlite:///circles.db",
        "graph store; a relative sqlite path lies in CIRCLES_HOME; `neo4j` is the local server of this home",
    ),
    Setting("POLICY", "policy.toml of the project", "how people are treated; its hash is in every version"),
    Setting("PSEUDONYM_KEY", "made at first use", "secret key of the pseudonyms, at least 32 characters"),
    Setting("MEMORY", "1GB", "memory for reading and aggregating payments, such as 800MB or 4GB"),
    Setting("THREADS", "all cores", "threads for loading and training"),
    Setting("LOG_LEVEL", "WARNING", "DEBUG, INFO, WARNING or ERROR, on standard error"),
)
SECRETS = ("PSEUDONYM_KEY",)  # each may be given as CIRCLES_<NAME>_FILE instead


@dataclass(frozen=True)
class Settings:
    """Parsed settings; every part below the entry points takes these as arguments."""

    home: Path = Path("circles-data")
    store: str = "sqlite:///circles.db"
    policy: Path = PROJECT / "policy.toml"
    pseudonym_key: str | None = None
    memory: str = "1GB"
    threads: int | None = None
    log_level: str = "WARNING"


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Read `CIRCLES_*` from an environment.

    Raises:
        ConfigError: a variable is unknown or its value cannot be used; the message names it.
    """
    given = {key[8:]: value for key, value in environ.items() if key.startswith("CIRCLES_")}
    known = {setting.name for setting in SETTINGS} | {f"{name}_FILE" for name in SECRETS}
    for name in sorted(given.keys() - known):
        raise ConfigError(
            f"CIRCLES_{name} is not a setting; known are {', '.join(f'CIRCLES_{n}' for n in sorted(known))}"
        )
    defaults = Settings()
    return Settings(
        home=Path(given.get("HOME") or defaults.home),
        store=given.get("STORE") or defaults.store,
        policy=Path(given.get("POLICY") or defaults.policy),
        pseudonym_key=_secret(given, "PSEUDONYM_KEY"),
        memory=_memory(given.get("MEMORY") or defaults.memory),
        threads=_threads(given.get("THREADS")),
        log_level=_log_level(given.get("LOG_LEVEL") or defaults.log_level),
    )


def _secret(given: Mapping[str, str], name: str) -> str | None:
    value, file = given.get(name), given.get(f"{name}_FILE")
    if value and file:
        raise ConfigError(f"CIRCLES_{name} and CIRCLES_{name}_FILE are both set; set one")
    if not file:
        return value or None
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"CIRCLES_{name}_FILE: cannot read {file!r}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"CIRCLES_{name}_FILE: {file!r} is not text; expected the secret as UTF-8"
        ) from error


def _memory(value: str) -> str:
    number, unit = value[:-2], value[-2:].upper()
    if unit not in ("MB", "GB") or not number.isdecimal() or int(number) == 0:
        raise ConfigError(f"CIRCLES_MEMORY is {value!r}; expected a size such as '800MB' or '4GB'")
    return f"{number}{unit}"


def _threads(value: str | None) -> int | None:
    if not value:
        return None
    if not value.isdecimal() or int(value) == 0:
        raise ConfigError(f"CIRCLES_THREADS is {value!r}; expected a whole number, 1 or more")
    return int(value)


def _log_level(value: str) -> str:
    if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ConfigError(f"CIRCLES_LOG_LEVEL is {value!r}; expected DEBUG, INFO, WARNING or ERROR")
    return value.upper()
