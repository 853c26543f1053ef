"""Indexes that clients made by the API: each a log in the lake, with a compare-and-swap at its end.

`collections/<index>/<generation>/<sequence>.arrow` is one record, written only if absent. Whoever
writes sequence s+1 has read s, so of two writers one loses, reads on and works its step out anew:
nothing is lost, and the order of the files is the order in which things happened. Definitions,
batches and the deletion of an index are records of the same log.

A log that has grown is sealed: its last record says that none follows. The generation after it
begins with a base, all that there is. Every process can do that from the files alone, so one that
is killed in between leaves nothing half done. The generation before stays, so that who follows the
log reads on across the seal; the one before that goes. A writer that slept through two seals may
write into the hole that a removed file left; so everyone looks again after writing, and a record so
far below counts only if the newest base names it.
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
"""A log of more records is compacted; so is one of more than the fewest records whose bytes are
more than the fewest bytes and a quarter of its base's."""
MIN_RECORDS = 32
MIN_BYTES = 4_000_000
KEPT_IDS = 2048
"""A base names about so many records that are in it and those before it."""


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
            if records and records[-1].kind == "delete":
                self.append(position, Record("seal", nothing()))  # so that its documents go
                continue
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

    def since(self, seen: Position) -> tuple[list[Record], Position] | None:
        """Return the records after a position and where they end; None: read the whole again."""
        listed = self._listed()
        newest, records, at = _newest(listed), [], seen
        if newest > seen.generation + 1:
            return None
        while at != (newest, _last(listed)):
            at = Position(at.generation, at.sequence + 1)
            data = self._files.get(self._path(*at))
            if data is None:
                return None
            record = Record.decoded(data, self._path(*at))
            if record.kind != "seal":
                records.append(record)
            elif at.generation < newest:
                at = Position(newest, 0)
            else:
                return None
        if at != seen and _newest(self._listed()) > seen.generation + 1:
            return None
        return records, at

    def append(self, seen: Position, record: Record, data: bytes | None = None) -> Outcome:
        """Write the record after `seen`. "lost": another was first, and nothing was written.

        "folded": it was written, and the log rewritten since. Retriable when it was rewritten so
        often meanwhile that nobody can tell.
        """
        path = self._path(seen.generation, seen.sequence + 1)
        if not self._files.put_new(path, record.encoded() if data is None else data):
            return "lost"
        newest = _newest(self._listed())
        if newest <= seen.generation + 1:
            # Files of this generation are there still, its seal too: this came before it.
            return "written" if newest == seen.generation else "folded"
        told = self._folded().get(str(seen.generation))
        if told is not None and record.id in told:
            return "folded"
        self._files.delete([path])
        if told is None:
            raise self._busy()
        return "lost"

    def compact(self, seen: Position) -> tuple[Position, int] | None:
        """Seal the log at `seen` and begin a generation: return its base's position and bytes.

        The base holds what there was at `seen`. None when something came in between.
        """
        if self.append(seen, Record("seal", nothing())) != "written":
            return None
        state = self.read()
        if state.position.generation != seen.generation + 1:
            return None
        return Position(state.position.generation, 0), state.base_bytes

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
            folded=_ids(records, generation - 1),
        )
        # Another process may have written it first: of the same records, so it says the same.
        self._files.put_new(self._path(generation, 0), base.encoded())
        # Of an index that was deleted nothing is kept.
        kept = generation - 1 if state.definition is not None else generation
        self._files.delete([self._path(*at) for at in self._listed() if at.generation < kept])

    def _folded(self) -> dict[str, list[str]]:
        """Return the ids of all records of the generations lately sealed, by generation."""
        for _ in range(TRIES):
            path = self._path(_newest(self._listed()), 0)
            data = self._files.get(path)
            if data is not None:
                return Record.decoded(data, path).folded
        raise self._busy()

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


def _ids(records: Sequence[Record], generation: int) -> dict[str, list[str]]:
    """Return the ids that a base names: those of its records, and of generations before it."""
    ids = [each.id for each in records if each.kind != "base"]
    found, room = {str(generation): ids}, KEPT_IDS - len(ids)
    before = records[0].folded if records and records[0].kind == "base" else {}
    for each in sorted(before, key=int, reverse=True):
        room -= len(before[each])
        if room < 0:
            break
        found[each] = before[each]
    return found


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
