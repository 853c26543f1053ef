"""Writes gold: the chunks of each document, all of one document in one commit."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from freshground.core.columns import Columns
from freshground.core.ids import chunk_id, embed_hash
from freshground.core.records import Chunk, Document, Element, Hidden
from freshground.lake.schemas import GOLD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from freshground.lake.lake import Lake
    from freshground.lake.ledger import Current, Ledger

READ_DOCUMENTS = 50
BATCH_CHUNKS = 2_000


class Splitter(Protocol):
    """Cuts a document into chunks. `id` changes when the cuts would."""

    id: str

    def split(self, document: Document) -> list[Chunk]:
        """Return the chunks in reading order."""
        ...


@dataclass
class GoldReport:
    """Counts of one pass and the metrics for the checks."""

    documents: int = 0
    chunks: int = 0
    metrics: Columns = field(default_factory=Columns)


def write(
    lake: Lake,
    ledger: Ledger,
    pending: Sequence[Current],
    splitter: Splitter,
    encoder_tokens: Callable[[Sequence[str]], list[int]],
    language: Callable[[str, str | None], str | None],
    run_id: str,
    progress: Callable[[int], None],
    before_commit: Callable[[Columns], None],
) -> GoldReport:
    """Cut the pending documents. Killed anywhere, the ledger names the rest again.

    `language` takes a chunk's text and its document's language and gives the chunk's.
    `before_commit` is given the measures of all documents that the next commit completes.
    """
    report = GoldReport()
    rows: list[dict[str, Any]] = []
    for start in range(0, len(pending), READ_DOCUMENTS):
        for silver in ledger.silver_rows(pending[start : start + READ_DOCUMENTS]).to_pylist():
            document = read_document(silver)
            chunks = splitter.split(document)
            made = _rows(silver, chunks, splitter.id, language, run_id)
            rows += made
            measure(report.metrics, document, chunks, made, encoder_tokens)
            report.documents += 1
            report.chunks += len(chunks)
            progress(1)
            if len(rows) >= BATCH_CHUNKS:
                before_commit(report.metrics)
                lake.gold.append(pa.Table.from_pylist(rows, schema=GOLD))
                rows = []
    before_commit(report.metrics)
    lake.gold.append(pa.Table.from_pylist(rows, schema=GOLD))
    return report


def read_document(silver: dict[str, Any]) -> Document:
    """Return the document that a silver row holds."""
    return Document(
        text=silver["text"],
        elements=tuple(
            Element(**{**element, "headings": tuple(element["headings"] or ())})
            for element in silver["elements"]
        ),
        title=silver["title"],
        language=silver["language"],
        media_type=silver["media_type"],
        pages=silver["pages"],
        metadata=json.loads(silver["metadata"]),
        hidden=tuple(Hidden(**piece) for piece in silver["hidden"] or ()),
    )


def _rows(
    silver: dict[str, Any],
    chunks: list[Chunk],
    chunker_id: str,
    language: Callable[[str, str | None], str | None],
    run_id: str,
) -> list[dict[str, Any]]:
    repeats: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    for chunk in chunks:
        rows.append(
            {
                "doc_id": silver["doc_id"],
                "source_id": silver["source_id"],
                "content_hash": silver["content_hash"],
                "silver_id": silver["silver_id"],
                "chunker_id": chunker_id,
                "ordinal": chunk.ordinal,
                "chunk_id": chunk_id(silver["doc_id"], chunk.text, repeats[chunk.text]),
                "text": chunk.text,
                "embed_text": chunk.embed_text,
                "embed_hash": embed_hash(chunk.embed_text),
                "start": chunk.start,
                "end": chunk.end,
                "page_first": chunk.page_first,
                "page_last": chunk.page_last,
                "headings": list(chunk.headings),
                "tokens": chunk.tokens,
                "table_header": chunk.table_header,
                "cells": chunk.cells,
                "language": language(chunk.text, silver["language"]),
                "run_id": run_id,
            }
        )
        repeats[chunk.text] += 1
    return rows


def coverage(document: Document, chunks: Sequence[Chunk]) -> float:
    """Return the share of the document's characters that are no space and lie in some chunk."""
    covered = end = 0
    for chunk in sorted(chunks, key=lambda c: c.start):
        start = max(chunk.start, end)
        covered += _solid(document.text[start : chunk.end])
        end = max(end, chunk.end)
    whole = _solid(document.text)
    return covered / whole if whole else 1.0


def _solid(text: str) -> int:
    return sum(map(len, text.split()))


def measure(
    metrics: Columns,
    document: Document,
    chunks: Sequence[Chunk],
    rows: Sequence[dict[str, Any]],
    encoder_tokens: Callable[[Sequence[str]], list[int]],
) -> None:
    """Add the measures that the gold suite judges, one row a chunk: no text."""
    counts = encoder_tokens([chunk.embed_text for chunk in chunks])
    covered = coverage(document, chunks)
    for chunk, row, count in zip(chunks, rows, counts, strict=True):
        metrics.add(
            chunk_id=row["chunk_id"],
            doc_id=row["doc_id"],
            tokens=chunk.tokens,
            encoder_tokens=count,
            span_ok=document.text[chunk.start : chunk.end] == chunk.text,
            has_document=True,
            empty=not chunk.text.strip(),
            doc_coverage=covered if chunk.ordinal == 0 else None,
        )
