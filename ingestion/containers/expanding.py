"""From an object that is a container to the objects in it: keys, addresses, readers. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from freshground.core.errors import Quarantine
from freshground.core.ids import digest, doc_id
from freshground.core.records import ObjectStat
from ingestion.containers.names import MARK
from ingestion.containers.parts import LEFT_OUT, Limits, too_large

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from ingestion.containers.opening import Noted, Record

ETAG = "part:"
MESSAGES = frozenset({"mail", "msg"})
CLOSED = "attachments"
"""The part that stands for those of a message whose attachments cannot be had."""


@dataclass
class Expansion:
    """Objects with the parts of the containers among them.

    `missing` are hashes and names of containers that nothing is noted of, `refused` says of keys
    why their bytes cannot be had, `excluded` counts parts that are no documents.
    """

    source_id: str
    record: Callable[[str], Record | None]
    limits: Limits
    depth: int
    keeps: Callable[[str], bool]
    taken: AbstractSet[str]
    objects: list[ObjectStat] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    refused: dict[str, Quarantine] = field(default_factory=dict)
    excluded: int = 0

    def add(self, stat: ObjectStat, value: str | None) -> None:
        """Add an object and what is in it; `value` is the hash of its bytes, if it is known."""
        self._parts = self._bytes = 0
        self._add(stat, value, stat.key, 1)

    def _add(self, stat: ObjectStat, value: str | None, name: str, depth: int) -> None:
        record = None if value is None else self.record(value)
        if record is None or not record.holds:
            if value is not None and record is None:
                self.missing[value] = name
            self.objects.append(replace(stat, holds=None) if stat.holds is not None else stat)
            return
        if record.rule is not None:
            self.objects.append(stat)
            if record.kind in MESSAGES:
                why = Quarantine(record.rule, record.reason or "")
                self._refuse(self._stat(stat, CLOSED, None, 0), why)
            return
        over = self._over(record, depth)
        if over is not None and depth > 1:
            self._refuse(stat, over)
            return
        parts = [p for p in record.parts if self._wanted(stat, p)]
        self.objects.append(replace(stat, holds=len(parts)) if record.bare else stat)
        for part in parts:
            self._part(stat, part, depth)

    def _over(self, record: Record, depth: int) -> Quarantine | None:
        """Return why a container would be one too many in the object that it lies in."""
        if depth > self.depth:
            return too_large(f"The container lies more than {self.depth} deep in others.")
        self._parts += len(record.parts)
        self._bytes += sum(p.size or 0 for p in record.parts)
        if self._parts > self.limits.parts or self._bytes > self.limits.total:
            return too_large(
                f"The object that it lies in would hold {self._parts:,} parts of "
                f"{self._bytes:,} bytes; {self.limits.parts:,} and {self.limits.total:,} may be."
            )
        return None

    def _wanted(self, parent: ObjectStat, part: Noted) -> bool:
        wanted = part.rule != LEFT_OUT and self.keeps(f"{parent.key}{MARK}{part.name}")
        self.excluded += not wanted
        return wanted

    def _part(self, parent: ObjectStat, part: Noted, depth: int) -> None:
        stat = self._stat(parent, part.name, part.content_hash, part.size)
        if part.content_hash is None:
            self._refuse(stat, Quarantine(part.rule or "corrupt", part.reason or ""))
            return
        value = part.content_hash if part.likely is not None else None
        if value is not None and depth >= self.depth and self.record(value) is None:
            # Not opened: whether it really is a container nobody knows. Too deep in either case.
            self._refuse(stat, too_large(f"It lies more than {self.depth} deep in others."))
            return
        self._add(stat, value, part.name, depth + 1)

    def _refuse(self, stat: ObjectStat, why: Quarantine) -> None:
        etag = f"{ETAG}refused:{digest(why.rule, str(why))}"
        self.refused[stat.key] = why
        self.objects.append(replace(stat, etag=etag, holds=None))

    def _stat(
        self, parent: ObjectStat, name: str, value: str | None, size: int | None
    ) -> ObjectStat:
        key = f"{parent.key}{MARK}{name}"
        while key in self.taken:  # a file that the source itself calls so
            key += "~"
        of = doc_id(self.source_id, parent.key)
        metadata = {**parent.metadata, "parent": of, "parent_uri": parent.uri, "part": name}
        return ObjectStat(
            key,
            f"{parent.uri}{MARK}{quote(name)}",
            size,
            parent.modified_at,
            f"{ETAG}{value}",
            parent.groups,
            metadata,
            of,
        )
