"""A release held in memory keeps the contract of readers, whatever it was made from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from freshground.core.clock import ManualClock
from indexes.engines.conformance import (
    DIMENSIONS,
    FIELDS,
    SCHEMA,
    START,
    EngineConformance,
    Row,
    table,
    unit,
)
from indexes.engines.memory import MemoryEngine
from indexes.engines.warm import WarmReader, load
from indexes.filters.parse import parse
from indexes.search.managed import RENAMED, definition
from indexes.search.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from indexes.engines.contract import Engine, Reader

pytestmark = pytest.mark.slow


class WarmEngine(MemoryEngine):
    """Opens versions in memory, each made from the one that was opened before."""

    def __init__(self, root: str, schema: pa.Schema, clock: ManualClock) -> None:
        super().__init__(root, schema, clock)
        self._last: Snapshot | None = None

    def open(self, index: str, version: str) -> WarmReader:
        reader = super().open(index, version)
        names = [name for name in reader.schema.names if name in FIELDS]
        described = definition("i", {name: FIELDS[name] for name in names}, DIMENSIONS, "english")
        # A service keeps no text that nobody sees; the contract of readers returns every column.
        kept = tuple(replace(each, kept=True) for each in described.fields)
        described = replace(described, fields=kept)
        self._last = load(reader, described, self._last, RENAMED)
        return WarmReader(version, reader.schema, self._last, RENAMED)


class TestWarmReader(EngineConformance):
    def make(self, root: str, schema: pa.Schema, clock: ManualClock) -> Engine:
        return WarmEngine(root, schema, clock)


class Watched:
    """A reader that tells which rows were read whole."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.schema = reader.schema
        self.read: list[str] = []

    def scan(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for batch in self._reader.scan(columns):
            if "text" in columns:
                self.read += batch.column("chunk_id").to_pylist()
            yield batch

    def rows(self, columns: Sequence[str], *, chunk_ids: Sequence[str]) -> pa.Table:
        self.read += chunk_ids
        return self._reader.rows(columns, chunk_ids=chunk_ids)


def test_next_release_is_made_from_its_changed_rows_alone() -> None:
    engine = MemoryEngine(None, SCHEMA, ManualClock(START))
    described = definition("i", FIELDS, DIMENSIONS, "english")
    first = engine.begin("i", "a", None)
    first.upsert(table(Row(f"c{n:02}", "fire", unit(f"c{n}")) for n in range(40)))
    version = first.finish()
    whole = Watched(engine.open("i", version))
    before = load(whole, described, None, RENAMED)
    assert len(whole.read) == before.rows == 40
    second = engine.begin("i", "b", version)
    second.upsert(table([Row("c03", "storm"), Row("new", "storm")]))
    second.delete(["c07"])
    changed = Watched(engine.open("i", second.finish()))
    after = load(changed, described, before, RENAMED)
    assert sorted(changed.read) == ["c03", "new"]
    assert (before.rows, after.rows) == (40, 40)
    view = after.view().narrowed(parse("source_uri eq 'file:///doc.md'", _apps(), {"source_uri"}))
    assert view.rows == 40
    assert view.position("c07") is None
    assert before.view().position("c07") is not None


def _apps() -> pa.Schema:
    return Snapshot.empty(definition("i", FIELDS, DIMENSIONS, "english")).view().schema


def test_rows_with_other_fields_are_all_read_anew() -> None:
    engine = MemoryEngine(None, SCHEMA, ManualClock(START))
    first = engine.begin("i", "a", None)
    first.upsert(table([Row("a"), Row("b")]))
    version = first.finish()
    fewer = definition("i", {}, DIMENSIONS, "english")
    before = load(engine.open("i", version), fewer, None, RENAMED)
    watched = Watched(engine.open("i", version))
    after = load(watched, definition("i", FIELDS, DIMENSIONS, "english"), before, RENAMED)
    assert sorted(watched.read) == ["a", "b"]
    assert after.rows == 2
