"""The application: all routes, all errors in one shape, every answer with its request id."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.middleware import Middleware

from freshground import __version__
from freshground.service.api import routes
from freshground.service.api.failures import handle_failures
from freshground.service.api.request_ids import RequestIds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.routing import BaseRoute

_ABOUT = "Azure AI Search's data-plane protocol over Freshground's releases and clients' indexes."


def create_app(service: Any, middleware: Sequence[Middleware] = ()) -> FastAPI:
    """Return the application of a service, with every module of `routes`.

    `middleware` comes after request ids, the first one outermost; one of them has to set
    `request.state.principal`.
    """
    app = FastAPI(
        title="Freshground",
        description=_ABOUT,
        version=__version__,
        middleware=[Middleware(RequestIds), *middleware],
        redirect_slashes=False,  # a redirect would lose a POST's body
    )
    app.state.service = service
    handle_failures(app)
    for module in sorted(pkgutil.iter_modules(routes.__path__), key=lambda found: found.name):
        app.include_router(import_module(f"{routes.__name__}.{module.name}").router(service))
    app.router.routes.sort(key=_names)
    return app


def _names(route: BaseRoute) -> int:
    """Count the names in a path: `/docs/search` has to be tried before `/docs/{key}`."""
    return getattr(route, "path", "").count("{")
