"""A child process: the dashboard of a big lake over HTTP, or refreshes of it one after the other.

`python -m benchmarks.dashboard_server ROOT mirror|plain` prints its port, and serves until its
input ends; with `refresh`, it edits documents and refreshes until then.
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.responses import PlainTextResponse

from benchmarks.big_lake import INDEXES, BigLake
from freshground.core.clock import SystemClock
from freshground.service.context import Context
from freshground.service.refresh import refresh
from freshground.service.ui.app import create_ui
from freshground.service.ui.board import Board
from freshground.service.ui.mounting import Beside
from freshground.service.ui.person import Person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CPU = "x-cpu-ms"
"""Header: what this process worked on an answer, where nobody else asks at the same time."""


class Timed:
    """ASGI middleware that tells what an answer took of the processor."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        started = time.process_time()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                took = f"{1e3 * (time.process_time() - started):.2f}".encode()
                message["headers"] = [*message["headers"], (CPU.encode(), took)]
            await send(message)

        await self._app(scope, receive, answer)


class Open:
    """A door that lets everybody in as an operator."""

    async def person(self, _request: Request) -> Person | None:
        """Return the one who asks."""
        return Person("operator", "admin", None, "t" * 32)

    async def ask_to_log_in(self, _request: Request) -> Response:
        """Return what nobody ever sees."""
        return PlainTextResponse("", 401)

    def routes(self, _board: Board) -> Sequence[BaseRoute]:
        """Return nothing: nobody has to log in."""
        return ()


def board(root: Path, *, plain: bool = False) -> Board:
    """Return the board of a big lake; `plain`: without what keeps its journal in memory."""
    made = Board(Context(BigLake(root).settings, clock=SystemClock(), by="dashboard"), Open())
    if plain:
        made.context.lake.journal.mirror = None
    return made


def _serve(root: Path, *, plain: bool) -> None:
    ui = Timed(create_ui(board(root, plain=plain)))
    app = Beside(PlainTextResponse("", 404), "/ui", ui)
    config = uvicorn.Config(app, port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.02)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    sys.stdin.read()
    server.should_exit = True
    thread.join()


def _refresh(root: Path) -> None:
    big = BigLake(root)
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    done = 0
    while not ended.wait(1):
        source = ("handbook", "news", "claims")[done % 3]
        big.clock.set(SystemClock().now() - timedelta(minutes=1))
        big.edit(source, 2)
        indexes = [index for index, sources in INDEXES.items() if source in sources]
        context = Context(big.settings, clock=SystemClock(), by="airflow")
        refresh(context, sources=[source], indexes=indexes)
        done += 1
        print(done, flush=True)


if __name__ == "__main__":
    if sys.argv[2] == "refresh":
        _refresh(Path(sys.argv[1]))
    else:
        _serve(Path(sys.argv[1]), plain=sys.argv[2] == "plain")
