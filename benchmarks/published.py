"""A project whose index holds as many rows as wanted, published without a pipeline."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from benchmarks import passages
from freshground.core.clock import iso
from freshground.core.ids import digest
from freshground.core.settings import load
from freshground.service.context import CODE, Context
from indexes.release import Manifest
from indexes.rows import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np

    from benchmarks.passages import Passages

SETTINGS = """\
lake: ./lake
cache: ./cache
sources:
  - {id: docs, type: files, url: ./docs, access: public, guards: {growth: {share: 1000000}}}
indexes:
  - id: big
    sources: [docs]
    fields: {part: {type: int, facet: true, sort: true}}
  - {id: small, sources: [docs]}
"""
GROUPS = 10
"""Half of the rows are public; each of ten groups reads a twentieth more."""

PARTS = 100
"""Values of field `part`: a filter on one keeps a hundredth of the rows."""


def project(root: Path) -> Context:
    """Write the settings of a project with the index `big`; return its context."""
    (root / "docs").mkdir(parents=True, exist_ok=True)
    (root / "freshground.yaml").write_text(SETTINGS, encoding="utf-8")
    return Context(load(root / "freshground.yaml"), by="benchmark")


def first(context: Context, base: Passages, count: int) -> None:
    """Publish release 1 of `big`: `count` rows."""
    _publish(context, _rows(passages.repeated(base, count), 0), None, count)


def changed(context: Context, base: Passages, count: int, share: float) -> None:
    """Publish the next release of `big`, in which a share of the `count` rows is other text."""
    few = int(count * share)
    _publish(context, _rows(passages.repeated(base, few, seed=2), 0), "parent", count)


def _rows(batches: Iterator[tuple[list[str], np.ndarray]], start: int) -> Iterator[dict[str, Any]]:
    at = start
    for texts, vectors in batches:
        for text, vector in zip(texts, vectors, strict=True):
            document = f"{at // 10:06d}"
            group = "*" if at % 2 else f"group{at // 2 % GROUPS}"
            yield {
                "chunk_id": f"c{at:08d}",
                "doc_id": f"d{document}",
                "source_id": "docs",
                "key": f"{document}.md",
                "uri": f"file:///docs/{document}.md",
                "title": f"Guide {document}",
                "headings": [],
                "text": text,
                "embed_text": f"Guide {document}\n{text}",
                "ordinal": at % 10,
                "start": 0,
                "end": len(text),
                "tokens": len(text) // 4,
                "language": "en",
                "modified_at": datetime(2026, 1, 1 + at % 28, tzinfo=UTC),
                "stale": False,
                "groups": [group],
                "metadata": "{}",
                "row_hash": digest(text),
                "indexed_at": datetime(2026, 2, 1, tzinfo=UTC),
                "part": at % PARTS,
                "vector": vector,
            }
            at += 1


def _publish(
    context: Context, rows: Iterator[dict[str, Any]], parent: str | None, count: int
) -> None:
    index = context.settings.index("big")
    engine, recipe = context.engine(index), context.recipe(index)
    live = context.releases.live(index.id)
    pointer, before = live or (None, None)
    number = context.releases.next_number(index.id)
    version = before.engine_version if parent and before else None
    candidate = engine.begin(index.id, f"{number:06d}-bench", version)
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == 5000:
            candidate.upsert(pa.Table.from_pylist(batch, schema=recipe.schema))
            batch = []
    if batch:
        candidate.upsert(pa.Table.from_pylist(batch, schema=recipe.schema))
    now = iso(context.clock.now()) or ""
    encoder = context.encoder(index)
    manifest = Manifest(
        index=index.id,
        candidate=f"{number:06d}-bench",
        release=number,
        parent=before.release if before else None,
        as_of=now,
        created_at=now,
        run_id=context.run_id,
        by="benchmark",
        sources={"docs": {"listed_at": now, "objects": count, "watermark": None}},
        recipe=recipe.id,
        space=asdict(encoder.space),
        runtime=encoder.runtime,
        chunker_id=recipe.chunker_id,
        schema_version=SCHEMA_VERSION,
        counts={"documents": count // 10, "chunks": count},
        gates=[],
        verdict="passed",
        sla={},
        engine={"name": engine.name, "abilities": asdict(engine.abilities)},
        engine_version=candidate.finish(),
        release_hash="",
        code=CODE,
    )
    context.releases.write(manifest, {})
    context.releases.publish(manifest, pointer, context.clock.now())
