"""Builds a candidate: an isolated version of an index, the live one with a plan applied."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from freshground.core.columns import Columns
from freshground.core.errors import Fatal, Retriable
from freshground.core.ids import embed_hash, hash_add, hash_sum, hash_text
from indexes.plan import Served, state_hash
from indexes.rows import DocumentHead, build_rows, with_vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from freshground.core.settings import IndexField
    from freshground.lake.ledger import Current, Ledger
    from indexes.engines.contract import Candidate, Engine, Reader
    from indexes.plan import IndexPlan

BATCH_DOCUMENTS = 100

_DOCUMENTS = pa.schema(
    [
        ("doc_id", pa.string()),
        ("state_hash", pa.string()),
        ("chunks", pa.int32()),
        ("rows_hash", pa.string()),
    ]
)


class VectorsMissing(Retriable):
    """Texts of the plan have no vector yet: they came after this run's embed stage."""


@dataclass(frozen=True)
class Recipe:
    """How an index's rows are made; `id` changes when rows would."""

    id: str
    chunker_id: str
    space_id: str
    fields: Mapping[str, IndexField]
    schema: pa.Schema


@dataclass
class Built:
    """A finished candidate. `served` describes its documents, `metrics` the rows written."""

    version: str
    served: dict[str, Served]
    rows: int
    rows_hash: int
    rows_written: int
    rows_removed: int
    metrics: Columns


def build(
    engine: Engine,
    ledger: Ledger,
    index_id: str,
    candidate_id: str,
    plan: IndexPlan,
    recipe: Recipe,
    parent: tuple[Reader, dict[str, Served], bool] | None,
    indexed_at: datetime,
    progress: Callable[[int], None],
) -> Built:
    """Apply a plan to the parent's version, or to nothing.

    `parent` is its reader, its documents, and whether its vectors are of the same space. A
    failure leaves the parent as it is. `progress` counts documents. Raises VectorsMissing when
    a text of the plan is not embedded.
    """
    reader, before, same_space = parent or (None, {}, False)
    candidate = engine.begin(index_id, candidate_id, reader.version if reader else None)
    served = dict(before)
    metrics = Columns()
    written = removed = 0
    total = hash_sum(hash_text(s.rows_hash) for s in before.values())
    try:
        for start in range(0, len(plan.removed), BATCH_DOCUMENTS):
            gone = plan.removed[start : start + BATCH_DOCUMENTS]
            old = _old_rows(reader, gone, vectors=False)
            candidate.delete(old.column("chunk_id").to_pylist())
            removed += old.num_rows
            for doc_id in gone:
                total = hash_add(total, 0, served.pop(doc_id).rows_hash)
        for start in range(0, len(plan.written), BATCH_DOCUMENTS):
            batch = plan.written[start : start + BATCH_DOCUMENTS]
            rows = _rows_of(ledger, batch, recipe, indexed_at)
            old_ids = _replace(candidate, reader, ledger, batch, rows, recipe, same_space, metrics)
            written += len(rows)
            removed += old_ids
            for document in batch:
                own = [row["row_hash"] for row in rows if row["doc_id"] == document.doc_id]
                new = Served(
                    document.doc_id, state_hash(document, recipe.id), len(own), hash_sum(own)
                )
                known = served.get(document.doc_id)
                total = hash_add(total, new.rows_hash, known.rows_hash if known else 0)
                served[document.doc_id] = new
            progress(len(batch))
        version = candidate.finish()
    except BaseException:
        candidate.abandon()
        raise
    count = sum(s.chunks for s in served.values())
    return Built(version, served, count, total, written, removed, metrics)


def _rows_of(
    ledger: Ledger, batch: Sequence[Current], recipe: Recipe, indexed_at: datetime
) -> list[dict[str, Any]]:
    heads = ledger.silver_heads(batch)
    chunks: dict[str, list[dict[str, Any]]] = {document.doc_id: [] for document in batch}
    for chunk in ledger.gold_rows(batch, recipe.chunker_id).to_pylist():
        chunks[chunk["doc_id"]].append(chunk)
    rows: list[dict[str, Any]] = []
    for document in batch:
        head = heads.get(document.doc_id)
        if head is None or not chunks[document.doc_id]:
            raise Fatal(
                f"Document {document.row['key']} has no rows in silver or gold.",
                "Run `freshground refresh` again; if it stays so, the lake is damaged.",
            )
        rows += build_rows(
            document, DocumentHead(**head), chunks[document.doc_id], recipe.fields, indexed_at
        )
    return rows


