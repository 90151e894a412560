"""Where a Neo4j server is and who we are to it, from an address.

    neo4j://user:password@host:7687/database     a server or a cluster, routed
    neo4j+s://..., bolt+s://...                  the same over TLS, the certificate checked
    neo4j+ssc://..., bolt+ssc://...              over TLS, any certificate
    bolt://...                                   one server, not routed

User name and password are percent-encoded where they hold `:`, `/` or `@`.
"""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from graph.errors import ConfigError
from graph.stores.base import without_secret

SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
FORM = "neo4j://user:password@host:7687"


@dataclass(frozen=True)
class Target:
    """A parsed address. database None is the server's own default."""

    uri: str
    user: str
    password: str
    database: str | None

    def __repr__(self) -> str:
        return f"Target({self.uri!r})"  # never the password


def is_neo4j(address: str) -> bool:
    """Whether the address names a Neo4j server."""
    return address.partition("://")[0] in SCHEMES and "://" in address


def target_of(address: str) -> Target:
    """Parse an address.

    Raises:
        ConfigError: it has no host, no user, or parts that mean nothing here.
    """
    shown = without_secret(address)
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or 7687
    except ValueError as error:
        raise ConfigError(f"store address {shown!r}: {error}; expected {FORM}") from None
    if parts.scheme not in SCHEMES or not host:
        raise ConfigError(f"store address {shown!r} is not understood; expected {FORM}")
    if parts.username is None or parts.password is None:
        raise ConfigError(f"store address {shown!r} has no user and password; expected {FORM}")
    if parts.query or parts.fragment or parts.path.count("/") > 1:
        raise ConfigError(f"store address {shown!r} has more than a database after the host; expected {FORM}")
    place = f"[{host}]" if ":" in host else host
    return Target(
        uri=f"{parts.scheme}://{place}:{port}",
        user=unquote(parts.username),
        password=unquote(parts.password),
        database=parts.path.strip("/") or None,
    )
