"""Our own query service as the search service behind the Azure engine: the circle is closed.

An engine that speaks to Azure, a client that we did not write, a service that speaks as Azure does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from freshground.service.api.app import create_app
from freshground.service.api.clients.collection import Collection
from freshground.service.api.service import Service
from indexes.search.azure_definition import definition_of
from tests.project import Project
from tests.querying.shelf import Asks, served

KEY = "test-key"


@dataclass
class _Locked:
    """Lets only our key in, and notes the addresses of writes."""

    app: ASGIApp
    written: list[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and dict(scope["headers"]).get(b"api-key") != KEY.encode():
            error = {"error": {"code": "Forbidden", "message": "This key is not known."}}
            await JSONResponse(error, 403)(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"].endswith("search.index"):
            self.written.append(scope["path"])
        await self.app(scope, receive, send)


@dataclass
class Remote:
    """What a search service holds, looked at from inside."""

    url: str
    service: Service
    written: list[str]
    """The addresses of batches, in the order they came."""

    @property
    def aliases(self) -> dict[str, str]:
        return {a.name: a.index for a in self.service.collections.aliases() if a.index}

    @property
    def indexes(self) -> list[str]:
        return self.service.collections.names()

    def keys(self, name: str) -> set[str]:
        view = self._collection(name).snapshot().view()
        return set(view.keys(view.positions()))

    def document(self, name: str, key: str) -> dict[str, Any]:
        view = self._collection(name).snapshot().view()
        place = view.position(key)
        assert place is not None
        return view.documents([place], ["chunk_id", "text", "release"])[0]

    def point(self, alias: str, name: str) -> None:
        self.service.collections.put_alias(alias, name)

    def make(self, name: str) -> None:
        """Make an index that is nobody's we know."""
        field = {"name": "id", "type": "Edm.String", "key": True}
        self.service.collections.create(definition_of({"name": name, "fields": [field]}))

    def drop(self, name: str) -> None:
        self.service.collections.delete(name)

    def clear(self) -> None:
        for alias in self.aliases:
            self.service.collections.delete_alias(alias)
        for name in self.indexes:
            self.drop(name)

    def _collection(self, name: str) -> Collection:
        found = self.service.collections.get(name)
        assert found is not None, name
        return found


@contextmanager
def remote(root: Path) -> Iterator[Remote]:
    """Serve the indexes of clients, and nothing else that is asked for."""
    root.mkdir(parents=True, exist_ok=True)
    project = Project(root, engine="memory")
    project.index(id="managed")
    service = Service(project.context())
    written: list[str] = []
    app = create_app(service, [Middleware(_Locked, written=written), Middleware(Asks)])
    with served(app) as url:
        yield Remote(url, service, written)