def _old_rows(reader: Reader | None, doc_ids: Sequence[str], *, vectors: bool) -> pa.Table:
    names = ["chunk_id", *(("embed_text", "vector") if vectors else ())]
    if reader is None or not doc_ids:
        return pa.table({name: pa.array([], pa.string()) for name in names})
    return reader.rows(names, doc_ids=list(doc_ids))


def _replace(
    candidate: Candidate,
    reader: Reader | None,
    ledger: Ledger,
    batch: Sequence[Current],
    rows: list[dict[str, Any]],
    recipe: Recipe,
    same_space: bool,  # noqa: FBT001 - one of the parent's three facts
    metrics: Columns,
) -> int:
    """Write a batch's rows in place of its old ones; return how many old ones there were."""
    old = _old_rows(reader, [document.doc_id for document in batch], vectors=same_space)
    vectors: dict[str, np.ndarray] = {}
    if same_space and old.num_rows:
        texts = old.column("embed_text").to_pylist()
        stored = old.column("vector").combine_chunks()
        matrix = stored.flatten().to_numpy().reshape(len(texts), -1)
        vectors = {embed_hash(text): matrix[n] for n, text in enumerate(texts)}
    missing = sorted({row["embed_hash"] for row in rows} - vectors.keys())
    vectors.update(ledger.vectors(recipe.space_id, missing))
    lost = [key for key in missing if key not in vectors]
    if lost:
        raise VectorsMissing(
            f"{len(lost)} chunk texts have no vector in the index's embedding space yet.",
            "The run that brought them makes them, or the next `freshground refresh`.",
        )
    gone = set(old.column("chunk_id").to_pylist()) - {row["chunk_id"] for row in rows}
    candidate.delete(sorted(gone))
    table = with_vectors(rows, vectors, recipe.schema)
    candidate.upsert(table)
    for row in rows:
        vector = vectors[row["embed_hash"]]
        metrics.add(
            chunk_id=row["chunk_id"],
            doc_id=row["doc_id"],
            vector_length=len(vector),
            vector_norm=float(np.linalg.norm(vector)),
            has_document=True,
            row_hash=row["row_hash"],
        )
    return old.num_rows


@dataclass(frozen=True, slots=True)
class Found:
    """What is really in a candidate."""

    rows: int
    documents: int
    rows_hash: int
    twice: int


def inspect(reader: Reader) -> Found:
    """Read ids and row hashes back from the engine, in bounded memory."""
    total = rows = 0
    chunk_ids: set[str] = set()
    documents: set[str] = set()
    for batch in reader.scan(["chunk_id", "doc_id", "row_hash"]):
        rows += batch.num_rows
        total = hash_add(total, hash_sum(batch.column("row_hash").to_pylist()))
        chunk_ids.update(batch.column("chunk_id").to_pylist())
        documents.update(batch.column("doc_id").to_pylist())
    return Found(rows, len(documents), total, rows - len(chunk_ids))


def pack(served: Mapping[str, Served]) -> bytes:
    """Return the documents of a release as a Parquet file."""
    ordered = [served[doc_id] for doc_id in sorted(served)]
    table = pa.table(
        [
            [s.doc_id for s in ordered],
            [s.state_hash for s in ordered],
            [s.chunks for s in ordered],
            [hash_text(s.rows_hash) for s in ordered],
        ],
        schema=_DOCUMENTS,
    )
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def unpack(data: bytes) -> dict[str, Served]:
    """Return the documents that `pack` wrote."""
    table = pq.read_table(io.BytesIO(data))
    columns = (table.column(name).to_pylist() for name in _DOCUMENTS.names)
    return {
        doc_id: Served(doc_id, state, chunks, int(total, 16))
        for doc_id, state, chunks, total in zip(*columns, strict=True)
    }
