"""Opens containers by the hash of their bytes, and notes what each holds: once and for all."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from freshground.core.errors import Quarantine
from ingestion.containers.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from ingestion.containers.parts import Limits, Part, Slice

    Unpack = Callable[
        [Iterator[tuple[str, tuple[Any, ...]]]], Iterator[tuple[str, Slice | Quarantine]]
    ]


class Noted(NamedTuple):
    """A part as it is noted: its bytes by their hash, or the rule and reason why there are none.

    `likely` is the kind of container that it may be in turn.
    """

    name: str
    content_hash: str | None
    size: int | None
    likely: str | None
    rule: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """What opening some bytes gave: `kind` None for no container, `rule` why it stays closed."""

    kind: str | None
    bare: bool = False
    parts: tuple[Noted, ...] = ()
    rule: str | None = None
    reason: str | None = None

    @property
    def holds(self) -> bool:
        """Whether there is more, or less, to it than a document of its own."""
        return bool(self.kind and (self.bare or self.parts or self.rule))


@dataclass(frozen=True, slots=True)
class Store:
    """Where bytes lie by their hash, and what is noted of containers by theirs.

    `ever` are the hashes of all that was once found to be a container, by whatever opened it.
    `note` keeps records for the next time; without it nothing is kept.
    """

    get: Callable[[str], bytes]
    put: Callable[[bytes], str]
    records: Mapping[str, Record]
    ever: AbstractSet[str] = frozenset()
    note: Callable[[Mapping[str, Record]], None] | None = None


@dataclass
class Opening:
    """Opens containers that lie in a store. `unpack` runs `ingestion.containers.unpack` of many."""

    store: Store
    unpack: Unpack
    limits: Limits
    fresh: dict[str, Record] = field(default_factory=dict)

    def record(self, value: str) -> Record | None:
        """Return what is noted of bytes."""
        return self.fresh.get(value) or self.store.records.get(value)

    def open(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Open containers, one level deep, by (content hash, name). Lazily, a few at a time."""
        parts: dict[str, list[Noted]] = defaultdict(list)
        taken: dict[str, int] = defaultdict(int)
        names: dict[str, str] = {}
        again: list[tuple[str, str]] = []

        def jobs(items: Iterable[tuple[str, str]]) -> Iterator[tuple[str, tuple[Any, ...]]]:
            for value, name in items:
                fresh = value not in names
                if fresh and self.record(value) is not None:
                    continue
                data = self.store.get(value)
                if fresh and kind_of(data, name) is None:
                    self.fresh[value] = Record(None)
                    continue
                names[value] = name
                yield value, (data, name, self.limits, len(parts[value]), taken[value])

        while True:
            for value, answer in self.unpack(jobs(wanted)):
                if isinstance(answer, Quarantine):
                    likely = kind_of(self.store.get(value), names[value])
                    self.fresh[value] = Record(likely, rule=answer.rule, reason=str(answer))
                    continue
                for part in answer.parts:
                    parts[value].append(self._noted(part))
                    taken[value] += len(part.data or b"")
                if answer.more:
                    again.append((value, names[value]))
                else:
                    found = tuple(parts.pop(value, ()))
                    self.fresh[value] = Record(answer.kind, answer.bare, found)
            if not again:
                return
            wanted, again = again, []

    def keep(self) -> None:
        """Note what was opened since the last time."""
        if self.fresh and self.store.note is not None:
            self.store.note(self.fresh)

    def _noted(self, part: Part) -> Noted:
        if part.data is None:
            return Noted(part.name, None, None, None, part.rule, part.reason)
        value = self.store.put(part.data)
        return Noted(part.name, value, len(part.data), kind_of(part.data, part.name), None, None)


def from_row(row: Mapping[str, Any]) -> Record:
    """Return the record of a row of the table."""
    parts: Sequence[Mapping[str, Any]] = row["parts"] or ()
    found = tuple(Noted(**{name: part[name] for name in Noted._fields}) for part in parts)
    return Record(row["kind"], bool(row["bare"]), found, row["rule"], row["reason"])
