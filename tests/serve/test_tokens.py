"""Tokens of an issuer that the test runs itself, over real HTTP."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import ValidationError

from freshground.core.clock import ManualClock
from freshground.core.settings import Jwt
from freshground.service.api.errors import ApiError
from freshground.service.api.identity.signers import Signers
from freshground.service.api.identity.tokens import Tokens
from tests.answering import answering
from tests.project import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
SMALL = rsa.generate_private_key(65537, 1024)
PUBLIC_PEM = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


class Issuer:
    """An OIDC issuer: `keys` by id; `asked` counts the paths that were asked for."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {"one": KEY}
        self.extra: list[Any] = []
        self.says: dict[str, Any] = {}
        self.asked: list[str] = []
        self.fails = False
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/tenant"

    def answer(self, path: str) -> Any:
        if path == "/tenant/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **self.says}
        listed = [
            {
                **json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(k.public_key())),
                "kid": kid,
                "use": "sig",
            }
            for kid, k in self.keys.items()
        ]
        return {"keys": [*self.extra, *listed]}


@contextmanager
def issuing() -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            body = json.dumps(issuer.answer(self.path)).encode()
            self.send_response(500 if issuer.fails else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with answering(Handler) as issuer.port:
        yield issuer


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as found:
        yield found


class _Timer:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def timer() -> _Timer:
    return _Timer()


@pytest.fixture
def tokens(issuer: Issuer, timer: _Timer) -> Tokens:
    settings = Jwt(issuer=issuer.url, audience="api://docs", admin_roles="Search.Admin")
    return Tokens(settings, ManualClock(NOON), Signers(settings, timer))


def token(
    issuer: Issuer, key: Any = KEY, alg: str = "RS256", kid: Any = "one", **changes: Any
) -> str:
    claims = {
        "iss": issuer.url,
        "aud": "api://docs",
        "sub": "ann",
        "exp": NOON + timedelta(hours=1),
        "iat": NOON,
        "groups": ["hr", "it"],
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not ...}
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims, key, algorithm=alg, headers=headers)


@pytest.mark.anyio
async def test_a_good_token(issuer, tokens) -> None:
    found = await tokens.find(token(issuer))
    assert (found.name, found.role, found.groups) == ("jwt:ann", "query", {"hr", "it"})
    assert (found.required, found.indexes) == (None, None)
    admin = await tokens.find(token(issuer, roles=["Search.Admin"]))
    assert (admin.role, admin.groups) == ("admin", {"hr", "it"})
    assert issuer.asked == ["/tenant/.well-known/openid-configuration", "/tenant/keys"]


def _unsigned(issuer: Issuer) -> str:
    return token(issuer, None, "none")


