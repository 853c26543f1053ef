"""ASGI middleware that lets nobody in who has not logged in; all but /login and /static."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from freshground.service.ui.board import Door

_OPEN = ("/login", "/static")


class Guard:
    """Puts a `Person` at `request.state.person`."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if somebody asks it who may."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        person = await self._door.person(request)
        scope.setdefault("state", {})["person"] = person
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        is_open = any(path == each or path.startswith(f"{each}/") for each in _OPEN)
        if person is None and not is_open:
            await (await self._door.ask_to_log_in(request))(scope, receive, send)
            return
        await self._app(scope, receive, send)
