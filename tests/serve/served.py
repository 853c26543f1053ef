"""Small applications behind all that protects them, over real HTTP, in a thread."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import APIRouter, FastAPI

from freshground.core.settings import Serve
from freshground.service.api.failures import handle_failures
from freshground.service.api.protection.connection import Connection
from freshground.service.api.protection.protect import Protection, protect
from freshground.service.api.protection.told import told_of
from freshground.service.api.request_ids import RequestIds
from freshground.service.api.routes import health, metrics
from freshground.service.api.routing import both
from freshground.service.api.served.encoding import Encoding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.service.context import Context

DATA = "what only those with a key may read"
API = "?api-version=2026-04-01"
SEARCH = f"/indexes('docs')/docs/search.post.search{API}"
COUNT = f"/indexes('docs')/docs/$count{API}"


@dataclass
class Handlers:
    """What stands behind the protection. A search waits for `go`; `inside` counts those there."""

    context: Context
    settings: Serve = field(default_factory=Serve)
    go: threading.Event = field(default_factory=threading.Event)
    inside: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __post_init__(self) -> None:
        self.go.set()
        self.encoding = Encoding(self.context)

    def router(self) -> APIRouter:
        router = APIRouter()

        def search(request: Any, name: str, body: bytes) -> dict[str, Any]:
            self.inside.release()
            told = told_of(request)
            told.index, told.release, told.hits, told.query = name, 7, 1, "who is ill"
            assert self.go.wait(30)
            return {"value": [{"id": "1", "text": DATA}], "size": len(body)}

        def count(name: str) -> Any:
            from starlette.responses import PlainTextResponse

            return PlainTextResponse("1")

        def who(request: Any) -> Any:
            found = request.state.principal
            groups = None if found.groups is None else sorted(found.groups)
            return {"name": found.name, "role": found.role, "groups": groups, "data": DATA}

        def broken() -> None:
            raise RuntimeError(DATA)

        both(router, "POST", "/indexes('{name}')/docs/search.post.search", search)
        both(router, "POST", "/indexes('{name}')/docs/search.index", search)
        both(router, "GET", "/indexes('{name}')/docs/$count", count)
        both(router, "GET", "/freshness", who, versioned=False)
        both(router, "GET", "/indexes", who)
        both(router, "GET", "/broken", broken, versioned=False)
        return router


def application(handlers: Handlers) -> tuple[FastAPI, Protection]:
    """Return the application as `freshground serve` puts it together, with these handlers."""
    app = FastAPI(redirect_slashes=False)
    app.add_middleware(RequestIds)
    handle_failures(app)
    app.include_router(handlers.router())
    app.include_router(health.router(handlers))
    app.include_router(metrics.router(handlers))
    return app, protect(app, handlers)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """Serve an application on this machine; yield its URL. It is shut down in order."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, http=Connection, loop="asyncio", lifespan="on", log_level="critical"
        )
        server = _Server(config)
        thread = threading.Thread(target=server.run, args=([opened],), daemon=True)
        thread.start()
        assert server.ready.wait(20)
        try:
            yield f"http://127.0.0.1:{opened.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()
