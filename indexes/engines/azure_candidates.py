"""Candidates in a search service: an index of their own, or a difference in the lake."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from freshground.core.errors import Fatal, FreshgroundError
from indexes.engines.azure_change import AFTER, BEFORE, Change, ids_of, pack
from indexes.engines.azure_schema import to_documents, to_key
from indexes.engines.azure_writer import settle_count
from indexes.engines.checks import check_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from indexes.engines.azure import AzureEngine
    from indexes.engines.azure_registry import Entry
    from indexes.engines.contract import Reader


class _Candidate:
    """What both have in common: they are open, then closed. See `Candidate`."""

    def __init__(self, engine: AzureEngine, entry: Entry) -> None:
        self._engine = engine
        self._entry = entry
        self._schema = entry.schema
        self._open = True

    def _held(self) -> None:
        if not self._open:
            raise Fatal(
                f"Candidate {self._entry.name} is finished or abandoned.", "Begin another one."
            )


class SideBySide(_Candidate):
    """A physical index that no alias means yet."""

    def __init__(self, engine: AzureEngine, entry: Entry) -> None:
        super().__init__(engine, entry)
        self._writer = engine.writer(entry)
        self._ids: set[str] = set()

    def upsert(self, rows: pa.Table) -> None:
        """See `Candidate.upsert`."""
        self._held()
        rows = check_rows(rows, self._schema)
        if rows.num_rows:
            self._writer.put(to_documents(rows, self._entry.release))
            self._ids |= ids_of(rows)

    def delete(self, chunk_ids: Sequence[str]) -> None:
        """See `Candidate.delete`."""
        self._held()
        gone = self._ids.intersection(chunk_ids)
        self._writer.remove(to_key(chunk_id) for chunk_id in sorted(gone))
        self._ids -= gone

    def finish(self) -> str:
        """See `Candidate.finish`. Retriable when the service does not count what was written."""
        self._held()
        self._writer.flush()
        settle_count(self._engine.service, self._entry.physical, len(self._ids))
        self._open = False
        return self._engine.finish(self._entry, len(self._ids))

    def abandon(self) -> None:
        """See `Candidate.abandon`."""
        if self._open:
            self._open = False
            # What made it fail is what its caller has to hear: an index that cannot be deleted now
            # is left to retirement.
            with suppress(FreshgroundError):
                self._engine.drop(self._entry, attempts=1)


class Staged(_Candidate):
    """A difference from `parent`, which holds `rows` rows; nothing is sent before publishing."""

    def __init__(self, engine: AzureEngine, entry: Entry, parent: Reader, rows: int) -> None:
        super().__init__(engine, entry)
        self._parent = parent
        self._rows = rows
        self._change = Change(self._schema.empty_table(), frozenset())

    def upsert(self, rows: pa.Table) -> None:
        """See `Candidate.upsert`."""
        self._held()
        self._change = self._change.then(Change(check_rows(rows, self._schema), frozenset()))

    def delete(self, chunk_ids: Sequence[str]) -> None:
        """See `Candidate.delete`."""
        self._held()
        nothing = self._schema.empty_table()
        self._change = self._change.then(Change(nothing, frozenset(chunk_ids)))

    def finish(self) -> str:
        """See `Candidate.finish`. What the change replaces is kept, to apply it back."""
        self._held()
        after = self._change.rows
        touched = sorted(ids_of(after) | self._change.gone)
        before = self._parent.rows(self._schema.names, chunk_ids=touched)
        registry = self._engine.registry
        registry.write(self._entry, BEFORE, pack(before))
        registry.write(self._entry, AFTER, pack(after))
        self._open = False
        rows = self._rows + after.num_rows - before.num_rows
        return self._engine.finish(self._entry, rows)

    def abandon(self) -> None:
        """See `Candidate.abandon`."""
        if self._open:
            self._open = False
            self._engine.registry.forget(self._entry)
