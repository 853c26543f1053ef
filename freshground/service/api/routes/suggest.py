"""`docs/suggest` and `docs/autocomplete`, by POST and by GET."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from freshground.service.api.principal import principal_of
from freshground.service.api.protection.told import told_of
from freshground.service.api.queries.answers import context_of
from freshground.service.api.queries.fresh_headers import accepted_staleness, fresh_headers
from freshground.service.api.queries.parameters import Parameters
from freshground.service.api.queries.schemas import (
    AUTOCOMPLETE_GET,
    AUTOCOMPLETE_POST,
    SUGGEST_GET,
    SUGGEST_POST,
)
from freshground.service.api.queries.suggesting import completions, suggestions
from freshground.service.api.routing import both, json_object, json_response
from freshground.service.freshness.accepted import refuse_stale

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from freshground.service.api.served.catalog import Served
    from freshground.service.api.service import Service

    Answer = Callable[[Served, Parameters], dict[str, Any]]


def router(service: Service) -> APIRouter:
    """Return the routes. Suggestions are no queries: they are not counted, nor kept for drift."""
    routes = APIRouter(tags=["documents"])

    def answer(request: Request, name: str, asked: Parameters, of: Answer) -> Response:
        served = service.catalog.open(name, principal_of(request))
        told = told_of(request)
        told.index = served.name
        told.release = served.freshness.release if served.freshness else None
        refuse_stale(served.name, served.freshness, accepted_staleness(request))
        found = of(served, asked)
        told.hits = len(found["value"])
        body = {**context_of(request, name, None), **found}
        return json_response(body, headers=fresh_headers(served))

    def suggest_post(request: Request, name: str, body: bytes) -> Response:
        return answer(request, name, Parameters(json_object(body)), suggestions)

    def suggest_get(request: Request, name: str) -> Response:
        return answer(request, name, _address(request), suggestions)

    def autocomplete_post(request: Request, name: str, body: bytes) -> Response:
        return answer(request, name, Parameters(json_object(body)), completions)

    def autocomplete_get(request: Request, name: str) -> Response:
        return answer(request, name, _address(request), completions)

    docs = "/indexes('{name}')/docs"
    both(routes, "POST", f"{docs}/search.post.suggest", suggest_post, openapi=SUGGEST_POST)
    both(routes, "GET", f"{docs}/search.suggest", suggest_get, openapi=SUGGEST_GET)
    both(
        routes, "POST", f"{docs}/search.post.autocomplete", autocomplete_post,
        openapi=AUTOCOMPLETE_POST,
    )  # fmt: skip
    both(routes, "GET", f"{docs}/search.autocomplete", autocomplete_get, openapi=AUTOCOMPLETE_GET)
    return routes


def _address(request: Request) -> Parameters:
    return Parameters.of_address(request.query_params.multi_items())
