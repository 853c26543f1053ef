"""A whole service over HTTP: clients' indexes in a lake, and where wanted a project's release."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from azure.core.credentials import AzureKeyCredential
from azure.search.documents import SearchClient
from azure.search.documents.indexes import SearchIndexClient
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from freshground.service.api.app import create_app
from freshground.service.api.principal import Principal
from freshground.service.api.service import Service
from tests.project import Project

PRINCIPALS = {
    "admin": Principal("admin", "admin", None),
    "query": Principal("query", "query", None),
    "staff": Principal("staff", "query", frozenset({"staff"})),
    "only": Principal("only", "admin", None, indexes=frozenset({"hotels"})),
}


@dataclass
class _ByKey:
    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            key = dict(scope["headers"]).get(b"api-key", b"admin").decode()
            scope.setdefault("state", {})["principal"] = PRINCIPALS[key]
        await self.app(scope, receive, send)


@dataclass
class Server:
    """One running service, and the official clients of it."""

    url: str
    service: Service

    def indexes(self, key: str = "admin", **options: Any) -> SearchIndexClient:
        return SearchIndexClient(self.url, AzureKeyCredential(key), retry_total=0, **options)

    def documents(self, index: str, key: str = "admin") -> SearchClient:
        return SearchClient(self.url, index, AzureKeyCredential(key), retry_total=0)


@contextmanager
def serving(project: Project) -> Iterator[Server]:
    """Serve a project on a free port of the loopback."""
    service = Service(project.context())
    service.follower.look()
    app = create_app(service, [Middleware(_ByKey)])
    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            thread.join(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Server(f"http://127.0.0.1:{port}", service)
    finally:
        server.should_exit = True
        thread.join()
