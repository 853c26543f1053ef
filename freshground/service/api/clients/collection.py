"""One index that a client made: its snapshot in memory follows its log in the lake."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from freshground.core.errors import Retriable
from freshground.lake.collections import CollectionLog, Position, worth_compacting
from freshground.lake.records import Record, fold, nothing
from freshground.service.api.errors import ApiError
from indexes.search.actions import action_of, resolve
from indexes.search.azure_definition import definition_of
from indexes.search.columns import schema_of
from indexes.search.documents import checked, rows_of
from indexes.search.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from freshground.core.clock import Clock
    from freshground.lake.storage import Files
    from indexes.search.actions import ItemResult
    from indexes.search.definition import Definition

TRIES = 200
"""How often a write is worked out anew because another process came first."""


@dataclass(frozen=True)
class _Now:
    """The index as this process knows it. Replaced whole, so a reader sees one state of it."""

    position: Position
    definition: Definition | None
    etag: str
    snapshot: Snapshot | None
    base_bytes: int
    log_bytes: int


class _Documents:
    """The documents of a snapshot, as actions are worked out against them."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._view = snapshot.view()
        self._definition = snapshot.definition
        self._names = [field.name for field in snapshot.definition.fields]

    def has(self, key: str) -> bool:
        return self._view.position(key) is not None

    def load(self, key: str) -> Mapping[str, Any]:
        at = self._view.position(key)
        assert at is not None
        return checked(self._definition, self._view.documents([at], self._names)[0])


