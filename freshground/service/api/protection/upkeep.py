"""What the service does beside answering: it writes counts down each minute, and when it ends."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from freshground.core.errors import FreshgroundError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

EVERY = 60.0
"""Seconds."""

_log = logging.getLogger("freshground.serve")


class Upkeep:
    """ASGI middleware that acts in the application's lifespan. Tasks run in a thread."""

    def __init__(
        self, app: ASGIApp, tasks: Sequence[Callable[[], None]], *, every: float = EVERY
    ) -> None:
        self._app = app
        self._tasks = tasks
        self._every = every

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass all on; run the tasks while the application lives, and before it ends."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            # The server ends the process once it is told that all is complete.
            if message["type"] == "lifespan.shutdown.complete":
                await asyncio.to_thread(self._run)
            await send(message)

        repeated = asyncio.create_task(self._repeat())
        try:
            await self._app(scope, receive, answer)
        finally:
            repeated.cancel()

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            await asyncio.to_thread(self._run)

    def _run(self) -> None:
        for task in self._tasks:
            try:
                task()
            except FreshgroundError as error:
                _log.warning("What was counted cannot be written yet: %s", error)
