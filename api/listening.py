"""Whether the service can listen where it was told to, asked before it starts: one clear line if not."""

import errno
import socket
import ssl
from pathlib import Path

from graph.errors import ConfigError

WHY = {
    errno.EADDRINUSE: "another program listens there; stop it, or choose another --port",
    errno.EACCES: "this user may not listen there; choose a --port above 1023",
    errno.EADDRNOTAVAIL: "no network of this machine has this address; choose another --host",
}


def check_address(host: str, port: int) -> None:
    """Try to bind the address, and let go of it.

    The server itself binds with SO_REUSEPORT, where a second server on one port would go unnoticed and take
    half of the requests of the first.

    Raises:
        ConfigError: it cannot be bound; the message says why and what to do.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror as error:
        raise ConfigError(f"--host is {host!r}; expected an address of this machine") from error
    except OSError as error:
        why = WHY.get(error.errno or 0, error.strerror)
        raise ConfigError(f"cannot listen on {host} port {port}: {why}") from error


def check_certificate(certificate: Path | None, key: Path | None) -> None:
    """See whether certificate and key can be read and belong together.

    Raises:
        ConfigError: they cannot be used; the message names the file.
    """
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        raise ConfigError("--tls-cert and --tls-key go together; give both, or none for plain http")
    for name, path in (("--tls-cert", certificate), ("--tls-key", key)):
        try:
            path.read_bytes()
        except OSError as error:
            raise ConfigError(f"{name}: cannot read {str(path)!r}: {error.strerror}") from error
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(
            f"--tls-cert {str(certificate)!r} and --tls-key {str(key)!r} cannot be used together "
            f"({getattr(error, 'reason', None) or error}); expected PEM of one certificate, without password"
        ) from error
