"""A service over plain views, served by uvicorn on a free port: the protocol without the rest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import uvicorn
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from freshground.service.api.app import create_app
from freshground.service.api.errors import ApiError
from freshground.service.api.principal import Principal
from freshground.service.api.served.catalog import Served
from indexes.encoders.hashing import HashEncoder
from indexes.search.columns import schema_of
from indexes.search.contract import View
from indexes.search.definition import STRING, STRINGS, VECTOR, Definition, Field
from indexes.search.plain import PlainView
from indexes.search.snapshot import Snapshot

ADMIN = Principal("tests", "admin", None)
ENCODER = HashEncoder.named("hashing-16")
WORDS = ("pool", "beach", "harbour", "mountain", "garden", "library", "sauna", "terrace")

ADDRESS = Field(
    "Address", "Edm.ComplexType",
    fields=(Field("City", STRING, searchable=True, filterable=True, facetable=True, sortable=True),
            Field("Secret", STRING, filterable=True, retrievable=False)),
)  # fmt: skip
HOTELS = Definition(
    "hotels",
    (
        Field("hotelId", STRING, key=True, filterable=True, sortable=True),
        Field("hotelName", STRING, searchable=True, sortable=True, analyzer="english"),
        Field("description", STRING, searchable=True, analyzer="english"),
        Field("category", STRING, filterable=True, facetable=True),
        Field("tags", STRINGS, searchable=True, filterable=True, facetable=True, analyzer="simple"),
        Field("parkingIncluded", "Edm.Boolean", filterable=True, facetable=True),
        Field("lastRenovated", "Edm.DateTimeOffset", filterable=True, sortable=True,
              facetable=True),
        Field("rating", "Edm.Double", filterable=True, sortable=True, facetable=True),
        Field("rooms", "Edm.Int32", filterable=True, sortable=True, facetable=True),
        Field("owner", STRING, filterable=True, retrievable=False),
        Field("notes", STRING, searchable=True, retrievable=False, analyzer="simple"),
        ADDRESS,
        Field("vector", VECTOR, searchable=True, dimensions=16, profile="p"),
    ),
    suggesters={"sg": ("hotelName", "tags")},
)  # fmt: skip


def hotel(number: int) -> dict[str, Any]:
    first, second = WORDS[number % 8], WORDS[number // 8 % 8]
    name = f"{first.title()} {second.title()} Hotel {number}"
    return {
        "hotelId": f"{number:05d}",
        "hotelName": name,
        "description": f"A {second} hotel with a {first}, near the centre, number {number}.",
        "category": ("Budget", "Luxury", "Boutique")[number % 3],
        "tags": [first, second],
        "parkingIncluded": number % 2 == 0 if number % 5 else None,
        "lastRenovated": datetime(2000 + number % 20, 1 + number % 12, 3, 4, 5, tzinfo=UTC),
        "rating": (number % 9) / 2 + 0.5,
        "rooms": number % 300,
        "owner": f"owner-{number % 7}",
        "notes": f"confidential{number % 4}",
        "Address": {"City": ("Paris", "New York", "Oslo")[number % 3], "Secret": "cellar"},
        "vector": ENCODER.encode_query(name),
    }


class Shelf:
    """A service of plain views. What is set in `asked` notes which principal asked for what."""

    def __init__(self, **views: View) -> None:
        self.views = views
        self.context: Any = None
        self.catalog = self
        self.reranker: Any = None

    def open(self, name: str, principal: Principal) -> Served:
        if principal.indexes is not None and name not in principal.indexes:
            raise ApiError(403, "IndexForbidden", f"This key may not ask index '{name}'.")
        if name not in self.views:
            raise ApiError(404, "IndexNotFound", f"There is no index or alias '{name}'.")
        view = self.views[name]
        return Served(
            name, "collection", view.definition, view,
            encoder=ENCODER.encode_query if view.definition.vectors else None,
        )  # fmt: skip

    def answer(
        self,
        name: str,
        principal: Principal,
        request: str | None,
        ask: Callable[[Served], Any],
        hits: Callable[[Any], int],
    ) -> tuple[Any, Served]:
        served = self.open(name, principal)
        return ask(served), served

    def managed(self, principal: Principal) -> list[Any]:
        return []


@dataclass
class Asks:
    """Middleware: every request is asked by `who`."""

    app: ASGIApp
    who: Principal = field(default=ADMIN)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["principal"] = self.who
        await self.app(scope, receive, send)


def app_of(service: Any, who: Principal = ADMIN) -> FastAPI:
    return create_app(service, [Middleware(Asks, who=who)])


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve over loopback; yields the address."""
    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="on", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            thread.join(0.005)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def hotels(count: int) -> PlainView:
    return PlainView(HOTELS, [hotel(number) for number in range(count)])


def many_hotels(count: int) -> View:
    """The same rows as the service keeps them, for pages over thousands."""
    rows = [hotel(number) for number in range(count)]
    table = pa.Table.from_pylist(rows, schema=schema_of(HOTELS))
    return Snapshot.empty(HOTELS).changed(table).view()


def vector_of(text: str) -> list[float]:
    return np.asarray(ENCODER.encode_query(text)).tolist()
