"""Every answer names its request: ours in `request-id`, the client's own is echoed."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CLIENT = b"x-ms-client-request-id"
_LONGEST = 256


class RequestIds:
    """ASGI middleware. The id is in `request.state.request_id` as well, for logs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its answer with ids and the milliseconds that it took."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        own = str(uuid.uuid4())
        scope.setdefault("state", {})["request_id"] = own
        added = [(b"request-id", own.encode())]
        theirs = next((value for name, value in scope["headers"] if name == CLIENT), None)
        if theirs is not None and len(theirs) <= _LONGEST:
            added += [(CLIENT, theirs), (b"client-request-id", theirs)]
        started = time.perf_counter()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                took = f"{(time.perf_counter() - started) * 1000:.0f}".encode()
                message["headers"] = [*message["headers"], *added, (b"elapsed-time", took)]
            await send(message)

        await self._app(scope, receive, answer)
