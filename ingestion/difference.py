"""What a listing means once objects are read: edits, touches, moves, access. Writes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from freshground.core.ids import content_hash, digest, doc_id
from freshground.core.records import PUBLIC
from ingestion.bronze import moves
from ingestion.changes import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from freshground.core.records import ObjectStat, Source
    from ingestion.changes import Changes


@dataclass(frozen=True, slots=True)
class Edit:
    """A known document with other bytes. `fresh_bytes` counts those on lines that are new."""

    stat: ObjectStat
    content_hash: str
    fresh_bytes: int


@dataclass(frozen=True, slots=True)
class AccessChange:
    """A document whose readers change. Groups are as in `ObjectStat.groups`."""

    stat: ObjectStat
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def wider(self) -> bool:
        """Whether somebody may read it who might not."""
        return widens(self.before, self.after)

    @property
    def narrower(self) -> bool:
        """Whether somebody may no longer read it."""
        return widens(self.after, self.before)


def widens(before: Iterable[str], after: Iterable[str]) -> bool:
    """Return whether `after` lets anybody read who `before` did not. No groups: nobody."""
    old, new = set(before), set(after)
    return PUBLIC not in old and bool(new - old)


def looks_edited(stat: ObjectStat, row: Mapping[str, Any]) -> bool:
    """Return whether a stat gives reason to think of other bytes, other than that it is due."""
    return (
        row["rule"] == UNREADABLE
        or stat.etag != row["etag"]
        or stat.size != row["size"]
        or (stat.etag is None and stat.modified_at != row["touched_at"])
    )


def fresh_bytes(old: bytes, new: bytes) -> int:
    """Return how many bytes of `new` stand on lines that `old` lacks, repeats counted."""
    had = Counter(old.splitlines(keepends=True))
    fresh = 0
    for line in new.splitlines(keepends=True):
        if had[line]:
            had[line] -= 1
        else:
            fresh += len(line)
    return fresh


class Difference:
    """A listing's changes to one source, read as far as is asked.

    `known` holds the newest bronze rows by doc_id. `bytes_of` returns the bytes of a content hash;
    without it every byte of an edit counts as fresh.
    """

    def __init__(
        self,
        source: Source,
        changes: Changes,
        known: Mapping[str, dict[str, Any]],
        bytes_of: Callable[[str], bytes] | None = None,
    ) -> None:
        self.source = source
        self.changes = changes
        self.known = known
        self._bytes_of = bytes_of

    def id_of(self, stat: ObjectStat) -> str:
        """Return the doc_id of an object."""
        return doc_id(self.source.id, stat.key)

    @cached_property
    def live_sizes(self) -> list[int]:
        """Sizes in bytes of the live documents whose size is known."""
        rows = self.known.values()
        return [r["size"] for r in rows if r["state"] == "live" and r["size"] is not None]

    @cached_property
    def likely_edits(self) -> int:
        """How many edits there are at most, verification aside: nothing is read."""
        return sum(looks_edited(s, self.known[self.id_of(s)]) for s in self.changes.suspects)

    @cached_property
    def _read(self) -> tuple[tuple[Edit, ...], tuple[ObjectStat, ...]]:
        edits: list[Edit] = []
        touches: list[ObjectStat] = []
        for item in self.source.fetch(self.changes.suspects):
            row = self.known[self.id_of(item.stat)]
            if item.data is None:
                if item.error is not None and row["rule"] is None:
                    state = digest("unreadable", str(item.stat.size), str(item.stat.modified_at))
                    edits.append(Edit(item.stat, state, 0))
                continue
            found = content_hash(item.data)
            if found == row["content_hash"]:
                if item.stat.modified_at != row["touched_at"]:
                    touches.append(item.stat)
                continue
            fresh = len(item.data)
            if self._bytes_of is not None and row["rule"] is None:
                fresh = fresh_bytes(self._bytes_of(row["content_hash"]), item.data)
            edits.append(Edit(item.stat, found, fresh))
        return (
            tuple(sorted(edits, key=lambda e: e.stat.key)),
            tuple(sorted(touches, key=lambda s: s.key)),
        )

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Documents with other bytes, by key. Reads what may have changed."""
        return self._read[0]

    @property
    def touches(self) -> tuple[ObjectStat, ...]:
        """Documents with the same bytes and another time, by key. Reads what may have changed."""
        return self._read[1]

    @cached_property
    def moved(self) -> dict[str, dict[str, Any]]:
        """New doc_id -> bronze row of the old name. Reads added objects of a deleted one's size."""
        sizes = {row["size"] for row in self.changes.deleted}
        same = [stat for stat in self.changes.added if stat.size in sizes]
        hashes = {
            doc_id(self.source.id, item.stat.key): content_hash(item.data)
            for item in self.source.fetch(same)
            if item.data is not None
        }
        old = {row["doc_id"]: row for row in self.changes.deleted}
        return {new: old[was] for new, was in moves(self.changes.deleted, hashes).items()}

    @cached_property
    def added(self) -> tuple[ObjectStat, ...]:
        """New documents, moves left out."""
        return tuple(s for s in self.changes.added if self.id_of(s) not in self.moved)

    @cached_property
    def deleted(self) -> tuple[dict[str, Any], ...]:
        """Bronze rows of documents that are gone, moves left out."""
        gone = {row["doc_id"] for row in self.moved.values()}
        return tuple(row for row in self.changes.deleted if row["doc_id"] not in gone)

    @cached_property
    def access(self) -> tuple[AccessChange, ...]:
        """Known documents whose readers change, by key: nothing is read."""
        found = (
            AccessChange(stat, tuple(self.known[self.id_of(stat)]["groups"]), stat.groups)
            for stat in (*self.changes.suspects, *self.changes.described)
        )
        return _by_key(c for c in found if set(c.before) != set(c.after))

    @cached_property
    def moved_access(self) -> tuple[AccessChange, ...]:
        """Moved documents whose readers change, by key."""
        found = (
            AccessChange(stat, tuple(self.moved[self.id_of(stat)]["groups"]), stat.groups)
            for stat in self.changes.added
            if self.id_of(stat) in self.moved
        )
        return _by_key(c for c in found if set(c.before) != set(c.after))

    @cached_property
    def likely_wider_moves(self) -> int:
        """How many moves at most let more people read: nothing is read."""
        before: dict[int | None, list[list[str]]] = {}
        for row in self.changes.deleted:
            before.setdefault(row["size"], []).append(row["groups"])
        return sum(
            any(widens(groups, stat.groups) for groups in before.get(stat.size, ()))
            for stat in self.changes.added
        )


def _by_key(changes: Iterable[AccessChange]) -> tuple[AccessChange, ...]:
    return tuple(sorted(changes, key=lambda c: c.stat.key))


def outliers(
    stats: Sequence[ObjectStat], sizes: Sequence[int], times: float, at_least: int
) -> tuple[ObjectStat, ...]:
    """Return objects larger than `times` the 99th percentile of `sizes`, if those are enough."""
    if len(sizes) < at_least:
        return ()
    limit = times * percentile_99(sizes)
    return tuple(s for s in stats if s.size is not None and s.size > limit)


def percentile_99(sizes: Sequence[int]) -> int:
    """Return the smallest size that at least 99% of `sizes` (one or more) do not exceed."""
    ordered = sorted(sizes)
    return ordered[-(-99 * len(ordered) // 100) - 1]
