"""Knowledge bases: each managed index is one, with itself as its only source; nobody writes them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from freshground.service.api import definitions_of_knowledge as told
from freshground.service.api.errors import ApiError
from freshground.service.api.freshness import accepted, headers_of
from freshground.service.api.grounding import answer, ground
from freshground.service.api.principal import principal_of
from freshground.service.api.retrieval import read_retrieval
from freshground.service.api.routing import both, json_object, json_response
from freshground.service.freshness.accepted import refuse_stale

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from freshground.service.api.catalog import Served
    from freshground.service.api.grounding import Grounding
    from freshground.service.api.service import Service

PARTIAL = 206


def router(service: Service) -> APIRouter:
    """Return the routes of knowledge bases and sources."""
    routes = APIRouter()

    def retrieve(request: Request, name: str, body: bytes) -> Response:
        managed(request, name)
        if request.headers.get("x-ms-query-source-authorization"):
            raise ApiError(
                400,
                "QuerySourceAuthorizationNotServed",
                "Who may read what comes from the key or token of the request itself. Send the "
                "user's token as Authorization, without x-ms-query-source-authorization.",
            )
        wanted = read_retrieval(json_object(body), name)
        limit = accepted(request.headers)

        def of(served: Served) -> Grounding:
            refuse_stale(served.name, served.freshness, limit)
            return ground(served, wanted, service.context.clock, time.monotonic)

        found, served = service.catalog.answer(
            name, principal_of(request), None, of, lambda g: len(g.passages)
        )
        status = PARTIAL if found.partial else 200
        return json_response(answer(found, wanted, name), status, headers_of(served))

    def managed(request: Request, name: str) -> None:
        known = [index.id for index in service.catalog.managed(principal_of(request))]
        if name not in known:
            raise ApiError(
                404,
                "KnowledgeBaseNotFound",
                f"There is no knowledge base {name!r} that this key may ask: each index of a "
                "pipeline is one, under its id.",
            )

    def list_bases(request: Request) -> dict[str, Any]:
        indexes = service.catalog.managed(principal_of(request))
        return {"value": [told.base(index.id) for index in indexes]}

    def get_base(request: Request, name: str) -> dict[str, Any]:
        managed(request, name)
        return told.base(name)

    def list_sources(request: Request) -> dict[str, Any]:
        indexes = service.catalog.managed(principal_of(request))
        return {"value": [told.source(index.id) for index in indexes]}

    def get_source(request: Request, name: str) -> dict[str, Any]:
        managed(request, name)
        return told.source(name)

    def written() -> None:
        raise ApiError(
            403,
            "ManagedKnowledgeBase",
            "Knowledge bases and sources follow from the settings' indexes: nobody writes them "
            "here. Add an index to the settings instead.",
        )

    both(routes, "POST", "/knowledgebases('{name}')/retrieve", retrieve)
    for kind, listing, getting in (
        ("knowledgebases", list_bases, get_base),
        ("knowledgesources", list_sources, get_source),
    ):
        both(routes, "GET", f"/{kind}", listing)
        both(routes, "GET", f"/{kind}('{{name}}')", getting)
        both(routes, "POST", f"/{kind}", written)
        both(routes, "PUT", f"/{kind}('{{name}}')", written)
        both(routes, "DELETE", f"/{kind}('{{name}}')", written)
    return routes
