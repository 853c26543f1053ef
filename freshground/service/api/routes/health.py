"""`/healthz`: the process lives. `/readyz`: every index can answer. No data, no key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from freshground.core.errors import FreshgroundError
from freshground.service.api.routing import both, json_response
from freshground.service.api.served.standing import standings

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_UNAVAILABLE = 503


def router(service: Any) -> APIRouter:
    """Return the routes."""
    found = APIRouter()

    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    def readyz(request: Request) -> Response:
        principal = request.state.principal
        told = readiness(service, named=principal is not None and principal.role == "admin")
        return json_response(told, 200 if told["ready"] else _UNAVAILABLE)

    both(found, "GET", "/healthz", healthz, versioned=False)
    both(found, "GET", "/readyz", readyz, versioned=False)
    return found


def readiness(service: Any, *, named: bool) -> dict[str, Any]:
    """Return whether lake and indexes can be asked, and what is missing.

    An index that was never published keeps nobody waiting: asking it says so.

    `named`: with the names of indexes, for admins; others learn how many there are.
    """
    missing = []
    try:
        if not service.context.lake.files.has("lake.json"):
            missing.append("lake: not there")
    except FreshgroundError:
        missing.append("lake: not reachable")
    if not missing:
        lost = [each for each in standings(service) if each.missing and not each.empty]
        if named:
            missing += [f"index {each.index}: {each.missing}" for each in lost]
        elif lost:
            total = len(service.context.settings.indexes)
            missing.append(f"indexes: {len(lost)} of {total} cannot answer")
    return {"ready": not missing, "missing": missing}
