"""The test's end of `worker`: starts children over a project and waits for them."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.project import Project

_WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class Outcome:
    """How a child ended: its exit status, negative for a signal, and what it returned."""

    status: int
    result: dict[str, Any]
    embedded: list[str]

    @property
    def killed(self) -> bool:
        return self.status == -9


class Workshop:
    """One worker process. A context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._ended: dict[int, int] = {}

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        assert self._line() == {"ready": True}
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def _line(self) -> dict[str, Any]:
        # Unbuffered, so that `select` in `running` sees every line that is not read yet.
        line = self._process.stdout.readline()
        assert line, f"the worker ended with {self._process.wait()}"
        return json.loads(line)

    def _next(self) -> None:
        line = self._line()
        self._ended[line["id"]] = line["status"]

    def running(self, number: int) -> bool:
        """Return whether a child still runs, at once."""
        while select.select([self._process.stdout], [], [], 0)[0]:
            self._next()
        return number not in self._ended

    def start(self, project: Project, do: str, **options: Any) -> int:
        """Start a child; return the number to wait for."""
        self._count += 1
        number = self._count
        command = {
            "id": number,
            "do": do,
            "settings": project.raw,
            "root": str(project.root),
            "at": project.clock.now().isoformat(),
            "by": f"worker {number}",
            "notes": str(self._folder / f"notes{number}"),
            "out": str(self._folder / f"out{number}"),
            **options,
        }
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        return number

    def wait(self, number: int) -> Outcome:
        """Return how a child ended, once it has."""
        while number not in self._ended:
            self._next()
        out = self._folder / f"out{number}"
        notes = self._folder / f"notes{number}"
        result = json.loads(out.read_text()) if out.exists() and out.stat().st_size else {}
        lines = notes.read_text().split("\n") if notes.exists() else []
        # The last line may be cut off by a kill; `split` leaves what stands after the last end.
        return Outcome(self._ended[number], result, [json.loads(line) for line in lines[:-1]])

    def run(self, project: Project, do: str, **options: Any) -> Outcome:
        """Start a child and wait for it."""
        return self.wait(self.start(project, do, **options))
