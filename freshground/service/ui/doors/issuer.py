"""An OpenID Connect issuer, as the code flow needs it: where people go, and what comes back."""

from __future__ import annotations

import hmac
import os
import time
from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError
from freshground.core.settings import Jwt
from freshground.core.settings.values import fetchable
from freshground.service.api.errors import ApiError
from freshground.service.api.identity.signers import DISCOVERY, Signers, Unreachable, get_json
from freshground.service.api.identity.tokens import Tokens
from freshground.service.ui.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freshground.core.clock import Clock
    from freshground.core.settings import Oidc

_KEPT = 3600.0
"""Seconds for which what the issuer says of itself counts."""

PAUSE = 5.0
"""Seconds for which an issuer that was away is taken to be."""

_TIMEOUT = 10.0


class Issuer:
    """One issuer. For one event loop."""

    def __init__(self, settings: Oidc, clock: Clock) -> None:
        self._settings = settings
        tokens = Jwt.model_validate(
            {
                "issuer": settings.issuer,
                "audience": settings.client_id,
                "clock_skew": settings.clock_skew,
            }
        )
        self._tokens = Tokens(tokens, clock, Signers(tokens))
        self._told: dict[str, Any] = {}
        self._told_at = 0.0
        self._failed: tuple[float, str] | None = None
        self._secret = None
        if settings.client_secret_env is not None:
            self._secret = os.environ.get(settings.client_secret_env)
            if not self._secret:
                raise ConfigError(
                    f"The environment has no {settings.client_secret_env}, which "
                    "`serve.dashboard.oidc.client_secret_env` names.",
                    "Set it to the client's secret.",
                )

    async def address(self, *, redirect: str, state: str, nonce: str, verifier: str) -> str:
        """Return where the browser goes to log in; Refused 502 when the issuer is away."""
        told = await self._about()
        async with self._client(redirect, told) as client:
            url, _ = client.create_authorization_url(
                told["authorization_endpoint"], state=state, code_verifier=verifier, nonce=nonce
            )
        return str(url)

    async def claims(
        self, *, code: str, redirect: str, nonce: str, verifier: str
    ) -> Mapping[str, Any]:
        """Return what the issuer says of who came back with a code.

        Refused when the code buys nothing, or what it buys is not for us and not for now.
        """
        import httpx
        from authlib.common.errors import AuthlibBaseError

        told = await self._about()
        try:
            async with self._client(redirect, told) as client:
                bought = await client.fetch_token(
                    told["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                )
        except AuthlibBaseError as error:
            raise _refused(f"the issuer takes the code no more ({error.error})") from None
        except (httpx.HTTPError, ValueError) as error:
            raise _away(type(error).__name__) from error
        token = bought.get("id_token") if isinstance(bought, dict) else None
        if not isinstance(token, str):
            raise _refused("the issuer sent no id token")
        try:
            claims = await self._tokens.claims(token)
        except ApiError as error:
            if error.status >= 500:  # noqa: PLR2004
                raise _away("its keys") from error
            raise _refused(error.message) from None
        found = claims.get("nonce")
        if not isinstance(found, str) or not hmac.compare_digest(found.encode(), nonce.encode()):
            raise _refused("the id token was made for another log-in")
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self._settings.client_id) != (
            self._settings.client_id
        ):
            raise _refused("the id token was given to another client")
        return claims

    async def log_out(self) -> str | None:
        """Return where one logs out at the issuer, None when it names no such place."""
        from urllib.parse import urlencode

        try:
            end = (await self._about()).get("end_session_endpoint")
        except Refused:
            return None
        return f"{end}?{urlencode({'client_id': self._settings.client_id})}" if end else None

    def _client(self, redirect: str, told: Mapping[str, Any]) -> Any:
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        posted = "client_secret_basic" not in methods and "client_secret_post" in methods
        method = "client_secret_post" if posted else "client_secret_basic"
        return AsyncOAuth2Client(
            self._settings.client_id,
            self._secret,
            scope=" ".join(self._settings.scopes),
            redirect_uri=redirect,
            code_challenge_method="S256",
            token_endpoint_auth_method=method if self._secret else "none",
            timeout=_TIMEOUT,
            follow_redirects=False,
        )

    async def _about(self) -> dict[str, Any]:
        now = time.monotonic()
        if self._told and now - self._told_at < _KEPT:
            return self._told
        if self._failed is not None and now - self._failed[0] < PAUSE:
            raise _away(self._failed[1])  # nobody may have us ask again and again
        try:
            told = await get_json(self._settings.issuer.rstrip("/") + DISCOVERY)
            if told.get("issuer") != self._settings.issuer:
                raise Unreachable("the discovery document is another issuer's")
            for name in ("authorization_endpoint", "token_endpoint", "end_session_endpoint"):
                if name in told or name != "end_session_endpoint":
                    told[name] = fetchable(str(told.get(name, "")))
        except (Unreachable, ValueError) as error:
            self._failed = now, str(error)
            raise _away(str(error)) from error
        self._told, self._told_at, self._failed = told, now, None
        return told


def _refused(why: str) -> Refused:
    return Refused(403, f"Logging in failed: {why}.", "Try again; if it stays so, tell an admin.")


def _away(why: str) -> Refused:
    return Refused(502, f"The issuer cannot be asked now ({why}).", "Try again in a moment.")
