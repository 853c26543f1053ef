"""ASGI middleware: what a browser is told about every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
_HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
_STATIC = "/static/"
_LASTING = (200, 206, 304)


class Headers:
    """Pages are kept by nobody; what they are made of, until it is another: a browser asks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its answer with the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        lasting = scope["path"].removeprefix(scope.get("root_path", "")).startswith(_STATIC)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                good = lasting and message["status"] in _LASTING
                kept = b"no-cache" if good else b"no-store"
                own = message["headers"]
                named = {name.lower() for name, _ in own}
                usual = [*_HEADERS, (b"cache-control", kept)]
                message["headers"] = [*own, *(each for each in usual if each[0] not in named)]
            await send(message)

        await self._app(scope, receive, answer)
