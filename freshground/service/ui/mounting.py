"""An ASGI application beside another: what lies under its path never meets the other's doors."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class Beside:
    """Sends what lies under `path` to `ui`, and all else, its life included, to `app`."""

    def __init__(self, app: ASGIApp, path: str, ui: ASGIApp) -> None:
        self._app = app
        self._path = path
        self._ui = ui

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to whom it is for."""
        path = scope.get("path", "")
        if scope["type"] == "http" and (path == self._path or path.startswith(f"{self._path}/")):
            root = scope.get("root_path", "") + self._path
            inside = path if path != self._path else f"{path}/"
            await self._ui({**scope, "path": inside, "root_path": root}, receive, send)
            return
        await self._app(scope, receive, send)
