"""An OpenID Connect issuer on this machine, which misbehaves as a test wants it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.answering import answering
from tests.project import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
CLIENT, SECRET = "freshground", "the client's own secret / with signs"


class Issuer:
    """`who` are the claims of who logs in; `says` is laid over the id token, `about` over the
    discovery; `signer` signs. `codes` are those that have not been used."""

    def __init__(self) -> None:
        self.who: dict[str, Any] = {"preferred_username": "olga", "groups": ["ops", "hr"]}
        self.says: dict[str, Any] = {}
        self.about: dict[str, Any] = {}
        self.signer: Any = KEY
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/realm"

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/logout",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **self.about,
        }

    def keys(self) -> dict[str, Any]:
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        return {"keys": [{**key, "kid": "one", "use": "sig"}]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Return where a browser is sent to whose person has agreed."""
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(12)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, sent: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        self.asked.append(sent)
        basic = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        asked = self.codes.pop(sent.get("code", ""), None)
        verifier = sent.get("code_verifier", "").encode()
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
        if (
            basic != f"{CLIENT}:{SECRET}"
            or asked is None
            or digest != asked["code_challenge"]
            or sent["redirect_uri"] != asked["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        claims = {
            "iss": self.url, "aud": CLIENT, "sub": "4711", "nonce": asked["nonce"],
            "iat": NOON, "exp": NOON + timedelta(minutes=5), **self.who, **self.says,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not ...}
        token = jwt.encode(claims, self.signer, "RS256", headers={"kid": "one"})
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": token}


@contextmanager
def issuing() -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {name: found[0] for name, found in parse_qs(parts.query).items()}
            if parts.path.endswith("/authorize"):
                self.send_response(303)
                self.send_header("Location", issuer.authorize(asked))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            known = parts.path.endswith("/openid-configuration")
            self._tell(200, issuer.discovery() if known else issuer.keys())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sent = {name: found[0] for name, found in parse_qs(body).items()}
            self._tell(*issuer.token(sent, self.headers.get("Authorization", "Basic ")))

        def _tell(self, status: int, data: Any) -> None:
            body = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with answering(Handler) as issuer.port:
        yield issuer
