"""Members' tokens: what is signed with another key, for something or somebody else, opens nothing."""

import base64
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from api.app import create_app
from api.services import erasure
from api.tokens import MOST_CHARACTERS, verifiers_of
from embeddings.registry import Registry
from graph.errors import ConfigError
from graph.settings import Settings

SECRET = "a-secret-of-the-app-and-of-nobody-else-" * 2
ISSUER, AUDIENCE = "https://app.example", "circles"
DAY_S = 86400


def pem(key):
    public = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, public).decode()


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KINDS = {
    "RS256": RSA,
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


class App:
    """A real application with two accounts, u0 and u1, that takes tokens."""

    def __init__(self, folder, key):
        settings = Settings(
            home=folder, member_jwt_key=key, member_jwt_issuer=ISSUER, member_jwt_audience=AUDIENCE
        )
        self.app = create_app(settings)
        self.context = self.app.extensions["circles"]
        self.context.store.get().upsert("User", {"id": [self.context.pseudonyms.of(u) for u in ("u0", "u1")]})

    def ask(self, token, path="/v1/users/u0", method="GET"):
        headers = {"Authorization": f"Bearer {token}", "X-Request-Id": "one"}
        return self.app.test_client().open(path, method=method, headers=headers)


@pytest.fixture
def app_with(tmp_path):
    made = []

    def make(key):
        made.append(App(tmp_path / str(len(made)), key))
        return made[-1]

    yield make
    for app in made:
        app.context.close()


@pytest.fixture
def app(app_with):
    return app_with(SECRET)


def claims(**changes):
    now = int(time.time())
    given = {"sub": "u0", "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 600} | changes
    return {name: value for name, value in given.items() if value is not None}


def token(key=SECRET, algorithm="HS256", headers=None, **changes):
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers=headers)


def letters(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(header, payload, *, key=SECRET):
    """A token put together by hand and signed by HS256, whatever its header says."""
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signed = f"{letters(json.dumps(header).encode())}.{letters(text)}"
    return f"{signed}.{letters(hmac.digest(key.encode(), signed.encode(), 'sha256'))}"


@pytest.mark.parametrize("algorithm", KINDS)
def test_a_member_is_let_in_with_each_kind_of_key(app_with, algorithm):
    app = app_with(pem(KINDS[algorithm]))
    assert app.ask(token(KINDS[algorithm], algorithm)).status_code == 200
    assert app.ask(token()).status_code == 401


def test_a_member_sees_themself_and_nobody_else(app):
    assert app.ask(token()).json["user_id"] == "u0"
    assert (
        app.ask(raw({"alg": "HS256"}, claims())).json["user_id"] == "u0"
    )  # so that `raw` below is a forgery
    others, unknown = (app.ask(token(), f"/v1/users/{user}") for user in ("u1", "nobody"))
    assert (others.status_code, others.data) == (404, unknown.data)
    assert app.ask(token(), "/v1/models").status_code == 403
    assert app.ask(token(), "/v1/users/u1", "DELETE").status_code == 404


def now_and(seconds):
    return int(time.time()) + seconds


WRONG = {
    "another secret": lambda: token("another-secret-of-the-app-" * 3),
    "another algorithm of the same key": lambda: token(algorithm="HS512"),
    "no algorithm": lambda: jwt.encode(claims(), None, algorithm="none"),
    "none, spelled otherwise": lambda: raw({"alg": "nOnE"}, claims()),
    "no signature": lambda: token().rpartition(".")[0] + ".",
    "another audience": lambda: token(aud="another"),
    "another issuer": lambda: token(iss="https://evil.example"),
    "no audience": lambda: token(aud=None),
    "no issuer": lambda: token(iss=None),
    "expired": lambda: token(iat=now_and(-700), exp=now_and(-1)),
    "no end": lambda: token(exp=None),
    "no beginning": lambda: token(iat=None),
    "a life of more than a day": lambda: token(exp=now_and(DAY_S + 1)),
    "made in the future": lambda: token(iat=now_and(120), exp=now_and(300)),
    "not valid yet": lambda: token(nbf=now_and(120)),
    "an end that is no number": lambda: raw({"alg": "HS256"}, json.dumps(claims(exp=float("inf"))).encode()),
    "no person": lambda: token(sub=None),
    "an empty person": lambda: token(sub=""),
    "a person that is a number": lambda: raw({"alg": "HS256"}, claims(sub=7)),
    "a person that is no text": lambda: token(sub="\ud800"),
    "a person of a megabyte": lambda: token(sub="u" * 1_000_000),
    "depth without end": lambda: raw({"alg": "HS256"}, b"[" * (MOST_CHARACTERS // 2)),
    "a header that is a list": lambda: raw([], claims()),
    "flags that must be understood": lambda: token(headers={"crit": ["exp"], "exp": 1}),
    "claims that are a list": lambda: raw({"alg": "HS256"}, []),
    "no base64": lambda: "\u00e4.\u00e4.\u00e4",
    "three dots": lambda: token() + ".x",
    "only dots": lambda: "..",
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_whatever_is_wrong_with_a_token_the_answer_is_the_same(app, what):
    answer = app.ask(WRONG[what]().encode("utf-8").decode("latin-1"))
    assert (answer.status_code, answer.data) == (401, app.ask("x").data)


def test_a_changed_letter_opens_nothing(app):
    good = token()
    head, payload, signature = good.split(".")
    changed = json.loads(base64.urlsafe_b64decode(payload + "==")) | {"sub": "u1"}
    other = base64.urlsafe_b64encode(json.dumps(changed).encode()).rstrip(b"=").decode()
    assert app.ask(good).status_code == 200  # and is remembered
    assert app.ask(f"{head}.{other}.{signature}", "/v1/users/u1").status_code == 401


@pytest.mark.parametrize("algorithm", KINDS)
def test_a_public_key_is_no_secret(app_with, algorithm):
    text = pem(KINDS[algorithm])
    forged = raw({"alg": "HS256", "typ": "JWT"}, claims(), key=text)
    assert app_with(text).ask(forged).status_code == 401
    assert app_with(text).ask(raw({"alg": algorithm}, claims(), key=text)).status_code == 401


@pytest.mark.parametrize(
    "kid", ["../../../dev/null", "/etc/passwd", "' or 1=1 --", "two", "", None, 1, ["one"]]
)
def test_a_kid_only_chooses_among_the_keys_that_there_are(app_with, kid):
    one = jwt.algorithms.ECAlgorithm.to_jwk(KINDS["ES256"].public_key(), as_dict=True) | {"kid": "one"}
    app = app_with(json.dumps({"keys": [one]}))
    good = token(KINDS["ES256"], "ES256", headers={"kid": "one"})
    assert app.ask(good).status_code == 200
    header = {"alg": "ES256", "kid": kid}
    forged = raw({name: value for name, value in header.items() if value is not None}, claims())
    assert app.ask(forged.rpartition(".")[0] + "." + good.rpartition(".")[2]).status_code == 401


def test_a_key_that_a_token_brings_with_it_is_not_used(app_with):
    mine = ec.generate_private_key(ec.SECP256R1())
    own = jwt.algorithms.ECAlgorithm.to_jwk(mine.public_key(), as_dict=True)
    brought = {"jwk": own, "jku": "http://127.0.0.1:9/keys", "x5u": "http://127.0.0.1:9/"}
    assert app_with(pem(KINDS["ES256"])).ask(token(mine, "ES256", headers=brought)).status_code == 401


def test_two_keys_are_taken_while_the_app_goes_over_from_one_to_the_other(app_with):
    old = rsa_jwk("old")
    new = jwt.algorithms.OKPAlgorithm.to_jwk(KINDS["EdDSA"].public_key(), as_dict=True) | {"kid": "new"}
    app = app_with(json.dumps({"keys": [old, new]}))
    assert app.ask(token(RSA, "RS256", headers={"kid": "old"})).status_code == 200
    assert app.ask(token(KINDS["EdDSA"], "EdDSA", headers={"kid": "new"})).status_code == 200
    assert app.ask(token(RSA, "RS256", headers={"kid": "new"})).status_code == 401


@pytest.mark.parametrize("ahead_s", [0, 25])
def test_an_erased_person_is_refused_at_once_though_the_token_was_remembered(app, ahead_s):
    given, context = token(iat=now_and(ahead_s)), app.context
    assert app.ask(given).status_code == 200
    erasure.forget(
        context.home,
        context.store.get(),
        Registry(context.home.versions),
        context.pseudonyms.of("u0"),
        clock=context.now,
    )
    assert app.ask(given).status_code == 401
    assert app.ask(given, "/v1/users/u0/consents/links", "PUT").status_code == 401


def test_a_remembered_token_ends_at_its_moment(app):
    ends = token(exp=now_and(60))
    tokens = app.context.tokens
    assert tokens.check(ends, now=now_and(0)) is not None
    assert tokens.check(ends, now=now_and(61)) is None


def test_a_token_opens_nothing_where_no_key_for_tokens_is_set(app_with):
    assert app_with(None).ask(token()).status_code == 401


def rsa_jwk(kid):
    return jwt.algorithms.RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True) | {"kid": kid}


def private_pem():
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return RSA.private_bytes(*form).decode()


UNUSABLE = {
    "a short secret": lambda: "x" * 31,
    "a private key": private_pem,
    "a short RSA key": lambda: pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
    "another curve": lambda: pem(ec.generate_private_key(ec.SECP384R1())),
    "no keys": lambda: '{"keys": []}',
    "no JWKS": lambda: "{}",
    "a secret in a JWKS": lambda: '{"keys": [{"kty": "oct", "kid": "1", "k": "eHh4"}]}',
    "one kid twice": lambda: json.dumps({"keys": [rsa_jwk("1"), rsa_jwk("1")]}),
    "another algorithm": lambda: json.dumps({"keys": [rsa_jwk("1") | {"alg": "RS512"}]}),
}  # fmt: skip


@pytest.mark.parametrize("what", UNUSABLE)
def test_a_key_that_is_weak_or_not_public_is_refused_and_not_repeated(what):
    text = UNUSABLE[what]()
    with pytest.raises(ConfigError, match="CIRCLES_MEMBER_JWT_KEY") as error:
        verifiers_of(text)
    assert text not in str(error.value)


def test_a_key_without_issuer_and_audience_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="CIRCLES_MEMBER_JWT_AUDIENCE"):
        create_app(Settings(home=tmp_path, member_jwt_key=SECRET, member_jwt_issuer=ISSUER))
