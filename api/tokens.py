"""Members' tokens: JWTs that the app signs, in place of an API key, for a member's own routes.

`sub` is the app's account id; inside only its pseudonym goes on. The algorithm is fixed by the kind of key
that this service was given, never by the token: a secret is HS256, an RSA key RS256, P-256 ES256, Ed25519
EdDSA. A token's `kid` only chooses among the keys of a JWKS; nothing is ever fetched.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cachetools import LRUCache

from api.auth import LEEWAY_S, TOKEN_LIFE_S, Caller, Keys, Role
from graph.errors import ConfigError
from graph.settings import Settings
from loaders.pseudonyms import Pseudonyms

MOST_CHARACTERS = 4096
KEPT = 20_000  # verified tokens that a worker remembers: checking a signature anew takes 80 to 200 us
LEAST_SECRET_BYTES = 32
LEAST_RSA_BITS = 2048
_NAME = "CIRCLES_MEMBER_JWT_KEY"
_CLAIMS = ("exp", "iat", "sub", "iss", "aud")
_ACCOUNT_CHARACTERS = 256  # as in an address


@dataclass(frozen=True)
class Verifier:
    """A key and the one algorithm that goes with it."""

    algorithm: str
    key: Any = field(repr=False)


@dataclass(frozen=True)
class _Verified:
    caller: Caller
    issued_at: int
    expires_at: int


class Tokens:
    """Checks members' tokens, and remembers those it has verified until they expire."""

    def __init__(
        self,
        verifiers: Mapping[str | None, Verifier],
        *,
        issuer: str,
        audience: str,
        pseudonyms: Pseudonyms,
        keys: Keys,
    ) -> None:
        """verifiers: by `kid`; a single one under None takes tokens with any `kid` and with none."""
        self._verifiers = verifiers
        self._issuer, self._audience = issuer, audience
        self._pseudonyms, self._keys = pseudonyms, keys
        self._verified: LRUCache[bytes, _Verified] = LRUCache(KEPT)
        self._lock = threading.Lock()

    def check(self, token: str, *, now: int) -> Caller | None:
        """Whose token this is; None when it is malformed, wrong, expired, or of somebody erased."""
        if len(token) > MOST_CHARACTERS or not token.isascii():
            return None
        name = sha256(token.encode("ascii")).digest()
        with self._lock:
            known = self._verified.get(name)
        found = known or self._verify(token)
        if found is None or found.expires_at <= now:
            return None
        if known is None:
            with self._lock:
                self._verified[name] = found
        # Asked anew every time: an erasure counts at the next request, on every worker.
        assert found.caller.subject is not None
        is_refused = self._keys.token_is_refused(found.caller.subject, found.issued_at)
        return None if is_refused else found.caller

    def _verify(self, token: str) -> _Verified | None:
        import jwt

        try:
            verifier = self._verifier(jwt.get_unverified_header(token))
            if verifier is None:
                return None
            claims = jwt.decode(
                token,
                verifier.key,
                algorithms=[verifier.algorithm],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_S,  # of `nbf` and `iat`; `check` looks at `exp` itself
                options={"require": list(_CLAIMS)},
            )
            return self._member(claims["sub"], int(claims["iat"]), int(claims["exp"]))
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            return None  # whatever is wrong with it, the answer is the same

    def _verifier(self, header: Mapping[str, Any]) -> Verifier | None:
        if None in self._verifiers:
            return self._verifiers[None]
        kid = header.get("kid")
        return self._verifiers.get(kid) if isinstance(kid, str) else None

    def _member(self, account: str, issued_at: int, expires_at: int) -> _Verified | None:
        if not 0 < len(account) <= _ACCOUNT_CHARACTERS or expires_at - issued_at > TOKEN_LIFE_S:
            return None
        pseudonym = self._pseudonyms.of(account)
        # What a member asked for is kept under this name; it does not tell the pseudonym once that is gone.
        key_id = f"token_{sha256(pseudonym.encode('ascii')).hexdigest()[:12]}"
        return _Verified(Caller(key_id, Role.MEMBER, pseudonym), issued_at, expires_at)


