"""The first page: whether grounding data is all right, and what needs a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.service.status import status
from freshground.service.ui.routing import Asked, Nav, Page, page

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from freshground.service.ui.board import Board

NAV = Nav(0, "Now", "/")


def router(board: Board) -> list[BaseRoute]:
    """Return the routes."""

    def now(asked: Asked) -> Page:
        return Page("now.html", "Now", {"rows": status(asked.context)})

    return [page(board, "/", now)]
