"""Runs in a process of its own: handlers that wait, behind all that `freshground serve` adds."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

from freshground.core.settings import Serve
from freshground.service.api.hosting.server import Place, run
from tests.project import Project
from tests.serve.served import Handlers, application


def main(folder: str) -> None:
    handlers = Handlers(Project(Path(folder), engine="memory").context())
    settings = Serve.model_validate({"log": {"file": f"{folder}/access.log"}})
    handlers.settings = settings
    handlers.go.clear()

    def wait_for_a_line() -> None:
        sys.stdin.readline()
        handlers.go.set()

    def tell_who_is_inside() -> None:
        while handlers.inside.acquire():
            print(json.dumps({"inside": True}, indent=2), flush=True)

    for target in (wait_for_a_line, tell_who_is_inside):
        threading.Thread(target=target, daemon=True).start()
    app, made = application(handlers)
    told = {"api_key": made.ring.temporary_admin()}
    run(
        app,
        settings,
        Place("127.0.0.1", 0),
        lambda url: print(json.dumps({"url": url, **told}, indent=2), flush=True),
    )
    made.close()
    print("ended in order", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
