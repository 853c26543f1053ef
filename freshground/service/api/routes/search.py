"""`docs/search`: text, vectors and both, by POST and by GET."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from freshground.service.api.agents.asking import Caller
from freshground.service.api.principal import principal_of
from freshground.service.api.protection.told import told_of
from freshground.service.api.queries.answers import search_body
from freshground.service.api.queries.bodies import LISTS, search_asked, session_of
from freshground.service.api.queries.fresh_headers import accepted_staleness, fresh_headers
from freshground.service.api.queries.parameters import Parameters
from freshground.service.api.queries.schemas import SEARCH_GET, SEARCH_POST
from freshground.service.api.queries.searching import search
from freshground.service.api.routing import both, json_object, json_response

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
        told = told_of(request)
        told.query = str(values.get("search") or "")
        caller = Caller(principal_of(request), accepted_staleness(request), session_of(values))
        # A canary that fails is asked anew, by the live release.
        found, served = search(service, name, caller, lambda served: search_asked(served, asked()))
        told.index = served.name
        told.release = served.freshness.release if served.freshness else None
        told.hits = len(found.result.hits)
        told.arms = found.asked.arms
        body = search_body(request, name, values, found)
        return json_response(body, headers=fresh_headers(served))

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
