"""A lake that has lived for months: thousands of documents, a hundred releases, runs every quarter.

The first releases and the last are real refreshes; what lies between repeats, at other times, the
very rows that those wrote. So nothing here has to know what a run records.
"""

from __future__ import annotations

import copy
import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from benchmarks import corpus
from freshground.core.clock import ManualClock, iso
from freshground.core.ids import digest
from freshground.core.settings import parse
from freshground.lake.usage import Used
from freshground.service.context import Context
from freshground.service.freshness.governor import govern
from freshground.service.refresh import refresh

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from freshground.core.settings import Settings
    from freshground.lake.journal import Entry

END = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SOURCES = {"handbook": 40, "claims": 30, "news": 20, "forms": 10}
"""How many of a hundred documents each source has."""

INDEXES = {"policies": ("handbook", "claims", "forms"), "news": ("news",)}
_EVERY = timedelta(minutes=15)
_COMMIT_AFTER = 400  # runs whose rows go into one commit, as compaction would have joined them
_QUERIES_KEPT = timedelta(days=31)


@dataclass
class BigLake:
    """A project under `root` whose clock stands at `end`, its history made by `make`."""

    root: Path
    documents: int = 10_000
    releases: int = 100
    days: float = 90
    end: datetime = END
    engine: str = "memory"
    clock: ManualClock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = ManualClock(self.end - timedelta(days=self.days))
        self._draw = random.Random(5)
        self._edits = 0

    @property
    def raw(self) -> dict[str, Any]:
        """The settings as `freshground.yaml` would hold them."""
        access: dict[str, Any] = {"claims": {"groups": ["claims"]}, "forms": {"groups": ["staff"]}}
        guards = {"growth": {"share": 1e6}}
        return {
            "lake": "lake",
            "cache": "cache",
            "encoder": {"model": "hashing-64"},
            "lineage": {"transport": "none"},
            "sources": [
                {
                    "id": name,
                    "type": "files",
                    "url": name,
                    "access": access.get(name, "public"),
                    "guards": guards,
                }
                for name in SOURCES
            ],
            "indexes": [
                {
                    "id": index,
                    "sources": list(sources),
                    "engine": self.engine,
                    "keep_releases": self.releases,
                    "sla": {"max_staleness": "2h"},
                }
                for index, sources in INDEXES.items()
            ],
        }

    @property
    def settings(self) -> Settings:
        """The settings of the project."""
        return parse(self.raw, self.root)

    def context(self) -> Context:
        """Return a new view of the project, as another process would have."""
        return Context(self.settings, clock=self.clock, by="airflow")

    def make(self) -> BigLake:
        """Write documents and history. Ten thousand documents and 90 days take about a minute."""
        self._write()
        refresh(self.context())
        runs = self._examples()
        _History(self, runs).write()
        for source in ("handbook", "news"):
            self.edit(source, 3)
            self.clock.set(self.clock.now() + _EVERY / 3)
            self.refresh(source)
        govern(self.context())
        return self

    def place(self, source: str, number: int) -> Path:
        """Return where a document lies."""
        return self.root / source / f"part{number // 500:02d}" / f"page{number:05d}.md"

    def count(self, source: str) -> int:
        """Return how many documents a source has."""
        return max(4, self.documents * SOURCES[source] // 100)

    def edit(self, source: str, count: int) -> None:
        """Append a paragraph to some documents."""
        for place in self._draw.sample(sorted((self.root / source).glob("part*/*.md")), count):
            text = place.read_text(encoding="utf-8")
            place.write_text(f"{text}\n{corpus.paragraph(self._draw)}\n", encoding="utf-8")
            corpus.date(place, (self.clock.now() - timedelta(minutes=10)).timestamp())

    def spoil(self, source: str) -> None:
        """Leave nothing in a new document: it is set aside."""
        self._edits += 1
        place = self.root / source / f"empty{self._edits:03d}.md"
        place.write_bytes(b"")
        corpus.date(place, (self.clock.now() - timedelta(minutes=10)).timestamp())

    def refresh(self, source: str) -> str:
        """Refresh a source and the indexes over it, and decide what comes next; return the run."""
        indexes = [index for index, sources in INDEXES.items() if source in sources]
        context = self.context()
        refresh(context, sources=[source], indexes=indexes)
        return context.run_id

    def _write(self) -> None:
        at = self.clock.now() - timedelta(days=300)
        for source in SOURCES:
            for number in range(self.count(source)):
                place = self.place(source, number)
                place.parent.mkdir(parents=True, exist_ok=True)
                draw = random.Random(f"{source}/{number}")
                parts = (corpus.paragraph(draw, 2) for _ in range(2 + number % 3))
                text = "\n\n".join((f"# {source.title()} page {number}", *parts))
                place.write_text(f"{text}\n", encoding="utf-8")
                corpus.date(place, (at + timedelta(minutes=number)).timestamp())

    def _examples(self) -> dict[tuple[str, str], list[Entry]]:
        """Return the rows of real runs, by source and what happened: done, nothing, spoilt."""
        ids: dict[tuple[str, str], list[str]] = {}
        for source in SOURCES:
            for what in ("spoilt", "done", "nothing"):
                self.clock.set(self.clock.now() + _EVERY)
                if what == "spoilt":
                    self.spoil(source)
                elif what == "done":
                    self.edit(source, 3)
                decided = self.context()
                govern(decided)
                ids[source, what] = [self.refresh(source), decided.run_id]
        journal = self.context().lake.journal
        table = journal.table.rows("SELECT DISTINCT kind FROM t")
        kinds = table.column("kind").to_pylist()
        return {key: journal.entries(*kinds, runs=runs) for key, runs in ids.items()}


class _History:
    """What lies between the first refreshes of a big lake and the last."""

    def __init__(self, lake: BigLake, runs: dict[tuple[str, str], list[Entry]]) -> None:
        self._big = lake
        self._runs = runs
        self._draw = random.Random(6)
        self._context = lake.context()
        self._live = {i: self._live_of(i) for i in INDEXES}

    def _live_of(self, index: str) -> tuple[Any, Any]:
        live = self._context.releases.live(index)
        if live is None:
            raise RuntimeError(f"the first refresh published no release of {index}")
        return live

    def write(self) -> None:
        big, journal = self._big, self._context.lake.journal
        self._served = {i: self._context.releases.served(m) for i, (_, m) in self._live.items()}
        self._notes = defaultdict(list)
        starts = list(_between(big.clock.now() + _EVERY, big.end - _EVERY, _EVERY))
        wanted = max(0, big.releases - 1 - self._live["policies"][0].release)
        releases = {at * len(starts) // wanted for at in range(wanted)} if wanted else set()
        names = list(SOURCES)
        for number, at in enumerate(starts):
            source = names[number % len(names)]
            big.clock.set(at)
            what = "done" if number in releases else "spoilt" if number % 997 == 5 else "nothing"
            if what == "done" and source == "news":
                source = "handbook"
            elif what == "nothing" and number % 211 == 3:
                source, what = "news", "done"
            self._run(source, what, at)
            if number % _COMMIT_AFTER == 0:
                journal.commit()
        journal.commit()
        self._publications()
        self._asked(starts)
        big.clock.set(big.end - _EVERY)

    def _run(self, source: str, what: str, at: datetime) -> None:
        index = next(i for i, sources in INDEXES.items() if source in sources)
        if what == "done":
            self._publish(index, at)
        pointer, manifest = self._live[index]
        told = _Told(
            iso(at) or "", pointer.release, pointer.generation, manifest.candidate, self._draw
        )
        run_id = digest("run", iso(at) or "")
        for row in self._runs[source, what]:
            self._context.lake.journal.add(run_id, row.kind, row.subject, told.of(row.body))

    def _publish(self, index: str, at: datetime) -> None:
        seen, before = self._live[index]
        number = seen.release + 1
        candidate = f"{number:06d}-{digest(index, str(number))[:12]}"
        told = _Told(iso(at) or "", number, seen.generation + 1, candidate, self._draw)
        changed = {
            "candidate": candidate,
            "release": number,
            "parent": seen.release,
            "as_of": iso(at),
            "created_at": iso(at),
            "run_id": digest("run", iso(at) or ""),
            "sources": told.of(before.sources),
            "gates": [told.of(gate) for gate in before.gates],
            "counts": {**before.counts, "added": 0, "changed": 3, "removed": 0},
        }
        manifest = replace(before, **changed)
        served = self._served[index]
        for doc_id in self._draw.sample(sorted(served), 3):
            old = served[doc_id]
            served[doc_id] = replace(old, state_hash=digest(old.state_hash, str(number)))
            self._notes[index].append((doc_id, candidate, at))
        self._context.releases.write(manifest, served)
        self._live[index] = (self._context.releases.publish(manifest, seen, at), manifest)

    def _publications(self) -> None:
        """Note what the releases brought, in the shape of what the real ones did."""
        table = self._context.lake.publications
        for index, notes in self._notes.items():
            like = table.rows(f"SELECT * FROM t WHERE index_id = '{index}' LIMIT 1").to_pylist()[0]
            rows = []
            for doc_id, candidate, at in notes:
                since = at - timedelta(minutes=self._draw.uniform(2, 90))
                rows.append(
                    {
                        **like,
                        "doc_id": doc_id,
                        "candidate": candidate,
                        "change": "edited",
                        "modified_at": since,
                        "since": since,
                        "observed_at": at,
                        "listed_at": at,
                        "built_at": at,
                    }
                )
            table.append(pa.Table.from_pylist(rows, schema=table.schema))

    def _asked(self, starts: Sequence[datetime]) -> None:
        """Count queries and what callers used, more of both by day than by night."""
        big, lake = self._big, self._context.lake
        space = self._live["policies"][1].space["id"]
        chance = np.random.default_rng(7)
        for at in [at for at in starts if at.minute == 0]:
            big.clock.set(at)
            busy = 30 if 6 <= at.hour < 18 else 4
            lake.usage.add("assistant", Used(busy, busy * 12, busy * 900, busy * 21.0))
            if big.end - at < _QUERIES_KEPT:
                for index in INDEXES:
                    for _ in range(self._draw.randrange(busy // 2, busy + 1)):
                        lake.queries.add(index)
                vector = chance.standard_normal(64).astype("float32")
                lake.queries.question("policies", space, "what is covered", vector, 0.4)
                lake.queries.flush()
        lake.usage.flush()


@dataclass(frozen=True)
class _Told:
    """What a repeated row says instead: its time, its release, and measures a little off."""

    at: str
    release: int
    generation: int
    candidate: str
    draw: random.Random

    def of(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a row's body, told anew."""
        return {name: self._value(name, copy.copy(value)) for name, value in body.items()}

    def _value(self, name: str, value: Any) -> Any:
        simple = {
            "listed_at": self.at,
            "as_of": self.at,
            "candidate": self.candidate,
            "generation": self.generation,
            "parent": self.release - 1,
        }
        if name in simple:
            return simple[name] if value is not None else None
        if name == "release" and isinstance(value, int):
            return self.release
        if name == "seconds" or (name == "value" and isinstance(value, float) and 0 < value < 1):
            return round(value * self.draw.uniform(0.94, 1), 4)
        if name == "sources" and isinstance(value, dict):
            return {
                source: self.at if isinstance(of, str) else self.of(of)
                for source, of in value.items()
            }
        if isinstance(value, dict):
            return self.of(value)
        if isinstance(value, list):
            return [self.of(each) if isinstance(each, dict) else each for each in value]
        return value


def _between(first: datetime, last: datetime, step: timedelta) -> Any:
    at = first
    while at < last:
        yield at
        at += step
