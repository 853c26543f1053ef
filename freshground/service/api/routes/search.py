"""`docs/search`: text, vectors and both, by POST and by GET."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from freshground.service.api.answers import search_body
from freshground.service.api.bodies import LISTS, search_asked, session_of
from freshground.service.api.fresh_headers import accepted_staleness, fresh_headers
from freshground.service.api.parameters import Parameters
from freshground.service.api.principal import principal_of
from freshground.service.api.routing import both, json_object, json_response
from freshground.service.api.schemas import SEARCH_GET, SEARCH_POST
from freshground.service.api.searching import search

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from freshground.service.api.service import Service


def router(service: Service) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["documents"])

    def answer(
        request: Request, name: str, values: dict[str, Any], asked: Callable[[], Parameters]
    ) -> Response:
        found = search(
            service,
            name,
            principal_of(request),
            lambda served: search_asked(served, asked()),  # a canary that fails is asked anew
            session=session_of(values),
            accepted=accepted_staleness(request),
        )
        body = search_body(request, name, values, found.asked, found.result)
        return json_response(body, headers=fresh_headers(found.served))

    def search_post(request: Request, name: str, body: bytes) -> Response:
        values = json_object(body)
        return answer(request, name, values, lambda: Parameters(values))

    def search_get(request: Request, name: str) -> Response:
        pairs = request.query_params.multi_items()
        return answer(request, name, dict(pairs), lambda: Parameters.of_address(pairs, lists=LISTS))

    both(
        routes, "POST", "/indexes('{name}')/docs/search.post.search", search_post,
        openapi=SEARCH_POST,
    )  # fmt: skip
    both(routes, "GET", "/indexes('{name}')/docs", search_get, openapi=SEARCH_GET)
    return routes
