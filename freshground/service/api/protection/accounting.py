"""ASGI middleware that notes each request: access log, metrics, and what its caller has used."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from freshground.lake.usage import BYTES_A_TOKEN, Usage, Used
from freshground.service.api.identity.allowed import is_reading
from freshground.service.api.protection.told import told_in

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from freshground.service.api.protection.access_log import AccessLog
    from freshground.service.api.protection.metrics import Metrics

_GOOD = range(200, 300)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Accounting:
    """Stands outside of those that refuse, so that refusals are noted as well.

    `log` None: no access log. Usage is counted for callers that are known.
    """

    def __init__(
        self, app: ASGIApp, *, log: AccessLog | None, metrics: Metrics, usage: Usage
    ) -> None:
        self._app = app
        self._log = log
        self._metrics = metrics
        self._usage = usage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note it when its answer is out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status, size = 500, 0  # what is answered to a request that fails before its answer

        async def answer(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                size += len(message.get("body", b""))
            await send(message)

        told_in(scope)
        self._metrics.in_flight.inc()
        try:
            await self._app(scope, receive, answer)
        finally:
            self._metrics.in_flight.dec()
            self._note(scope, status, size, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, size: int, seconds: float) -> None:
        told = told_in(scope)
        principal = scope["state"].get("principal")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = getattr(scope.get("route"), "path", "")
        if not told.index and status in _GOOD:
            told.index = scope.get("path_params", {}).get("name", "")
        self._metrics.answered(route, method, status, seconds, told)
        if principal is not None:
            tokens = told.tokens_out
            if tokens is None:
                shown = status in _GOOD and is_reading(method, scope["path"])
                tokens = size // BYTES_A_TOKEN if shown else 0
            asked = -(-len(told.query.encode("utf-8", "replace")) // BYTES_A_TOKEN)
            self._usage.add(principal.name, Used(1, asked, tokens, seconds * 1000))
        if self._log is not None:
            self._log.write(
                principal=None if principal is None else principal.name,
                method=method,
                path=scope["path"],
                status=status,
                seconds=seconds,
                request_id=scope["state"].get("request_id", ""),
                told=told,
            )
