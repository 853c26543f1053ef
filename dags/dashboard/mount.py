"""The dashboard as Airflow mounts it: made at the first request, in the API server alone.

Every process of Airflow loads the plugin; none of them pays for the pages but the one that shows
them, and an error in making them takes nothing else of the plugin along.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread
from starlette.responses import PlainTextResponse

from freshground.core.errors import FreshgroundError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_log = logging.getLogger(__name__)


def make() -> ASGIApp:
    """Return the dashboard of the project whose settings FRESHGROUND_SETTINGS names."""
    from dags.dashboard.door import AirflowDoor
    from dags.dashboard.starting import DagStarter
    from freshground.core.settings import load
    from freshground.service.context import Context
    from freshground.service.ui.app import create_ui
    from freshground.service.ui.board import Board

    context = Context(load(), by="airflow:dashboard")
    board = Board(context, AirflowDoor(context.settings))
    board.refresher = DagStarter()
    return create_ui(board)


class Mounted:
    """An ASGI application below `prefix` of Airflow's own.

    While the dashboard cannot be made, as without settings, it answers 503 and tries again.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._ui: ASGIApp | None = None
        self._making: anyio.Lock | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        ui = await self._made()
        if ui is None:
            # Not why: nobody has been asked who he is.
            said = "The dashboard cannot be opened. The log of Airflow's API server says why.\n"
            await PlainTextResponse(said, 503)(scope, receive, send)
            return
        await ui(self._inside(scope), receive, send)

    async def _made(self) -> ASGIApp | None:
        self._making = self._making or anyio.Lock()
        async with self._making:
            if self._ui is None:
                try:
                    self._ui = await to_thread.run_sync(make)
                except FreshgroundError as error:
                    _log.error("Freshground's dashboard cannot be opened. %s", error)
            return self._ui

    def _inside(self, scope: Scope) -> Scope:
        """Return the scope with a path that begins with its root.

        A proxy that serves Airflow below a path of its own may or may not have cut that off.
        """
        root, path = scope.get("root_path", ""), scope["path"]
        if path.startswith(f"{root}/"):
            return scope
        return {**scope, "path": root + path.removeprefix(self._prefix)}
