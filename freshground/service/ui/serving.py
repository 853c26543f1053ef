"""The dashboard as `freshground serve` shows it: at /ui, beside the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse

from freshground.service.api.request_ids import RequestIds
from freshground.service.ui.app import create_ui
from freshground.service.ui.around import Around
from freshground.service.ui.board import Board
from freshground.service.ui.doors.front import FrontDoor
from freshground.service.ui.doors.oidc import ByIssuer
from freshground.service.ui.doors.own import Passwords
from freshground.service.ui.headers import Headers as Secured
from freshground.service.ui.mounting import Beside

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from freshground.service.api.protection.access_log import AccessLog
    from freshground.service.context import Context
    from freshground.service.ui.doors.front import Way

PATH = "/ui"


@dataclass(frozen=True, slots=True)
class Shown:
    """An application with the dashboard beside it.

    `setup` is the path, with its code, at which the first admin is made; None when there is one,
    or an issuer says who is. `board` is None where the settings want no dashboard.
    """

    app: ASGIApp
    setup: str | None
    board: Board | None = None

    def close(self) -> None:
        """End what was started from the dashboard, in order."""
        if self.board is not None:
            self.board.close()


def with_dashboard(app: ASGIApp, context: Context, log: AccessLog | None) -> Shown:
    """Return an application with the dashboard beside it, if the settings want one.

    ConfigError when an issuer is named and the client's secret is missing.
    """
    settings = context.settings.serve
    wanted = settings.dashboard
    if not wanted.enabled:
        return Shown(app, None)
    ways: list[Way] = []
    setup = None
    if wanted.by_password:
        own = Passwords(context, first=wanted.oidc is None)
        ways.append(own)
        setup = own.code and f"{PATH}/login/setup?code={quote(own.code)}"
    if wanted.oidc is not None:
        ways.append(ByIssuer(context, wanted.oidc))
    secure = settings.tls.on or (wanted.url or "").startswith("https")
    board = Board(context, FrontDoor(context, ways))
    ui = Around(create_ui(board), log, secure=secure)
    return Shown(Home(Beside(app, PATH, RequestIds(ui)), PATH), setup, board)


class Home:
    """ASGI middleware that shows a browser which asks for nothing in particular the way."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on unless it is a browser's, for `/`."""
        if scope["type"] == "http" and scope["path"] == "/" and scope["method"] in ("GET", "HEAD"):
            headers = Headers(scope=scope)
            own = any(name in headers for name in ("api-key", "authorization"))
            if "text/html" in headers.get("accept", "") and not own:
                target = f"{scope.get('root_path', '')}{self._path}/"
                answer = Secured(RedirectResponse(target, 307))
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)
