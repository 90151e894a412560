"""Where things are: the environment `CIRCLES_*`, read by entry points only.

How people are treated is not here but in `policy.toml` (see `graph/policy/values.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from graph.errors import ConfigError

PROJECT = Path(__file__).resolve().parent.parent
# In a checkout a link to the file at its root; in an installed package the file itself.
POLICY = (Path(__file__).parent / "policy" / "policy.toml").resolve()


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
    Setting(
        "MEMBER_JWT_KEY",
        "no tokens",
        "verifies members' tokens: a secret of at least 32 bytes (HS256), a public key in PEM or a JWKS",
    ),
    Setting("MEMBER_JWT_ISSUER", "needed with a key", "`iss` that members' tokens must carry"),
    Setting("MEMBER_JWT_AUDIENCE", "needed with a key", "`aud` that members' tokens must carry"),
    Setting("RATE_WRITES", "60000/minute", "writes of one key, over all workers; `off` for no limit"),
    Setting("RATE_PUBLIC", "600/minute", "requests of one client address to what needs no key; or `off`"),
    Setting("RATE_FAILURES", "300/minute", "missing and wrong keys of one client address; or `off`"),
    Setting("RATE_STORE", "a file in the home", "`redis://host:6379` where several machines count together"),
    Setting("PROXIES", "0", "reverse proxies in front that each add to X-Forwarded-For"),
    Setting("MEMORY", "1GB", "memory for reading and aggregating payments, such as 800MB or 4GB"),
    Setting("THREADS", "all cores", "threads for loading and training"),
    Setting("LOG_LEVEL", "WARNING", "DEBUG, INFO, WARNING or ERROR, on standard error"),
    Setting("LOG_FORMAT", "json for `circles serve`, else text", "json or text"),
)
SECRETS = (
    "STORE",
    "PSEUDONYM_KEY",
    "MEMBER_JWT_KEY",
    "RATE_STORE",
)  # each may be given as CIRCLES_<NAME>_FILE instead


@dataclass(frozen=True)
class Settings:
    """Parsed settings; every part below the entry points takes these as arguments."""

    home: Path = Path("circles-data")
    store: str = field(default="sqlite:///circles.db", repr=False)  # it may hold a password
    policy: Path = POLICY
    pseudonym_key: str | None = field(default=None, repr=False)
    memory: str = "1GB"
    threads: int | None = None
    log_level: str = "WARNING"
    member_jwt_key: str | None = field(default=None, repr=False)
    member_jwt_issuer: str | None = None
    member_jwt_audience: str | None = None
    rate_writes: str = "60000/minute"
    rate_public: str = "600/minute"
    rate_failures: str = "300/minute"
    rate_store: str | None = field(default=None, repr=False)  # it may hold a password
    proxies: int = 0
    log_format: str | None = None


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
        store=_secret(given, "STORE") or defaults.store,
        policy=Path(given.get("POLICY") or defaults.policy),
        pseudonym_key=_secret(given, "PSEUDONYM_KEY"),
        member_jwt_key=_secret(given, "MEMBER_JWT_KEY"),
        member_jwt_issuer=given.get("MEMBER_JWT_ISSUER") or None,
        member_jwt_audience=given.get("MEMBER_JWT_AUDIENCE") or None,
        rate_writes=given.get("RATE_WRITES") or defaults.rate_writes,
        rate_public=given.get("RATE_PUBLIC") or defaults.rate_public,
        rate_failures=given.get("RATE_FAILURES") or defaults.rate_failures,
        rate_store=_secret(given, "RATE_STORE"),
        proxies=_proxies(given.get("PROXIES")),
        memory=_memory(given.get("MEMORY") or defaults.memory),
        threads=_threads(given.get("THREADS")),
        log_level=_log_level(given.get("LOG_LEVEL") or defaults.log_level),
        log_format=_log_format(given.get("LOG_FORMAT")),
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


def _proxies(value: str | None) -> int:
    if not value:
        return 0
    if not (value.isascii() and value.isdecimal()):
        raise ConfigError(f"CIRCLES_PROXIES is {value!r}; expected how many there are, 0 or more")
    return int(value)


def _log_level(value: str) -> str:
    if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ConfigError(f"CIRCLES_LOG_LEVEL is {value!r}; expected DEBUG, INFO, WARNING or ERROR")
    return value.upper()


def _log_format(value: str | None) -> str | None:
    if not value:
        return None
    if value.lower() not in ("json", "text"):
        raise ConfigError(f"CIRCLES_LOG_FORMAT is {value!r}; expected json or text")
    return value.lower()
