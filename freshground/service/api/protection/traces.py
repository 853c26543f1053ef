"""ASGI middleware: a span for each request that asks an index. It is there with a collector."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from freshground.service.api.protection.told import told_in
from freshground.service.telemetry.switch import traces

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from freshground.core.clock import Clock
    from freshground.core.settings import Settings

_START = datetime(1970, 1, 1, tzinfo=UTC)
_BROKEN = 500
_DOCUMENTS = "/docs"
"""In the routes that ask an index, those of refused requests included."""

_CARRIED = (b"traceparent", b"tracestate")


class Traced:
    """Notes which index, release and arms answered, how many hits, and how long; never the text."""

    def __init__(self, app: ASGIApp, *, settings: Settings, clock: Clock) -> None:
        self._app = app
        self._traces = traces(settings)
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; make a span of it when its answer is out."""
        if scope["type"] != "http" or self._traces is None:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = _BROKEN

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        told_in(scope)
        try:
            await self._app(scope, receive, answer)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        told = told_in(scope)
        route = getattr(scope.get("route"), "path", "")
        asks = told.index or _DOCUMENTS in route
        if self._traces is None or not route or not asks:
            return
        end = round((self._clock.now() - _START).total_seconds() * 1e9)
        headers = {n.decode("latin-1"): v.decode("latin-1") for n, v in scope["headers"]
                   if n in _CARRIED}  # fmt: skip
        self._traces.request(
            f"{scope['method']} {route}",
            headers,
            end - round(seconds * 1e9),
            end,
            {
                "http.request.method": scope["method"],
                "http.route": route,
                "http.response.status_code": status,
                "freshground.index": told.index or None,
                "freshground.release": told.release,
                "freshground.hits": told.hits,
                "freshground.arms": list(told.arms) or None,
                "freshground.request_id": scope["state"].get("request_id"),
            },
            failed=status >= _BROKEN,
        )
