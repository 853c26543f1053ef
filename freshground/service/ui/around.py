"""ASGI middleware around the dashboard: as around the API, ids, a line in the log, a body's limit.

The line names who asked and the path; what was asked for stands in no log.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from freshground.core.settings import is_loopback
from freshground.service.api.protection.told import told_in
from freshground.service.ui.errors import Refused
from freshground.service.ui.routing import MAX_FORM

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from freshground.service.api.protection.access_log import AccessLog

_ONLY_HTTPS = (b"strict-transport-security", b"max-age=31536000")


class Around:
    """`log` None: no access log. `secure`: browsers reach the service by https alone."""

    def __init__(self, app: ASGIApp, log: AccessLog | None, *, secure: bool) -> None:
        self._app = app
        self._log = log
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note it when its answer is out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, size = time.perf_counter(), 500, 0
        # A browser would ask all of a machine's own services by https from then on.
        only_https = self._secure and not is_loopback(_host(scope))

        async def take() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MAX_FORM:
                raise Refused(413, "The form is too long.", f"Send at most {MAX_FORM} bytes.")
            return message

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if only_https:
                    message["headers"] = [*message["headers"], _ONLY_HTTPS]
            await send(message)

        try:
            await self._app(scope, take, answer)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        if self._log is None:
            return
        person = scope.get("state", {}).get("person")
        self._log.write(
            principal=None if person is None else person.name,
            method=scope["method"],
            path=scope["path"],
            status=status,
            seconds=seconds,
            request_id=scope.get("state", {}).get("request_id", ""),
            told=told_in(scope),
        )


def _host(scope: Scope) -> str:
    named = next((value for name, value in scope["headers"] if name == b"host"), b"")
    host = named.decode("latin-1")
    return host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
