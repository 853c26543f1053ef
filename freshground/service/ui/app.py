"""The dashboard's application: to be mounted at a path, in the service and in Airflow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from freshground.core.errors import FreshgroundError
from freshground.service.ui import navigation
from freshground.service.ui.errors import Refused
from freshground.service.ui.guard import Guard
from freshground.service.ui.headers import Headers
from freshground.service.ui.rendering import render
from freshground.service.ui.routing import Page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

    from freshground.service.ui.board import Board

_STATIC = Path(__file__).parent / "static"


class _App(Starlette):
    def build_middleware_stack(self) -> ASGIApp:
        # Around what answers defects too, which Starlette puts outside of all other middleware.
        return Headers(super().build_middleware_stack())


def create_ui(board: Board) -> Starlette:
    """Return the application of a board, with every module of `routes` and the door's own pages."""
    routes: list[BaseRoute] = [Mount("/static", StaticFiles(directory=_STATIC), name="static")]
    routes += board.door.routes(board)
    for module in navigation.modules():
        routes += module.router(board)
    routes.sort(key=lambda route: getattr(route, "path", "").count("{"))
    app = _App(routes=routes, middleware=[Middleware(Guard, door=board.door)])

    def refused(request: Request, error: Exception) -> Response:
        told = cast("Refused", error)
        return _failed(request, told.status, told.found, told.do)

    def own(request: Request, error: Exception) -> Response:
        return _failed(request, 400, str(error), "")

    def http(request: Request, error: Exception) -> Response:
        status = cast("HTTPException", error).status_code
        said = {404: "There is no such page.", 405: "This page cannot be asked so."}
        return _failed(request, status, said.get(status, "The request failed."), "")

    def defect(request: Request, _error: Exception) -> Response:
        # Nothing of what went wrong: it may quote a document. The server's log has the trace.
        return _failed(request, 500, "The page could not be made.", "The service's log tells why.")

    def _failed(request: Request, status: int, found: str, do: str) -> Response:
        data = {"found": found, "do": do, "status": status}
        return render(board, request, Page("error.html", "Not shown", data, status))

    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(FreshgroundError, own)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, defect)
    return app
