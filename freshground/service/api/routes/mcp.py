"""`/mcp`: the tools for agents, over the Model Context Protocol's streamable HTTP.

Without sessions: each request stands for itself, bears its own key, and any process may answer it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from freshground.service.api.agents import endpoint

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from freshground.service.api.service import Service


class _Endpoint:
    """Serves each request by a manager of its own: nothing is kept between two of them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._parts: tuple[Any, Any] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        if self._parts is None:
            self._parts = (
                endpoint.server(self._service, run_in_threadpool),
                endpoint.security(self._service.settings),
            )
        server, security = self._parts
        manager = StreamableHTTPSessionManager(
            server,
            json_response=True,
            stateless=True,
            security_settings=security,
            max_request_body_size=endpoint.MAX_BODY,
        )
        async with manager.run():
            await manager.handle_request(scope, receive, send)


def router(service: Service) -> APIRouter:
    """Return the route of the tools."""
    routes = APIRouter()
    routes.add_route(
        "/mcp", _Endpoint(service), methods=["POST", "GET", "DELETE"], include_in_schema=False
    )
    return routes
