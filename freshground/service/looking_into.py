"""Sources as the stages see them: with the parts of archives and messages beside the objects."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from freshground.core.ids import content_hash, digest
from freshground.lake.schemas import CONTAINERS
from freshground.service.workers.pool import Job
from ingestion.containers import UNPACKER_ID
from ingestion.containers.opened import Closed, Opened, limits_of
from ingestion.containers.opening import Record, Store, from_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from freshground.core.errors import Quarantine
    from freshground.core.settings import FilesSource
    from freshground.service.context import Context
    from ingestion.containers.parts import Slice


def looking_into(context: Context, source_id: str, *, keeping: bool) -> Opened | Closed:
    """Return a source that lists the parts of its containers too.

    With `keeping` their bytes, and what was found in them, are kept in the lake; without, nothing
    is written there, and what is opened lies in a temporary folder.
    """
    settings = context.settings.source(source_id)
    source = context.source(source_id)
    if settings.type != "files" or not settings.containers.open:
        return Closed(source)
    opened_by = opener(settings)
    aside = None if keeping else _Aside(context)

    def store() -> Store:
        records = context.ledger.containers(source_id, opened_by)
        found = {value: from_row(row) for value, row in records.items()}
        ever = context.ledger.opened_ever(source_id)
        if aside is not None:
            return Store(aside.get, aside.put, found, ever)

        def note(fresh: Mapping[str, Record]) -> None:
            _note(context, source_id, opened_by, fresh, found)

        return Store(context.lake.blobs.get, context.lake.blobs.put, found, ever, note)

    def unpack(
        jobs: Iterator[tuple[str, tuple[Any, ...]]],
    ) -> Iterator[tuple[str, Slice | Quarantine]]:
        calls = (Job(key, args) for key, args in jobs)
        return context.workers.each("ingestion.containers:unpack", calls)

    return Opened(source, settings, lambda: context.ledger.objects(source_id), store, unpack)


def opener(settings: FilesSource) -> str:
    """Return the identity of what opens a source's containers: the program and its limits."""
    return digest("opener", UNPACKER_ID, repr(limits_of(settings)))


def _note(
    context: Context,
    source_id: str,
    opened_by: str,
    fresh: Mapping[str, Record],
    known: dict[str, Record],
) -> None:
    """Append the records that are not in the table yet, in one commit."""
    rows = [
        {
            "source_id": source_id,
            "content_hash": value,
            "opened_by": opened_by,
            "kind": record.kind,
            "bare": record.bare,
            "parts": [part._asdict() for part in record.parts],
            "rule": record.rule,
            "reason": record.reason,
            "run_id": context.run_id,
        }
        for value, record in fresh.items()
        if value not in known
    ]
    context.lake.containers.append(pa.Table.from_pylist(rows, schema=CONTAINERS))
    known.update(fresh)


class _Aside:
    """Bytes by their hash: new ones in a temporary folder, the others in the lake."""

    def __init__(self, context: Context) -> None:
        self._lake = context.lake
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def put(self, data: bytes) -> str:
        value = content_hash(data)
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="freshground-")
        (Path(self._folder.name) / value).write_bytes(data)
        return value

    def get(self, value: str) -> bytes:
        place = None if self._folder is None else Path(self._folder.name) / value
        if place is not None and place.exists():
            return place.read_bytes()
        return self._lake.blobs.get(value)
