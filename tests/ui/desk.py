"""A dashboard in tests: over a project, for somebody who has logged in already, over real HTTP."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

from freshground.service.ui.app import create_ui
from freshground.service.ui.board import Board
from freshground.service.ui.mounting import Beside
from freshground.service.ui.person import Person
from tests.serve.served import running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from freshground.service.context import Context

TOKEN = "t" * 32


@dataclass
class OpenDoor:
    """Lets everybody in as one person; who that is may be changed between requests."""

    who: Person | None

    async def person(self, _request: Request) -> Person | None:
        return self.who

    async def ask_to_log_in(self, _request: Request) -> Response:
        return PlainTextResponse("log in", 401)

    def routes(self, _board: Board) -> Sequence[BaseRoute]:
        return ()


def somebody(
    role: str = "admin", groups: frozenset[str] | None = None, name: str = "ana"
) -> Person:
    return Person(name, role, groups, TOKEN)  # type: ignore[arg-type]


async def elsewhere(scope, receive, send) -> None:
    """What lies beside the dashboard: nothing, but its life begins and ends in order."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await PlainTextResponse("elsewhere", 404)(scope, receive, send)


@contextmanager
def desk(context: Context, person: Person | None = None) -> Iterator[tuple[str, OpenDoor]]:
    """Serve a project's dashboard; yield its URL, without a slash at the end, and its door."""
    door = OpenDoor(person or somebody())
    app = Beside(elsewhere, "/ui", create_ui(Board(context, door)))
    with running(app) as url:  # type: ignore[arg-type]
        yield f"{url}/ui", door
