"""A child process that serves a project's dashboard: `python -m tests.proofs.open_all_day ROOT`.

It prints its URL. Each line that it reads is the time that it is to be, in ISO 8601; it answers
with what it takes then: `rss` in bytes, `files` that are open, `threads` of Python, those of the
`pool` that reads tables, `tasks`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
from pathlib import Path

import uvicorn

from freshground.core.clock import ManualClock, parse_iso
from freshground.service.ui.app import create_ui
from freshground.service.ui.board import Board
from freshground.service.ui.mounting import Beside
from tests.project import NOON, Project
from tests.ui.desk import OpenDoor, elsewhere, somebody


def taken(loop: asyncio.AbstractEventLoop) -> dict[str, int]:
    """Return what this process takes."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    rss = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return {
        "rss": int(rss.split()[1]) * 1024,
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
        "pool": len(list(Path("/proc/self/task").iterdir())) - threading.active_count(),
        "tasks": len(asyncio.all_tasks(loop)),
    }


def main() -> None:
    """Serve until the input ends."""
    clock = ManualClock(NOON)
    project = Project(Path(sys.argv[1]), engine="memory", clock=clock)
    app = Beside(elsewhere, "/ui", create_ui(Board(project.context(), OpenDoor(somebody()))))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    loops: list[asyncio.AbstractEventLoop] = []

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}/ui", flush=True)
    for line in sys.stdin:
        at = parse_iso(line.strip())
        if at is not None:
            clock.set(at)
        print(json.dumps(taken(loops[0])), flush=True)
    server.should_exit = True
    thread.join()


if __name__ == "__main__":
    main()
