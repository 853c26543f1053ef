"""`freshground serve` as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.project import Project


@contextmanager
def serving(project: Project, *options: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen]]:
    """Serve a project on a free port; yield what the command tells, and its process."""
    place = project.root / "freshground.yaml"
    place.write_text(yaml.safe_dump(project.raw))
    command = ["serve", "--port", "0", "--dev", "--json", "--settings", str(place), *options]
    with started([sys.executable, "-m", "freshground", *command], project.root) as process:
        yield read_json(process), process


@contextmanager
def started(command: list[str], folder: Path) -> Iterator[subprocess.Popen]:
    """Run a command, whose standard error goes to the file `stderr` of a folder."""
    with (folder / "stderr").open("wb") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        )
        late = threading.Timer(60, process.kill)
        late.start()
        try:
            yield process
        finally:
            late.cancel()
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()


def read_json(process: subprocess.Popen) -> dict[str, Any]:
    """Return the object that a process prints over several lines."""
    text = ""
    for line in process.stdout:
        text += line.decode()
        if line == b"}\n":
            return json.loads(text)
    raise AssertionError(f"it ended: {text}")