def _hmac_with_the_public_key(issuer: Issuer) -> str:
    def part(data: Any) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=")

    import hashlib
    import hmac

    claims = jwt.decode(token(issuer), options={"verify_signature": False})
    head = part({"alg": "HS256", "kid": "one", "typ": "JWT"}) + b"." + part(claims)
    signature = hmac.new(PUBLIC_PEM, head, hashlib.sha256).digest()
    return (head + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def _changed_afterwards(issuer: Issuer) -> str:
    head, _, signature = token(issuer).split(".")
    claims = jwt.decode(token(issuer), options={"verify_signature": False})
    body = base64.urlsafe_b64encode(json.dumps({**claims, "groups": ["board"]}).encode())
    return f"{head}.{body.rstrip(b'=').decode()}.{signature}"


BAD = {
    "no algorithm": (_unsigned, "not signed with RS256"),
    "HS256 with the public key": (_hmac_with_the_public_key, "not signed with RS256"),
    "RS512": (lambda i: token(i, alg="RS512"), "not signed with RS256"),
    "another's key": (lambda i: token(i, OTHER), "signature is wrong"),
    "changed": (_changed_afterwards, "signature is wrong"),
    "unknown kid": (lambda i: token(i, kid="two"), "no such key"),
    "no kid": (lambda i: token(i, kid=None), "which key signed it"),
    "expired": (lambda i: token(i, exp=NOON - timedelta(minutes=2)), "expired"),
    "not yet": (lambda i: token(i, nbf=NOON + timedelta(minutes=2)), "not good yet"),
    "from the future": (lambda i: token(i, iat=NOON + timedelta(minutes=2)), "not good yet"),
    "no end": (lambda i: token(i, exp=...), "lacks one of"),
    "times as text": (lambda i: token(i, exp="tomorrow"), "cannot be"),
    "another audience": (lambda i: token(i, aud="api://mail"), "another audience"),
    "no audience": (lambda i: token(i, aud=...), "lacks one of"),
    "another issuer": (lambda i: token(i, iss="https://evil.example"), "another issuer's"),
    "no issuer": (lambda i: token(i, iss=...), "lacks one of"),
    "nobody": (lambda i: token(i, sub=...), "no claim sub"),
    "no token": (lambda i: "e30.e30.e30", "cannot be verified|not signed"),
    "text": (lambda i: "hello", "cannot be verified"),
    "empty": (lambda i: "", "cannot be verified"),
    "endless": (lambda i: "a" * 20_000, "too long"),
    "critical": (
        lambda i: jwt.encode({"sub": "ann"}, KEY, "RS256", {"kid": "one", "crit": ["exp"]}),
        "cannot be verified",
    ),
}


@pytest.mark.anyio
@pytest.mark.parametrize("case", BAD)
async def test_a_bad_token(issuer, tokens, case: str) -> None:
    make, why = BAD[case]
    with pytest.raises(ApiError, match=why) as refused:
        await tokens.find(make(issuer))
    assert refused.value.status == 401


@pytest.mark.anyio
@pytest.mark.parametrize(
    "claims",
    [
        {"groups": ...},
        {"groups": "hr"},
        {"groups": ["hr", 7]},
        {"groups": {"hr": True}},
        {"groups": None},
        {"groups": ["hr", ""]},
        {"groups": ..., "_claim_names": {"groups": "src1"}, "_claim_sources": {}},
        {"groups": ["hr"], "_claim_names": {"groups": "src1"}},
        {"groups": ["hr"], "_claim_names": "groups"},
    ],
)
async def test_groups_that_cannot_be_read_are_none(issuer, tokens, claims: dict) -> None:
    found = await tokens.find(token(issuer, **claims))
    assert found.groups == frozenset()
    assert found.role == "query"


@pytest.mark.anyio
async def test_clocks_may_differ_a_little(issuer, tokens) -> None:
    late = token(issuer, exp=NOON - timedelta(seconds=59), nbf=NOON + timedelta(seconds=59))
    assert (await tokens.find(late)).name == "jwt:ann"


@pytest.mark.anyio
async def test_keys_rotate_and_are_fetched_at_a_bounded_rate(issuer, tokens, timer) -> None:
    await tokens.find(token(issuer))
    issuer.keys = {"two": OTHER}
    for _ in range(20):  # whoever makes key ids up makes no storm
        with pytest.raises(ApiError):
            await tokens.find(token(issuer, OTHER, kid="two"))
    assert len(issuer.asked) == 2
    timer.now += 30
    assert await tokens.find(token(issuer, OTHER, kid="two"))
    assert len(issuer.asked) == 4
    with pytest.raises(ApiError, match="no such key"):
        await tokens.find(token(issuer))
    # A key that the issuer took back without a new one is gone after an hour.
    issuer.keys = {}
    timer.now += 3600
    with pytest.raises(ApiError, match="no such key"):
        await tokens.find(token(issuer, OTHER, kid="two"))


@pytest.mark.anyio
async def test_an_issuer_that_fails(issuer, tokens, timer) -> None:
    issuer.fails = True
    with pytest.raises(ApiError, match="does not give its keys") as refused:
        await tokens.find(token(issuer))
    assert refused.value.status == 503
    issuer.fails = False
    timer.now += 30
    assert await tokens.find(token(issuer))
    issuer.fails = True
    timer.now += 2 * 3600
    assert await tokens.find(token(issuer))
    timer.now += 23 * 3600
    with pytest.raises(ApiError) as refused:
        await tokens.find(token(issuer))
    assert refused.value.status == 503


@pytest.mark.anyio
async def test_what_an_issuer_may_not_say(issuer, tokens, timer) -> None:
    for said in (
        {"issuer": "https://evil.example"},
        {"jwks_uri": "http://192.0.2.1/keys"},
        {"jwks_uri": 7},
    ):
        issuer.says = said
        with pytest.raises(ApiError) as refused:
            await tokens.find(token(issuer))
        assert refused.value.status == 503
        timer.now += 30
    issuer.says = {}
    issuer.keys = {"small": SMALL}
    issuer.extra = [7, {}, {"kty": "oct", "kid": "one", "k": "eA"}, {"kty": "RSA", "kid": "one"}]
    with pytest.raises(ApiError, match="no such key"):
        await tokens.find(token(issuer))
    with pytest.raises(ApiError, match="no such key"):
        await tokens.find(token(issuer, SMALL, kid="small"))


def test_signing_keys_never_come_in_the_clear() -> None:
    for url in ("http://idp.example", "ftp://x", "idp.example", "http://127.0.0.1.evil.example"):
        with pytest.raises(ValidationError, match="https"):
            Jwt(issuer=url, audience="a")


def test_tokens_over_http(protected, issuer) -> None:
    settings = {"issuer": issuer.url, "audience": ["api://docs"], "jwks_url": f"{issuer.url}/keys"}
    with protected(jwt=settings) as (client, _):
        good = {"Authorization": f"bearer {token(issuer)}"}
        told = client.get("/freshness", headers=good).json()
        assert (told["name"], told["groups"]) == ("jwt:ann", ["hr", "it"])
        assert issuer.asked == ["/tenant/keys"]
        bad = client.get("/freshness", headers={"Authorization": f"Bearer {_unsigned(issuer)}"})
        assert bad.status_code == 401
        assert "invalid_token" in bad.headers["www-authenticate"]
        assert client.get("/freshness", headers={"api-key": token(issuer)}).status_code == 403
