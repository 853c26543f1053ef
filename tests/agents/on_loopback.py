"""Serves an application on a free port of this machine while a block runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    def __init__(self, app: ASGIApp) -> None:
        super().__init__(uvicorn.Config(app, port=0, log_level="warning", lifespan="on", ws="none"))
        self.ready = threading.Event()

    async def startup(self, sockets: object = None) -> None:
        await super().startup(None)
        self.ready.set()


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Yield the URL of an application."""
    server = _Server(app)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        assert server.ready.wait(30)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)
