"""A process that forks one child for each command, its imports done: a start costs milliseconds.

Commands come as lines of JSON on standard input; when a child ends, one line of JSON says how.
The lake's and the engine's libraries start threads on first use, which a fork would not survive;
so this process never touches a lake, and only its children do.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import select
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import chunking.chunker
import freshground.service.asking.query
import freshground.service.cli
import freshground.service.refresh
import freshground.service.status
import indexes.candidate
import indexes.embed
import ingestion.parse
import ingestion.sources
from freshground.core.clock import ManualClock
from freshground.core.ids import digest
from freshground.core.settings import parse
from freshground.lake.journal import Journal
from freshground.lake.storage import Files
from freshground.lake.tables import Table
from freshground.service import stages
from freshground.service.context import Context
from freshground.service.reports import exit_status
from indexes.encoders.hashing import HashEncoder

SMALL_COMMIT = 16
"""Texts of one commit in children, so that a small corpus has many."""


class Reaper:
    """Kills its own process before or after the n-th durable step, and names the steps."""

    def __init__(self, at: int | None, when: str) -> None:
        self._at = at
        self._when = when
        self.steps: list[str] = []

    def step(self, name: str, when: str) -> None:
        if when == "before":
            self.steps.append(name)
        if len(self.steps) == self._at and when == self._when:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, owner: Any, name: str) -> None:
        inner = getattr(owner, name)

        def watched(*args: Any, **options: Any) -> Any:
            if owner is Files and not _lasting(args[1]):
                return inner(*args, **options)
            self.step(f"{getattr(owner, '__name__', owner)}.{name}", "before")
            mine = len(self.steps)
            result = inner(*args, **options)
            if mine == self._at and self._when == "after":
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(owner, name, watched)


def _lasting(paths: str | list[str]) -> bool:
    """Return whether a write is a step: heartbeats come when their second does."""
    named = [paths] if isinstance(paths, str) else paths
    return any(not path.startswith("progress/") for path in named)


def _watch_everything(reaper: Reaper, engine: str) -> None:
    """Watch stage boundaries, every write to the lake, and every change of a candidate."""
    for name in ("ingest", "silver", "admit", "gold", "embed", "build"):
        reaper.watch(stages, name)
    for name in ("put", "put_new", "delete"):
        reaper.watch(Files, name)
    for name in ("append", "compact"):
        reaper.watch(Table, name)
    reaper.watch(Journal, "commit")
    if engine == "lance":
        from indexes.engines.lance import LanceCandidate as Candidate
        from indexes.engines.lance import LanceEngine as Engine
    else:
        from indexes.engines.memory import MemoryCandidate as Candidate
        from indexes.engines.memory import MemoryEngine as Engine
    for name in ("begin", "retire"):
        reaper.watch(Engine, name)
    for name in ("upsert", "delete", "finish", "abandon"):
        reaper.watch(Candidate, name)


class NotingEncoder(HashEncoder):
    """Notes each text that it encodes in a file, at once; `slow` times as long as it must."""

    place: str
    slow: int

    def encode(self, texts: Any, progress: Any = None) -> Any:
        for _ in range(self.slow):
            vectors = super().encode(texts)
        with open(self.place, "a", encoding="utf-8") as notes:
            notes.writelines(json.dumps(text) + "\n" for text in texts)
        return vectors


def _context(command: dict[str, Any]) -> Context:
    settings = parse(command["settings"], Path(command["root"]))
    clock = ManualClock(datetime.fromisoformat(command["at"]))
    context = Context(settings, clock=clock, by=command["by"])
    for index in settings.indexes:
        named = settings.encoder_of(index)
        encoder = NotingEncoder.named(named.model)  # type: ignore[union-attr]
        encoder.place, encoder.slow = command["notes"], command.get("slow", 1)
        context._parts["encoder", named.model_dump_json()] = encoder
    return context


def _refresh(command: dict[str, Any]) -> dict[str, Any]:
    indexes.embed.COMMIT_TEXTS = SMALL_COMMIT
    context = _context(command)
    reaper = Reaper(command.get("kill"), command.get("when", "before"))
    if "kill" in command:
        _watch_everything(reaper, context.settings.indexes[0].engine)
    reports = freshground.service.refresh.refresh(context, sources=command.get("sources", ()))
    return {
        "status": exit_status(reports),
        "messages": [report.message for report in reports if report.message],
        "outcomes": [report.outcome for report in reports],
        "steps": reaper.steps,
    }


def _rollback(command: dict[str, Any]) -> dict[str, Any]:
    context = _context(command)
    return freshground.service.status.rollback(context, context.settings.indexes[0], command["to"])


def _read(command: dict[str, Any]) -> dict[str, Any]:
    """Query until the file `until` is there; return each answer's candidate and rows' hashes."""
    context = _context(command)
    index = context.settings.indexes[0]
    seen: dict[str, int] = {}
    answers = 0
    while not Path(command["until"]).exists():
        # A new view each time, as a request to a service has; the engine's handle is kept.
        opened = freshground.service.asking.query.searcher(context, index)
        ranked = opened.ranked(command["text"], 40, command.get("mode", "hybrid"))
        hits = opened.rows(ranked)
        assert {hit["release"] for hit in hits} == {opened.manifest.release}
        hashes = sorted(digest(hit["chunk_id"], hit["text"]) for hit in hits)
        key = json.dumps([opened.manifest.candidate, hashes])
        seen[key] = seen.get(key, 0) + 1
        answers += 1
    return {"answers": answers, "seen": [json.loads(key) for key in seen]}


def _command_line(command: dict[str, Any]) -> dict[str, Any]:
    """Be `freshground` with these arguments; return the status it ends with, and what it says."""
    os.chdir(command["root"])
    places = {1: Path(command["notes"] + ".out"), 2: Path(command["notes"] + ".err")}
    for number, place in places.items():
        with place.open("wb") as file:
            os.dup2(file.fileno(), number)
    sys.argv = ["freshground", *command["arguments"]]
    try:
        freshground.service.cli.main()
    except SystemExit as ended:
        status = ended.code
    sys.stdout.flush()
    sys.stderr.flush()
    out, errors = (place.read_text() for place in places.values())
    return {"status": status, "out": out, "errors": errors}


_DO = {
    "refresh": _refresh, "rollback": _rollback, "read": _read, "command": _command_line,
}  # fmt: skip


def _child(command: dict[str, Any]) -> None:
    if "largest" in command:
        resource.setrlimit(resource.RLIMIT_FSIZE, (command["largest"], resource.RLIM_INFINITY))
    try:
        result = _DO[command["do"]](command)
    except Exception as error:  # noqa: BLE001 - told to the test, which fails with it
        result = {"error": f"{type(error).__name__}: {error}"}
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    Path(command["out"]).write_text(json.dumps(result))
    os._exit(0)


def _start(command: dict[str, Any]) -> int:
    pid = os.fork()
    if not pid:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        _child(command)
    return pid


def main() -> None:
    """Serve commands until standard input ends."""
    import pandas as pd

    from quality.expectations import run

    # What `lancedb` imports and does not start threads: two thirds of what it costs each child.
    for name in ("lance_namespace", "adlfs", "pyarrow.dataset"):
        importlib.import_module(name)
    # Great Expectations makes its context at the first use, which takes seconds.
    run("bronze", pd.DataFrame(), {})
    from quality.expectations import runner

    runner._great_expectations()
    running: dict[int, dict[str, Any]] = {}
    buffer = b""
    print(json.dumps({"ready": True}), flush=True)
    while True:
        timeout = min((c["deadline"] for c in running.values() if c["deadline"]), default=None)
        wait = None if timeout is None else max(0.0, timeout - _now())
        ready, _, _ = select.select([0, *running], [], [], wait)
        for command in running.values():
            if command["deadline"] and command["deadline"] <= _now():
                os.kill(command["pid"], signal.SIGKILL)
                command["deadline"] = None
        for handle in ready:
            if handle == 0:
                data = os.read(0, 1 << 20)
                if not data:
                    return
                buffer += data
                *lines, buffer = buffer.split(b"\n")
                for line in lines:
                    command = json.loads(line)
                    pid = _start(command)
                    delay = command.get("delay")
                    command |= {"pid": pid, "deadline": _now() + delay if delay else None}
                    running[os.pidfd_open(pid)] = command
            else:
                command = running.pop(handle)
                os.close(handle)
                _, state = os.waitpid(command["pid"], 0)
                done = {"id": command["id"], "status": os.waitstatus_to_exitcode(state)}
                print(json.dumps(done), flush=True)


def _now() -> float:
    import time

    return time.monotonic()


if __name__ == "__main__":
    _ = (chunking.chunker, indexes.candidate, ingestion.parse, ingestion.sources)
    sys.exit(main())
