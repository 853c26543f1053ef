"""What every page works with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from anyio import CapacityLimiter

from freshground.service.context import Context
from freshground.service.ui.refresher import ChildRefresher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from freshground.service.ui.person import Person
    from freshground.service.ui.refresher import Refresher

PAGES_AT_ONCE = 4
"""Pages that are made at one time: those of many open dashboards must not crowd out queries."""


class Door(Protocol):
    """How people are let in: by their own passwords, by an issuer, or by Airflow."""

    async def person(self, request: Request) -> Person | None:
        """Return who asks, None when nobody has logged in."""
        ...

    async def ask_to_log_in(self, request: Request) -> Response:
        """Return what somebody sees who has to log in first."""
        ...

    def routes(self, board: Board) -> Sequence[BaseRoute]:
        """Return the pages that nobody needs to have logged in for; all under /login."""
        ...


class Board:
    """One project's dashboard."""

    def __init__(self, context: Context, door: Door) -> None:
        self.context = context
        self.door = door
        context.lake.keep_journal()
        self.limiter = CapacityLimiter(PAGES_AT_ONCE)
        self.refresher: Refresher = ChildRefresher()

    def acting(self, person: Person) -> Context:
        """Return a context in which a person acts: what it records is committed by itself."""
        return Context(self.context.settings, clock=self.context.clock, by=person.name)

    def close(self) -> None:
        """End what was started from here, in order."""
        self.refresher.close()
