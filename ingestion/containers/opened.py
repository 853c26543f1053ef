"""A source that looks into its objects: it lists the parts of its containers beside them.

A part is an object like any other, so that guards, plans, budgets, access, moves and deletion need
not know of it. Its key is `key of the container!/name`, its address likewise; its readers and its
time are those of the object that it lies in; its etag is the hash of its bytes, which lie in the
store. What a container holds depends on its bytes alone: so it is opened once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from freshground.core.ids import content_hash, doc_id
from freshground.core.records import Fetched
from ingestion.changes import is_suspect
from ingestion.containers.expanding import ETAG, Expansion
from ingestion.containers.kinds import kind_of, named_like_one
from ingestion.containers.names import MARK
from ingestion.containers.opening import Opening, Store
from ingestion.containers.parts import Limits
from ingestion.sources.patterns import Patterns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from freshground.core.errors import Quarantine
    from freshground.core.records import Listing, ObjectStat, Source
    from freshground.core.settings import FilesSource
    from ingestion.containers.opening import Unpack

_HELD_BYTES = 32_000_000
_HELD = 200
"""Objects, and their bytes, that wait to be opened together."""


def limits_of(settings: FilesSource) -> Limits:
    """Return what one object of a source may hold."""
    own = settings.containers
    return Limits(own.parts, own.total_bytes, settings.max_bytes, own.ratio)


class Closed:
    """A source that is taken as it is, in the form of one that looks into its objects."""

    discovered = False

    def __init__(self, source: Source) -> None:
        self.id = source.id
        self.fetch = source.fetch
        self._source = source

    def list(self, started_at: datetime) -> Listing:
        """List the source."""
        self.plain = self._source.list(started_at)
        return self.plain

    def opened(self) -> Listing:
        """Return the newest listing."""
        return self.plain


class Opened:
    """The objects of `source` and the parts of those that are containers.

    `known` returns the newest bronze rows by doc_id, `store` where bytes and records lie, `unpack`
    runs `ingestion.containers.unpack` of many. `plain` is the newest listing without parts;
    `discovered` says that bytes which were fetched are those of a container that nothing but
    reading could tell: list again then.
    """

    def __init__(
        self,
        source: Source,
        settings: FilesSource,
        known: Callable[[], Mapping[str, Mapping[str, Any]]],
        store: Callable[[], Store],
        unpack: Unpack,
    ) -> None:
        self.id = source.id
        self.discovered = False
        self._source = source
        self._settings = settings
        self._known_now, self._store_now, self._unpack = known, store, unpack
        self._keeps = Patterns(("**",), settings.exclude).keeps

    def list(self, started_at: datetime) -> Listing:
        """List the source, and the parts as far as they are known: nothing is read or opened.

        An object that may have changed keeps the parts that it had.
        """
        self.discovered = False
        self._read: dict[str, Fetched] = {}
        self._refused: dict[str, Quarantine] = {}
        self.plain = self._source.list(started_at)
        self._known = self._known_now()
        self._opening = Opening(self._store_now(), self._unpack, limits_of(self._settings))
        ever = self._opening.store.ever
        self._values: dict[str, str] = {}
        self._unread: list[ObjectStat] = []
        for stat in self.plain.objects:
            row = self._known.get(doc_id(self.id, stat.key))
            live = row is not None and row["state"] == "live" and row["rule"] is None
            value = row["content_hash"] if row is not None and live else None
            record = None if value is None else self._opening.record(value)
            if record is None and value not in ever and not named_like_one(stat.key):
                continue
            if row is None or row["state"] != "live":
                self._unread.append(stat)
                continue
            if value is not None:
                self._values[stat.key] = value
            if is_suspect(stat, row, started_at, self._settings.verify_every):
                self._unread.append(stat)
        return self._expanded()

    def opened(self) -> Listing:
        """Return the newest listing with all parts: containers that are new or changed are read."""
        unread = {stat.key: stat for stat in (*self._unread, *self._renamed())}
        self._unread = []
        if unread:
            self._opening.open(self._reading([*unread.values()]))
        while missing := self._expansion().missing:
            self._opening.open(missing.items())
        self._opening.keep()
        return self._expanded()

    def fetch(self, stats: Sequence[ObjectStat]) -> Iterator[Fetched]:
        """Yield the bytes of objects and parts; what was read before is not fetched again."""
        others: list[ObjectStat] = []
        for stat in stats:
            read = self._read.get(stat.key)
            if stat.parent is not None:
                yield self._part(stat)
            elif read is None:
                others.append(stat)
            else:
                now = replace(stat, size=read.stat.size, etag=read.stat.etag)
                now = replace(now, modified_at=read.stat.modified_at)
                yield Fetched(now, self._opening.store.get(self._values[stat.key]))
        yield from self._fetched(others)

    def _fetched(self, stats: Sequence[ObjectStat]) -> Iterator[Fetched]:
        """Yield objects that nothing said may be containers, and open those that are.

        What they hold is noted before anybody can note that they were read: or, killed in between,
        they would never be opened.
        """
        if not stats:
            return
        held: list[Fetched] = []
        size = 0
        for item in self._source.fetch(stats):
            if item.data is None or self._opening.store.note is None or kind_of(item.data) is None:
                yield item
                continue
            held.append(item)
            size += len(item.data)
            if size > _HELD_BYTES or len(held) >= _HELD:
                yield from self._discover(held)
                held, size = [], 0
        yield from self._discover(held)

    def _discover(self, held: list[Fetched]) -> list[Fetched]:
        store = self._opening.store
        fresh = {store.put(i.data): i.stat.key for i in held if i.data is not None}
        if fresh:
            self._opening.open(fresh.items())
            self._opening.keep()
        for value, key in fresh.items():
            record = self._opening.record(value)
            if record is not None and record.holds:
                self._values[key] = value
                self.discovered = True
        return held

    def _part(self, stat: ObjectStat) -> Fetched:
        refused = self._refused.get(stat.key)
        if refused is not None:
            return Fetched(stat, None, refused)
        value = str(stat.etag).removeprefix(ETAG)
        return Fetched(stat, self._opening.store.get(value))

    def _reading(self, stats: Sequence[ObjectStat]) -> Iterator[tuple[str, str]]:
        """Fetch objects into the store; yield hash and key of each as it may be opened."""
        for item in self._source.fetch(stats):
            if item.data is None:
                continue  # read again when it is taken in: the reason is told then
            value = content_hash(item.data)
            self._opening.store.put(item.data)
            self._read[item.stat.key] = Fetched(item.stat, None)
            self._values[item.stat.key] = value
            yield value, item.stat.key

    def _renamed(self) -> list[ObjectStat]:
        """Return new objects that may be a container which is gone, under another name."""
        here = {stat.key for stat in self.plain.objects}
        gone = {
            row["size"]
            for row in self._known.values()
            if row["state"] == "live"
            and row["parent"] is None
            and row["key"] not in here
            and self._opening.record(row["content_hash"]) is not None
        }
        if not gone:
            return []
        return [
            stat
            for stat in self.plain.objects
            if stat.size in gone and doc_id(self.id, stat.key) not in self._known
        ]

    def _expansion(self) -> Expansion:
        taken = {stat.key for stat in self.plain.objects if MARK in stat.key}
        found = Expansion(
            self.id,
            self._opening.record,
            self._opening.limits,
            self._settings.containers.depth,
            self._keeps,
            taken,
        )
        for stat in self.plain.objects:
            found.add(stat, self._values.get(stat.key))
        return found

    def _expanded(self) -> Listing:
        if not self._values:
            return self.plain
        found = self._expansion()
        self._refused = found.refused
        return replace(
            self.plain,
            objects=tuple(found.objects),
            excluded=self.plain.excluded + found.excluded,
        )
