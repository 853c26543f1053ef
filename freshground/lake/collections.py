"""Indexes that clients made by the API: each a log in the lake, with a compare-and-swap at its end.

`collections/<index>/<generation>/<sequence>.arrow` is one record, written only if absent. Whoever
writes sequence s+1 has read s, so of two writers one loses, reads on and works its step out anew:
nothing is lost, and the order of the files is the order in which things happened. Definitions,
batches and the deletion of an index are records of the same log.

A log that has grown is sealed: its last record says that none follows. The generation after it
begins with a base, all that there is, and then the old files go. Every process can do that from the
files alone, so one that is killed in between leaves nothing half done. A writer that slept through
it may write into the hole that a removed file left; so everyone looks again after writing, and a
record below a newer generation counts only if that one's base names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from freshground.core.errors import Retriable
from freshground.lake.records import Record, fold, nothing

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from freshground.lake.storage import Files

ROOT = "collections"
TRIES = 100
MAX_RECORDS = 512
"""A log of more records is compacted, and one of more bytes than a quarter of its base's and
`MIN_BYTES`."""
MIN_RECORDS = 32
MIN_BYTES = 4_000_000


class Position(NamedTuple):
    """Where a log was read up to. Sequence 0 is a generation's base; the first one has none."""

    generation: int
    sequence: int


START = Position(1, 0)
Outcome = Literal["written", "folded", "lost"]


@dataclass(frozen=True, slots=True)
class State:
    """All of an index at a position. `definition` is None when there is none (any more)."""

    position: Position
    definition: dict[str, Any] | None
    etag: str | None
    rows: pa.Table
    base_bytes: int = 0
    log_bytes: int = 0


class CollectionLog:
    """The log of one index. `name` has been checked: it becomes part of paths."""

    def __init__(self, files: Files, name: str) -> None:
        self._files = files
        self.name = name

    def read(self) -> State:
        """Return all of the index as it stands. Retriable when others keep rewriting it."""
        for _ in range(TRIES):
            found = self._read_generation()
            if found is None:
                continue
            records, sizes, position = found
            if records and records[-1].kind == "seal":
                self._begin_generation(position.generation + 1, records[:-1])
                continue
            state = _state(records, position)
            based = bool(records) and records[0].kind == "base"
            base = sizes[0] if based else 0
            return State(
                position, state.definition, state.etag, state.rows, base, sum(sizes) - base
            )
        raise self._busy()

    def since(self, seen: Position) -> list[Record] | None:
        """Return the records after a position; None when the whole has to be read again."""
        listed = self._listed()
        if _newest(listed) != seen.generation:
            return None
        records: list[Record] = []
        for sequence in range(seen.sequence + 1, _last(listed) + 1):
            data = self._files.get(self._path(seen.generation, sequence))
            if data is None:
                return None
            records.append(Record.decoded(data, self._path(seen.generation, sequence)))
        if records and (records[-1].kind == "seal" or _newest(self._listed()) != seen.generation):
            return None
        return records

    def append(self, seen: Position, record: Record, data: bytes | None = None) -> Outcome:
        """Write the record after `seen`. "lost": another was first, and nothing was written.

        "folded": it was written, and the log rewritten since: read it anew. Retriable when the log
        was rewritten twice meanwhile, so that nobody can tell.
        """
        path = self._path(seen.generation, seen.sequence + 1)
        if not self._files.put_new(path, record.encoded() if data is None else data):
            return "lost"
        newest = _newest(self._listed())
        if newest == seen.generation:
            return "written"
        begin = self._path(newest, 0)
        base = self._files.get(begin)
        if base is not None and record.id in Record.decoded(base, begin).folded:
            return "folded"
        self._files.delete([path])
        if base is None or newest > seen.generation + 1:
            raise self._busy()
        return "lost"

    def compact(self, seen: Position) -> bool:
        """Seal the log at `seen` and begin a generation; whether nothing came in between."""
        if self.append(seen, Record("seal", nothing())) == "lost":
            return False
        self.read()
        return True

    def _path(self, generation: int, sequence: int) -> str:
        return f"{ROOT}/{self.name}/{generation:06d}/{sequence:010d}.arrow"

    def _listed(self) -> list[Position]:
        return [at for path in self._files.list(f"{ROOT}/{self.name}") if (at := _parsed(path))]

    def _read_generation(self) -> tuple[list[Record], list[int], Position] | None:
        listed = self._listed()
        generation, last = _newest(listed), _last(listed)
        records: list[Record] = []
        sizes: list[int] = []
        for sequence in range(0 if generation > START.generation else 1, last + 1):
            path = self._path(generation, sequence)
            data = self._files.get(path)
            if data is None:
                return None
            records.append(Record.decoded(data, path))
            sizes.append(len(data))
            if records[-1].kind == "seal":
                break
        if records and _newest(self._listed()) != generation:
            return None
        return records, sizes, Position(generation, last)

    def _begin_generation(self, generation: int, records: Sequence[Record]) -> None:
        state = _state(records, START)
        key = next((each.key for each in reversed(records) if each.key), "")
        base = Record(
            "base",
            state.rows,
            key,
            definition=state.definition,
            etag=state.etag,
            folded=tuple(each.id for each in records),
        )
        # Another process may have written it first: of the same records, so it says the same.
        self._files.put_new(self._path(generation, 0), base.encoded())
        self._files.delete([self._path(*at) for at in self._listed() if at.generation < generation])

    def _busy(self) -> Retriable:
        return Retriable(f"Others keep rewriting the index '{self.name}'.", "Try again.")


def names(files: Files) -> dict[str, Position]:
    """Return where the log of every index ends, of deleted ones too, by name."""
    listed: dict[str, list[Position]] = {}
    for path in files.list(ROOT):
        at = _parsed(path)
        if at is not None:
            listed.setdefault(path.split("/")[1], []).append(at)
    return {name: Position(_newest(all_), _last(all_)) for name, all_ in sorted(listed.items())}


def worth_compacting(records: int, log_bytes: int, base_bytes: int) -> bool:
    """Whether a log has grown so much that a base pays."""
    return records >= MAX_RECORDS or (
        records >= MIN_RECORDS and log_bytes >= max(MIN_BYTES, base_bytes // 4)
    )


def _parsed(path: str) -> Position | None:
    parts = path.split("/")
    if len(parts) != 4 or not parts[3].endswith(".arrow"):  # noqa: PLR2004 - root, name, two numbers
        return None
    generation, sequence = parts[2], parts[3].removesuffix(".arrow")
    if not (generation.isdecimal() and sequence.isdecimal()):
        return None
    return Position(int(generation), int(sequence))


def _newest(listed: Sequence[Position]) -> int:
    return max((at.generation for at in listed), default=START.generation)


def _last(listed: Sequence[Position]) -> int:
    newest = _newest(listed)
    return max((at.sequence for at in listed if at.generation == newest), default=0)


def _state(records: Sequence[Record], position: Position) -> State:
    definition, etag = None, None
    schema = nothing().schema
    parts: list[Record] = []
    for record in records:
        if record.kind in ("base", "define"):
            if definition is None:
                parts = []
            definition, etag, schema = record.definition, record.etag, record.rows.schema
        if record.kind in ("base", "batch"):
            parts.append(record)
        elif record.kind == "delete":
            definition, etag, schema, parts = None, None, nothing().schema, []
    rows, _ = fold(parts, schema)
    return State(position, definition, etag, rows)