def is_token(text: str) -> bool:
    """Whether a text has the form of a token and not that of a key."""
    return text.count(".") == 2


def read_tokens(settings: Settings, pseudonyms: Pseudonyms, keys: Keys) -> Tokens | None:
    """What the settings say of members' tokens; None where there is no key for them.

    Raises:
        ConfigError: the key cannot be used, or issuer or audience is missing.
    """
    if settings.member_jwt_key is None:
        return None
    if not (settings.member_jwt_issuer and settings.member_jwt_audience):
        raise ConfigError(
            f"{_NAME} is set; set CIRCLES_MEMBER_JWT_ISSUER and CIRCLES_MEMBER_JWT_AUDIENCE too, so that a "
            "token that was made for something else is not taken here"
        )
    return Tokens(
        verifiers_of(settings.member_jwt_key),
        issuer=settings.member_jwt_issuer,
        audience=settings.member_jwt_audience,
        pseudonyms=pseudonyms,
        keys=keys,
    )


def verifiers_of(text: str) -> dict[str | None, Verifier]:
    """Keys by `kid`, from a secret, a public key in PEM, or a JWKS.

    Raises:
        ConfigError: it is none of these, too weak, or a private key, which this service must not have.
    """
    if text.startswith("-----BEGIN"):
        return {None: _from_pem(text)}
    if text.startswith("{"):
        return _from_jwks(text)
    if (length := len(text.encode())) < LEAST_SECRET_BYTES:
        raise ConfigError(
            f"{_NAME} has {length} bytes; expected at least {LEAST_SECRET_BYTES} random ones, such as the "
            "output of `openssl rand -hex 32`"
        )
    return {None: Verifier("HS256", text.encode())}


def _from_pem(text: str) -> Verifier:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(text.encode())
    except ValueError:
        raise ConfigError(
            f"{_NAME} is no public key in PEM; expected `BEGIN PUBLIC KEY`, of RSA, P-256 or Ed25519"
        ) from None
    return Verifier(_algorithm_of(key), key)


def _algorithm_of(key: Any) -> str:
    """The algorithm that goes with a public key. Raises ConfigError for a kind or size that is not taken."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ed25519.Ed25519PublicKey):
        return "EdDSA"
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return "ES256"
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= LEAST_RSA_BITS:
        return "RS256"
    raise ConfigError(
        f"{_NAME}: this kind of key is not taken; expected RSA of {LEAST_RSA_BITS} bits or more, P-256 or "
        "Ed25519"
    )


def _from_jwks(text: str) -> dict[str | None, Verifier]:
    import jwt

    try:
        entries = json.loads(text)["keys"]
        made: dict[str | None, Verifier] = {str(entry["kid"]): _from_jwk(entry) for entry in entries}
    except (ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
        raise ConfigError(
            f"{_NAME} is no JWKS ({type(error).__name__}); expected {{'keys': [...]}}, each with a `kid`"
        ) from None
    if not made or len(made) != len(entries):
        raise ConfigError(f"{_NAME}: a JWKS needs one key or more, each with a `kid` of its own")
    return made


def _from_jwk(entry: dict[str, Any]) -> Verifier:
    import jwt

    if entry["kty"] == "oct" or "d" in entry:
        raise ConfigError(f"{_NAME}: the JWKS holds a secret or private key; expected public keys only")
    made: jwt.PyJWK = jwt.PyJWK(entry)
    algorithm = _algorithm_of(made.key)
    if entry.get("alg", algorithm) != algorithm:
        raise ConfigError(f"{_NAME}: a key of the JWKS is for {entry['alg']!r}; expected {algorithm}")
    return Verifier(algorithm, made.key)
