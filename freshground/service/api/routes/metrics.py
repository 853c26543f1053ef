"""`/metrics` for Prometheus: of admins, of keys that the settings name, or open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from freshground.service.api.errors import ApiError
from freshground.service.api.routing import both

if TYPE_CHECKING:
    from starlette.requests import Request


def router(_service: Any) -> APIRouter:
    """Return the route."""
    found = APIRouter()

    def metrics(request: Request) -> Response:
        kept = getattr(request.app.state, "metrics", None)
        if kept is None:
            raise ApiError(404, "NotFound", "This service keeps no metrics.")
        return Response(kept.text(), media_type=CONTENT_TYPE_LATEST)

    both(found, "GET", "/metrics", metrics, versioned=False)
    return found
