"""Versions in place: each is told by its difference from its parent, and can be told backwards.

A physical index holds one version, or, after a process was killed while it applied one, something
between several. Every row that could be either is known from the differences, so any version can
be read, and reached, from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from freshground.core.errors import Fatal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from indexes.engines.azure_registry import Entry, Registry

AFTER, BEFORE = "after.arrow", "before.arrow"


@dataclass(frozen=True)
class Change:
    """Rows that take the place of those of the same id, and ids that are gone. They do not meet."""

    rows: pa.Table
    gone: frozenset[str]

    @property
    def empty(self) -> bool:
        """Whether nothing changes."""
        return not self.rows.num_rows and not self.gone

    def then(self, other: Change) -> Change:
        """Return this change followed by another."""
        later = ids_of(other.rows) | other.gone
        rows = pa.concat_tables([without(self.rows, later), other.rows])
        return Change(rows, (self.gone - ids_of(other.rows)) | other.gone)

    def applied(self, rows: pa.Table) -> pa.Table:
        """Return rows with this change."""
        return pa.concat_tables([without(rows, ids_of(self.rows) | self.gone), self.rows])


def ids_of(rows: pa.Table) -> set[str]:
    """Return the chunk ids of rows."""
    return set(rows.column("chunk_id").to_pylist())


def without(rows: pa.Table, ids: Iterable[str]) -> pa.Table:
    """Return rows of other ids."""
    unwanted = pa.array(sorted(ids), pa.string())
    return rows.filter(pc.invert(pc.is_in(rows.column("chunk_id"), value_set=unwanted)))


def pack(rows: pa.Table) -> bytes:
    """Return rows as an Arrow file."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, rows.schema) as writer:
        writer.write_table(rows)
    return sink.getvalue().to_pybytes()


class History:
    """The differences between the versions of one index."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def chain(self, entry: Entry) -> list[Entry]:
        """Return the versions from the eldest that is kept to this one."""
        chain = [entry]
        while chain[0].parent is not None:
            parent = self._registry.find(entry.index, chain[0].parent)
            if parent is None:
                break
            chain.insert(0, parent)
        return chain

    def to(self, entry: Entry, stations: Sequence[str] | None = None) -> Change:
        """Return what turns a version's physical index, whatever it holds, into that version."""
        names = stations or self._registry.stations(entry.index, entry.physical)
        stops = [self._entry(entry.index, name) for name in (*names, entry.name)]
        change = Change(entry.schema.empty_table(), frozenset())
        for one, other in pairwise(stops):
            change = change.then(self._between(one, other))
        return change

    def _entry(self, index: str, name: str) -> Entry:
        entry = self._registry.find(index, name)
        if entry is None:
            raise Fatal(f"The lake lacks version {name} of {index}.", "Restore it from a backup.")
        return entry

    def _between(self, one: Entry, other: Entry) -> Change:
        back, forth = self.chain(one), self.chain(other)
        shared = 0
        for a, b in zip(back, forth, strict=False):
            if a.name != b.name:
                break
            shared += 1
        if not shared:
            raise Fatal(
                f"Versions {one.name} and {other.name} of {one.index} have nothing in common.",
                "Refresh anew with `update: side_by_side`.",
            )
        change = Change(other.schema.empty_table(), frozenset())
        for entry in reversed(back[shared:]):
            change = change.then(self._change(entry, AFTER, BEFORE))
        for entry in forth[shared:]:
            change = change.then(self._change(entry, BEFORE, AFTER))
        return change

    def _change(self, entry: Entry, from_: str, to: str) -> Change:
        rows = _unpack(self._registry.read(entry, to))
        return Change(
            rows, frozenset(ids_of(_unpack(self._registry.read(entry, from_))) - ids_of(rows))
        )


def _unpack(data: bytes) -> pa.Table:
    return pa.ipc.open_file(pa.BufferReader(data)).read_all()
