"""Which files commits brought to an append-only table: what a reader has not seen yet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.lake.storage import Files

MOST = 200
"""Commits that are followed one by one; whoever is further behind reads everything anew."""


def added(files: Files, folder: str, after: int, upto: int) -> list[str] | None:
    """Return the data files with new rows of the commits `after` < version <= `upto`, in order.

    A compaction brings none: its rows were there. None where that cannot be told: the log of a
    commit was cleared away, too many passed, or rows went.
    """
    if upto < after or upto - after > MOST:
        return None
    found: list[str] = []
    for version in range(after + 1, upto + 1):
        log = files.get(f"{folder}/_delta_log/{version:020d}.json")
        if log is None:
            return None
        for line in log.splitlines():
            action = json.loads(line)
            if action.get("remove", {}).get("dataChange"):
                return None
            if action.get("add", {}).get("dataChange"):
                found.append(f"{folder}/{unquote(action['add']['path'])}")
    return found


def read(
    files: Files, path: str, schema: pa.Schema, columns: Sequence[str] | None = None
) -> pa.Table | None:
    """Return the rows of a data file, or None when it is gone."""
    data = files.get(path)
    if data is None:
        return None
    wanted = schema if columns is None else pa.schema([schema.field(name) for name in columns])
    return pq.read_table(pa.BufferReader(data), columns=wanted.names).cast(wanted)
