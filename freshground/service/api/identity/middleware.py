"""ASGI middleware that finds who asks, and lets nobody else in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.lake.keys import PREFIX
from freshground.service.api.errors import ApiError
from freshground.service.api.failures import error_response
from freshground.service.api.identity import allowed

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from freshground.core.settings import Serve
    from freshground.service.api.identity.ring import KeyRing
    from freshground.service.api.identity.tokens import Tokens
    from freshground.service.api.principal import Principal

_CREDENTIALS = (b"api-key", b"authorization")
_BEARER = "bearer "


class Identity:
    """Puts a `Principal` at `request.state.principal`, or answers 401 or 403.

    Without a key as Azure does: 401 for none, 403 for a wrong one and for one that may not do
    this; a wrong token is 401. Health passes with no principal (None); pages and metrics where
    the settings open them.
    """

    def __init__(self, app: ASGIApp, ring: KeyRing, tokens: Tokens | None, settings: Serve) -> None:
        self._app = app
        self._ring = ring
        self._tokens = tokens
        self._metrics_keys = frozenset(settings.metrics.keys)
        self._open = set(allowed.OPEN)
        if settings.docs == "open":
            self._open |= allowed.PAGES
        if settings.metrics.open:
            self._open.add(allowed.METRICS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if who asks may ask it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no other protocol is served; the server closes the connection
        state = scope.setdefault("state", {})
        state["principal"] = None
        try:
            state["principal"] = await self._admitted(scope)
        except ApiError as error:
            await error_response(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _admitted(self, scope: Scope) -> Principal | None:
        method, path = scope["method"], scope["path"]
        is_open = path in self._open and method in ("GET", "HEAD")
        try:
            principal = await self._principal(scope)
        except ApiError:
            if is_open:
                return None
            raise
        if is_open or principal.role == "admin" or allowed.is_reading(method, path):
            return principal
        if path == allowed.METRICS and principal.name in self._metrics_keys:
            return principal
        raise ApiError(
            403, "Forbidden", f"{method} here needs an admin key; {principal.name!r} is none."
        )

    async def _principal(self, scope: Scope) -> Principal:
        given = [(name, value) for name, value in scope["headers"] if name in _CREDENTIALS]
        if not given:
            raise self._unauthorized(
                "MissingKey", "The request has no key; send one as header api-key."
            )
        if len(given) > 1:
            raise ApiError(
                400, "SeveralCredentials", "The request has several keys or tokens; send one."
            )
        name, value = given[0][0], given[0][1].decode("latin-1").strip()
        if name == b"authorization":
            if value[: len(_BEARER)].lower() != _BEARER:
                raise self._unauthorized("InvalidScheme", "Authorization takes Bearer alone.")
            value = value[len(_BEARER) :].strip()
            # Agents and Prometheus send every secret so.
            if not value.startswith(PREFIX):
                if self._tokens is None:
                    raise self._unauthorized("InvalidToken", "No tokens are taken here.")
                return await self._tokens.find(value)
        found = await self._ring.find(value)
        if found is None:
            raise ApiError(403, "InvalidKey", "The key is not good: unknown, retired or revoked.")
        return found

    def _unauthorized(self, code: str, message: str) -> ApiError:
        headers = {"WWW-Authenticate": "Bearer"} if self._tokens else {}
        return ApiError(401, code, message, headers=headers)
