"""What one request, and all of them together, may take: bytes, places and time.

A body is read whole before a place is taken, so that slow callers hold none. A request that takes
too long is answered with 504; the thread that works on it cannot be killed, so it goes on to its
end, its answer is dropped, and it keeps its place until then: work that was given up still counts
against `max_concurrent`, and cannot pile up.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from freshground.service.api.errors import ApiError
from freshground.service.api.failures import error_response
from freshground.service.api.identity import allowed
from freshground.service.api.protection.slots import Busy, Slots

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from freshground.core.settings import Limits as Settings

_DRAINED = 4
"""How many times `max_body` is read and thrown away, so that a client sees its 413."""

RETRY_AFTER = "1"

_FREE = allowed.OPEN | {allowed.METRICS}


class Limits:
    """ASGI middleware. Health and metrics take no place: they must answer when all are taken."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._slots = Slots(
            settings.max_concurrent, settings.max_waiting, settings.max_wait.total_seconds()
        )
        self._given_up: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on within the limits."""
        if scope["type"] != "http" or scope["path"] in _FREE:
            await self._app(scope, receive, send)
            return
        try:
            body = await self._body(scope, receive)
            if body is None:
                return  # the client went away
            if scope["method"] == "GET" and scope["path"].rstrip("/") == "/mcp":
                # A stream that stays open and does nothing.
                await self._app(scope, _replayed(body, receive), send)
                return
            await self._enter()
        except ApiError as error:
            await error_response(error)(scope, receive, send)
            return
        await self._timed(scope, _replayed(body, receive), send)

    async def _enter(self) -> None:
        try:
            await self._slots.enter()
        except Busy:
            raise ApiError(
                429,
                "TooManyRequests",
                f"{self._settings.max_concurrent} requests are being answered, and others wait. "
                f"Try again in {RETRY_AFTER} s.",
                headers={"Retry-After": RETRY_AFTER},
            ) from None

    async def _timed(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = over = False

        async def answer(message: Message) -> None:
            nonlocal started
            if not over:
                started = True
                await send(message)

        task = asyncio.ensure_future(self._app(scope, receive, answer))
        self._given_up.add(task)
        task.add_done_callback(self._ended)
        try:
            await asyncio.wait({task}, timeout=self._settings.max_time.total_seconds())
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.done() or started:
            await task
            return
        over = True
        error = ApiError(
            504,
            "QueryTimeout",
            f"The request took longer than {self._settings.max_time.total_seconds():g} s and was "
            "given up. Ask for less: fewer results, facets or fields.",
        )
        await error_response(error)(scope, receive, send)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._given_up.discard(task)
        self._slots.leave()
        if not task.cancelled():
            task.exception()  # nobody else asks for that of a task that was given up

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        try:
            async with asyncio.timeout(self._settings.max_upload_time.total_seconds()):
                return await self._read(scope, receive)
        except TimeoutError:
            raise ApiError(
                408,
                "RequestTimeout",
                "The request's body did not come in time.",
                headers={"Connection": "close"},
            ) from None

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        most = self._settings.max_body
        declared = next((v for name, v in scope["headers"] if name == b"content-length"), b"")
        if declared.isdigit() and int(declared) > _DRAINED * most:
            raise self._too_large(close=True)
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            part = message.get("body", b"")
            size += len(part)
            if size <= most:
                parts.append(part)
            elif size > _DRAINED * most:
                raise self._too_large(close=True)
            if not message.get("more_body", False):
                break
        if size > most:
            raise self._too_large(close=False)
        return b"".join(parts)

    def _too_large(self, *, close: bool) -> ApiError:
        return ApiError(
            413,
            "RequestEntityTooLarge",
            f"The request's body is larger than {self._settings.max_body} bytes. Send less at a "
            "time.",
            headers={"Connection": "close"} if close else None,
        )


def _replayed(body: bytes, receive: Receive) -> Receive:
    told = False

    async def replay() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
