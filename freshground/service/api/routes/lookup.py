"""One document by its key, and how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from freshground.service.api.principal import principal_of
from freshground.service.api.queries.answers import lookup_body
from freshground.service.api.queries.fresh_headers import accepted_staleness, fresh_headers
from freshground.service.api.queries.parameters import Parameters
from freshground.service.api.queries.paths import selected
from freshground.service.api.queries.schemas import COUNT, LOOKUP
from freshground.service.api.routing import both, json_response
from freshground.service.freshness.accepted import refuse_stale
from indexes.search.select import shape_of, shaped

if TYPE_CHECKING:
    from starlette.requests import Request

    from freshground.service.api.served.catalog import Served
    from freshground.service.api.service import Service


def router(service: Service) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["documents"])

    def opened(request: Request, name: str) -> Served:
        served = service.catalog.open(name, principal_of(request))
        refuse_stale(served.name, served.freshness, accepted_staleness(request))
        return served

    def lookup(request: Request, name: str, key: str) -> Response:
        served = opened(request, name)
        asked = Parameters.of_address(request.query_params.multi_items())
        paths = selected(served.definition, asked.items("select"))
        asked.close("A look-up")
        headers = fresh_headers(served)
        position = served.view.position(key)
        if position is None:
            return Response(status_code=404, headers=headers)
        shape = shape_of(served.definition, paths)
        document = shaped(served.view.documents([position], list(shape))[0], shape)
        return json_response(lookup_body(request, name, paths, document), headers=headers)

    def count(request: Request, name: str) -> Response:
        served = opened(request, name)
        Parameters.of_address(request.query_params.multi_items()).close("A count")
        return PlainTextResponse(str(served.view.rows), headers=fresh_headers(served))

    both(routes, "GET", "/indexes('{name}')/docs('{key}')", lookup, openapi=LOOKUP)
    both(routes, "GET", "/indexes('{name}')/docs/$count", count, openapi=COUNT)
    return routes
