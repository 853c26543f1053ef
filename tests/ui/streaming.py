"""Runs in a process of its own: a dashboard with a stream of events that has no end."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from freshground.core.settings import Serve
from freshground.service.api.hosting.server import Place, run
from freshground.service.ui.app import create_ui
from freshground.service.ui.around import Around
from freshground.service.ui.board import Board
from freshground.service.ui.mounting import Beside
from freshground.service.ui.routing import events
from tests.project import Project
from tests.ui.desk import OpenDoor, elsewhere, somebody


class Streaming(OpenDoor):
    def routes(self, board):
        async def stream(_asked):
            yield "first", {"n": 1}
            await asyncio.Event().wait()

        return [events(board, "/stream", stream)]


def main(folder: str) -> None:
    context = Project(Path(folder), engine="memory").context()
    ui = Around(create_ui(Board(context, Streaming(somebody()))), None, secure=False)
    run(
        Beside(elsewhere, "/ui", ui),
        Serve.model_validate({"shutdown_wait": "50s"}),
        Place("127.0.0.1", 0),
        lambda url: print(json.dumps({"url": url}, indent=2), flush=True),
    )
    print("ended in order", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
