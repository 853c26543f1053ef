"""What runs wrote that the dashboard started: the last part of it, of the newest runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.lake.progress import file_name

if TYPE_CHECKING:
    from freshground.service.context import Context

MOST_BYTES = 64_000
MOST_RUNS = 100

_FOLDER = "run_output"


def read_output(context: Context, run_id: str) -> str | None:
    """Return what a run wrote, None where nothing is kept."""
    data = context.lake.files.get(_path(run_id))
    return None if data is None else data.decode("utf-8", "replace")


def keep_output(context: Context, run_id: str, written: bytes) -> None:
    """Keep the end of what a run wrote, and forget what runs wrote long before it."""
    files = context.lake.files
    files.put(_path(run_id), written[-MOST_BYTES:])
    rows = context.lake.journal.entries("run_ended", last=MOST_RUNS)
    kept = {_path(run_id), *(_path(row.run_id) for row in rows)}
    files.delete([path for path in files.list(_FOLDER) if path not in kept])


def _path(run_id: str) -> str:
    return f"{_FOLDER}/{file_name(run_id)}.txt"