class Collection:
    """A client's index. Safe for threads; writes of one index come one after another.

    Other processes' writes are seen when it looks: before a write, and before a read when
    `look_every` has passed.
    """

    def __init__(self, files: Files, name: str, clock: Clock, look_every: timedelta) -> None:
        self.name = name
        self._log = CollectionLog(files, name)
        self._clock = clock
        self._look_every = look_every
        self._lock = threading.RLock()
        self._looked: datetime = clock.now()
        self._now = self._read()

    @property
    def exists(self) -> bool:
        """Whether the index is there: it may not have been made yet, or be deleted."""
        return self._now.definition is not None

    @property
    def definition(self) -> Definition:
        """The definition. ApiError 404 when there is no such index."""
        return self._there().definition  # type: ignore[return-value]

    @property
    def etag(self) -> str:
        """What changes with every change of the definition, quoted."""
        return self._there().etag

    def snapshot(self) -> Snapshot:
        """Return the documents as they stand. ApiError 404 when there is no such index."""
        self.look()
        return self._there().snapshot  # type: ignore[return-value]

    def statistics(self) -> dict[str, int]:
        """Return how many documents there are, and the bytes of their files and vectors."""
        snapshot, now = self.snapshot(), self._now
        wide = sum(each.dimensions or 0 for each in snapshot.definition.vectors.values())
        return {
            "documentCount": snapshot.rows,
            "storageSize": now.base_bytes + now.log_bytes,
            "vectorIndexSize": snapshot.rows * wide * 4,
        }

    def look(self) -> None:
        """Follow the log if it is time to. A reader does not wait for one who is at it."""
        if self._clock.now() - self._looked < self._look_every:
            return
        if self._lock.acquire(blocking=False):
            try:
                self.refresh()
            finally:
                self._lock.release()

    def refresh(self) -> None:
        """Follow the log to its end."""
        with self._lock:
            found = self._log.since(self._now.position)
            if found is None or any(each.kind != "batch" for each in found[0]):
                self._now = self._read()
            elif found[1] != self._now.position:
                self._now = self._after(*found)
            self._looked = self._clock.now()

    def define(self, definition: Definition, seen: str | None) -> bool:
        """Make the index, or replace its definition; False when it changed since `seen`.

        `seen` is the etag of the definition that is replaced, None where there is none.
        """
        record = Record(
            "define",
            schema_of(definition).empty_table(),
            definition.key.name,
            definition=dict(definition.raw),
        )
        record = replace(record, etag=f'"0x{record.id[:16].upper()}"')
        return self._step(record, seen)

    def delete(self, seen: str) -> bool:
        """Delete the index and its documents; False when it changed since `seen`."""
        return self._step(Record("delete", nothing()), seen)

    def write(self, batch: Sequence[object]) -> list[ItemResult]:
        """Do what a batch of actions says; when it returns, it is durable and seen.

        Each action goes by itself. ApiError 404 when there is no such index; Retriable when others
        write so much that this batch never came first.
        """
        definition, actions = None, []
        with self._lock:
            self.refresh()
            for _ in range(TRIES):
                now = self._there()
                assert now.definition is not None
                assert now.snapshot is not None
                if definition != now.definition:
                    definition = now.definition
                    actions = [action_of(definition, each) for each in batch]
                results, changed = resolve(definition, actions, _Documents(now.snapshot))
                if not changed:
                    return results
                rows = rows_of(definition, [each for each in changed.values() if each is not None])
                gone = tuple(key for key, each in changed.items() if each is None)
                record = Record("batch", rows, definition.key.name, gone)
                # Before it is written: what cannot be held in memory is not to be in the log.
                if self._append(record, now.snapshot.changed(rows, gone)):
                    return results
        raise Retriable(f"Others keep writing to the index '{self.name}'.", "Try again.")

    def _append(self, record: Record, snapshot: Snapshot | None = None) -> bool:
        """Write one record at the end of the log as it is known; False when it went on.

        `snapshot` is what a batch makes of the documents.
        """
        now = self._now
        data = record.encoded()
        outcome = self._log.append(now.position, record, data)
        if outcome != "written":
            self.refresh()
            return outcome == "folded"
        if snapshot is None:
            self._now = self._read()
        else:
            position = Position(now.position.generation, now.position.sequence + 1)
            size = now.log_bytes + len(data)
            self._now = replace(now, position=position, snapshot=snapshot, log_bytes=size)
        self._compact()
        return True

    def _step(self, record: Record, seen: str | None) -> bool:
        with self._lock:
            for _ in range(TRIES):
                now = self._now
                if (now.etag if now.definition is not None else None) != seen:
                    return False
                if self._append(record):
                    return True
        raise Retriable(f"Others keep writing to the index '{self.name}'.", "Try again.")

    def _compact(self) -> None:
        now = self._now
        if worth_compacting(now.position.sequence, now.log_bytes, now.base_bytes):
            found = self._log.compact(now.position)
            if found is None:
                self.refresh()
            else:
                position, size = found
                self._now = replace(now, position=position, base_bytes=size, log_bytes=0)

    def _after(self, records: Sequence[Record], position: Position) -> _Now:
        now = self._now
        if now.definition is None or now.snapshot is None:
            return replace(now, position=position)
        rows, removed = fold(records, schema_of(now.definition))
        same = position.generation == now.position.generation
        return replace(
            now,
            position=position,
            snapshot=now.snapshot.changed(rows, removed),
            log_bytes=(now.log_bytes if same else 0) + rows.nbytes,
        )

    def _read(self) -> _Now:
        state = self._log.read()
        if state.definition is None:
            return _Now(state.position, None, "", None, state.base_bytes, state.log_bytes)
        definition = definition_of(state.definition)
        snapshot = Snapshot.empty(definition)
        if state.rows.num_rows:
            snapshot = snapshot.changed(state.rows)
        etag = state.etag or ""
        return _Now(state.position, definition, etag, snapshot, state.base_bytes, state.log_bytes)

    def _there(self) -> _Now:
        now = self._now
        if now.definition is None:
            raise not_found(self.name)
        return now


def not_found(name: str) -> ApiError:
    """Return the answer that there is no such index."""
    return ApiError(404, "IndexNotFound", f"No index with the name '{name}' was found.")
