"""Knowledge bases: each managed index is one, and its own only source. Nobody writes them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from freshground.service.api.agents.asking import Caller, answered
from freshground.service.api.agents.grounding import SOURCE_FIELDS, answer, ground
from freshground.service.api.agents.retrieval import read_retrieval
from freshground.service.api.errors import ApiError
from freshground.service.api.principal import principal_of
from freshground.service.api.protection.told import told_of
from freshground.service.api.queries.fresh_headers import accepted_staleness, fresh_headers
from freshground.service.api.routing import both, json_object, json_response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from freshground.service.api.agents.grounding import Grounding
    from freshground.service.api.served.catalog import Served
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
        caller = Caller(principal_of(request), accepted_staleness(request))

        def of(served: Served) -> Grounding:
            return ground(served, wanted, service.context.clock, time.monotonic)

        found, served = answered(
            service, name, caller, of, lambda each: len(each.passages), lambda each: each.answers
        )
        told = told_of(request)
        told.index, told.hits, told.tokens_out = name, len(found.passages), found.tokens
        told.query = " | ".join(wanted.intents)
        if served.freshness is not None:
            told.release = served.freshness.release
        status = PARTIAL if found.partial else 200
        return json_response(answer(found, wanted, name), status, fresh_headers(served))

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
        return {"value": [_base(index.id) for index in indexes]}

    def get_base(request: Request, name: str) -> dict[str, Any]:
        managed(request, name)
        return _base(name)

    def list_sources(request: Request) -> dict[str, Any]:
        indexes = service.catalog.managed(principal_of(request))
        return {"value": [_source(index.id) for index in indexes]}

    def get_source(request: Request, name: str) -> dict[str, Any]:
        managed(request, name)
        return _source(name)

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


def _base(name: str) -> dict[str, Any]:
    return {
        "@odata.etag": f'"{name}"',
        "name": name,
        "description": f"Passages of index {name}, as its pipeline keeps them fresh.",
        "knowledgeSources": [{"name": name}],
        "models": [],
    }


def _source(name: str) -> dict[str, Any]:
    return {
        "@odata.etag": f'"{name}"',
        "name": name,
        "kind": "searchIndex",
        "description": f"Index {name}.",
        "searchIndexParameters": {
            "searchIndexName": name,
            "sourceDataFields": [{"name": field} for field in SOURCE_FIELDS],
            "searchFields": [],
        },
    }
