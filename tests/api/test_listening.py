"""An address or a certificate that cannot be used is one clear line."""

import socket

import pytest
import trustme

from api.listening import check_address, check_certificate
from graph.errors import ConfigError


@pytest.fixture
def pair(tmp_path):
    """A certificate and its key, as files."""
    made = trustme.CA().issue_cert("127.0.0.1")
    made.private_key_pem.write_to_path(tmp_path / "key.pem")
    for part in made.cert_chain_pems:
        part.write_to_path(tmp_path / "cert.pem", append=True)
    return tmp_path / "cert.pem", tmp_path / "key.pem"


def test_a_port_in_use_is_refused_though_the_other_one_would_share_it():
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ConfigError, match="another program listens there"):
            check_address("127.0.0.1", other.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "says"), [("192.0.2.1", "no network of this machine"), ("no host", "expected an address")]
)
def test_an_address_of_elsewhere_is_refused(host, says):
    with pytest.raises(ConfigError, match=says):
        check_address(host, 8000)


def test_a_certificate_with_its_key_is_accepted(pair):
    check_certificate(*pair)
    check_certificate(None, None)


def test_a_certificate_without_its_key_is_refused(pair, tmp_path):
    certificate, _ = pair
    trustme.CA().issue_cert("127.0.0.1").private_key_pem.write_to_path(tmp_path / "other.pem")
    with pytest.raises(ConfigError, match="go together"):
        check_certificate(certificate, None)
    with pytest.raises(ConfigError, match=r"cannot read '.*absent\.pem'"):
        check_certificate(certificate, tmp_path / "absent.pem")
    with pytest.raises(ConfigError, match="cannot be used together"):
        check_certificate(certificate, tmp_path / "other.pem")
    with pytest.raises(ConfigError, match="cannot be used together"):
        check_certificate(certificate, certificate)
