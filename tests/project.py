"""A whole project in a temporary folder: documents, a lake, a clock that stands still."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from freshground.core.clock import ManualClock
from freshground.core.settings import Settings, parse
from freshground.service.context import Context
from freshground.service.refresh import refresh, totals
from freshground.service.reports import StageReport, exit_status
from indexes.encoders.hashing import CountingEncoder, HashEncoder

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OLD = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
"""When the first file was written. Each later one is a minute younger than the one before."""

ENCODER = "hashing-64"
ENGINES = ("memory", "lance")
_COLUMNS = ("chunk_id", "text", "start", "end", "metadata", "groups", "stale", "vector")

Content = list[tuple[Any, ...]]


@dataclass
class Run:
    """One refresh: its reports, and what is asked of them most."""

    reports: list[StageReport]
    context: Context

    @property
    def status(self) -> int:
        return exit_status(self.reports)

    @property
    def totals(self) -> dict[str, Any]:
        return totals(self.reports)

    @property
    def messages(self) -> str:
        return "\n".join(report.message for report in self.reports if report.message)

    def of(self, stage: str, subject: str | None = None) -> StageReport:
        found = [
            report
            for report in self.reports
            if report.stage == stage and subject in (None, report.subject)
        ]
        assert len(found) == 1, (stage, [report.stage for report in self.reports])
        return found[0]


@dataclass
class Project:
    """Documents under `root/docs` as source `docs`, served by index `docs`.

    `changes` is laid over the settings; `encoder` notes every text that was embedded, by any
    context of this project.
    """

    root: Path
    engine: str = "lance"
    lake: str = "lake"
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))
    changes: dict[str, Any] = field(default_factory=dict)
    encoder: CountingEncoder = field(
        default_factory=lambda: CountingEncoder(HashEncoder.named(ENCODER))
    )
    _written: int = 0

    def __post_init__(self) -> None:
        self.docs.mkdir(parents=True, exist_ok=True)

    @property
    def docs(self) -> Path:
        return self.root / "docs"

    @property
    def raw(self) -> dict[str, Any]:
        """The settings as `freshground.yaml` would hold them."""
        return {
            "lake": self.lake,
            "cache": "cache",
            "encoder": {"model": ENCODER},
            "lineage": {"transport": "none"},
            "sources": [{"id": "docs", "type": "files", "url": "docs", "access": "public"}],
            "indexes": [{"id": "docs", "sources": ["docs"], "engine": self.engine}],
            **self.changes,
        }

    @property
    def settings(self) -> Settings:
        return parse(self.raw, self.root)

    def source(self, **changes: Any) -> None:
        """Change the settings of the source `docs`."""
        self.changes["sources"] = [{**self.raw["sources"][0], **changes}, *self.raw["sources"][1:]]

    def index(self, **changes: Any) -> None:
        """Change the settings of the index `docs`."""
        self.changes["indexes"] = [{**self.raw["indexes"][0], **changes}, *self.raw["indexes"][1:]]

    def write(self, key: str, text: str | bytes, at: datetime | None = None) -> Path:
        """Write a document with a modification time, each its own unless given."""
        self._written += 1
        place = self.docs / key
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.touch(key, at or OLD + timedelta(minutes=self._written))
        return place

    def touch(self, key: str, at: datetime) -> None:
        os.utime(self.docs / key, (at.timestamp(), at.timestamp()))

    def read(self, key: str) -> str:
        return (self.docs / key).read_text()

    def delete(self, *keys: str) -> None:
        for key in keys:
            (self.docs / key).unlink()

    def rename(self, old: str, new: str) -> None:
        (self.docs / new).parent.mkdir(parents=True, exist_ok=True)
        (self.docs / old).rename(self.docs / new)

    def fill(self, count: int, paragraphs: int = 6) -> None:
        """Write documents d000.md and so on, each about its own things."""
        for number in range(count):
            self.write(f"d{number:03d}.md", article(number, paragraphs))

    def context(self, **options: Any) -> Context:
        """Return a new view of the project, as another process would have."""
        context = Context(self.settings, clock=self.clock, by="tester", **options)
        for index in context.settings.indexes:
            settings = context.settings.encoder_of(index)
            if getattr(settings, "model", None) == ENCODER:
                context._parts["encoder", settings.model_dump_json()] = self.encoder
        return context

    def refresh(self, *approve: str, later: timedelta = timedelta(hours=1), **scope: Any) -> Run:
        """Refresh `later` than the last time, in a new context."""
        self.clock.advance(later)
        context = self.context()
        context.approved_deletes = frozenset(approve)
        return Run(refresh(context, **scope), context)

    def content(self, index: str = "docs") -> Content:
        """Return what the live release serves, in the order of chunk ids."""
        return content(self.context(), index)

    def release_hash(self, index: str = "docs") -> str:
        live = self.context().releases.live(index)
        assert live is not None
        return live[1].release_hash

    def served_keys(self, index: str = "docs") -> set[str]:
        context = self.context()
        live = context.releases.live(index)
        if live is None:
            return set()
        reader = context.engine(context.settings.index(index)).open(index, live[1].engine_version)
        return {row["key"] for row in reader.rows(["key"]).to_pylist()}

    def clean(self) -> Project:
        """Return a new project over the same documents, whose lake is empty."""
        number = len(list(self.root.glob("clean*")))
        lake = self.root / f"clean{number}"
        lake.mkdir()
        clock = ManualClock(self.clock.now())
        return Project(self.root, self.engine, lake.name, clock, dict(self.changes))

    def drop_lake(self) -> None:
        shutil.rmtree(self.root / self.lake, ignore_errors=True)


def content(context: Context, index: str = "docs") -> Content:
    """Return what an index's live release serves, in the order of chunk ids."""
    live = context.releases.live(index)
    if live is None:
        return []
    reader = context.engine(context.settings.index(index)).open(index, live[1].engine_version)
    rows = [row for batch in reader.scan(_COLUMNS) for row in batch.to_pylist()]
    return sorted(
        (*(row[name] for name in _COLUMNS[:5]), tuple(row["groups"]), row["stale"],
         tuple(row["vector"]))
        for row in rows
    )  # fmt: skip


def article(number: int, paragraphs: int = 6) -> str:
    """Return a document of which every paragraph differs from those of all others."""
    parts = [f"# Policy {number}"]
    for place in range(paragraphs):
        if place % 3 == 0:
            parts.append(f"## Part {place} of policy {number}")
        parts.append(
            f"Clause {place} of policy {number} covers storm, water and theft up to "
            f"{number * 100 + place} euros, excess {place * 7 % 13} percent; see annex "
            f"{number * place % 17}. Claims under it are reported within {place + 3} days."
        )
    return "\n\n".join(parts) + "\n"
