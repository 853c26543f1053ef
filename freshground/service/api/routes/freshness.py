"""`GET /freshness`: how fresh each index is that the caller may ask, against its SLA."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from freshground.service.api.principal import principal_of
from freshground.service.api.queries.schemas import FRESHNESS
from freshground.service.api.routing import both
from freshground.service.freshness.sla import report

if TYPE_CHECKING:
    from starlette.requests import Request

    from freshground.service.api.service import Service


def router(service: Service) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["freshness"])

    def freshness(request: Request) -> dict[str, Any]:
        principal = principal_of(request)
        mine = {index.id for index in service.catalog.managed(principal)}
        rows = [row for row in report(service.context) if row["index"] in mine]
        if principal.groups is not None:
            # A failure's message may name documents that this caller may not know of.
            rows = [{**row, "held_by": []} for row in rows]
        return {"value": rows}

    both(routes, "GET", "/freshness", freshness, versioned=False, openapi=FRESHNESS)
    return routes
