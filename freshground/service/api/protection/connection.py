"""uvicorn's HTTP/1.1 with a bound on what is read before anybody is known: a request's head.

httptools collects headers without end and waits for them without end.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from asyncio import TimerHandle

MOST = 64 * 1024
"""Bytes of a request line and headers; a token of many groups has some thousands."""

SECONDS = 30.0


class Connection(HttpToolsProtocol):
    """One connection. It is closed when a request's head is too long or does not come."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head = 0
        self._timer: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._expected()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._head += len(data)
        super().data_received(data)
        if self._timer is not None and self._head > MOST and not self.transport.is_closing():
            self.send_400_response("The request's headers are too long.")

    def on_message_begin(self) -> None:
        """Begin to count a head. Those between two requests wait as long as the server says."""
        super().on_message_begin()
        if self._timer is None:
            self._head = 0
            self._expect()

    def on_headers_complete(self) -> None:
        """Pass a request on, its head being whole."""
        self._expected()
        super().on_headers_complete()

    def _expect(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(SECONDS, self._late)

    def _expected(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.close()
