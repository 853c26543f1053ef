"""Signs the texts of documents: once each version, so that a refresh of ten edits signs ten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from freshground.lake.ledger import in_shard
from freshground.lake.schemas import SIGNATURES
from freshground.lake.tables import quoted
from quality.duplicates.signatures import MADE_BY, sign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.lake.ledger import Current
    from freshground.service.context import Context

READ_DOCUMENTS = 500
BATCH_ROWS = 5_000

COLUMNS = ("doc_id", "source_id", "content_hash", "silver_id", "title", "text")
"""What is read of silver: elements would take longer than the texts."""

Version = tuple[str, str, str]
"""doc_id, content_hash, silver_id."""

Signature = tuple[str, bytes]
"""The hash of a text, and its signature."""


def version_of(document: Current) -> Version:
    """Return what names the text that a document is to be served as."""
    return document.doc_id, document.content_hash or "", document.silver_id or ""


def signatures(context: Context) -> dict[Version, Signature]:
    """Return all signatures that were made by the present method."""
    return context.lake.signatures.kept(("signatures", MADE_BY), lambda: _read(context))


def _read(context: Context) -> dict[Version, Signature]:
    names = ("doc_id", "content_hash", "silver_id", "text_hash", "signature")
    table = context.lake.signatures.rows(
        f"SELECT {', '.join(names)} FROM t WHERE made_by = {quoted([MADE_BY])}"
    )
    rows = zip(*(table.column(name).to_pylist() for name in names), strict=True)
    return {(doc, content, silver): (text, blob) for doc, content, silver, text, blob in rows}


def unsigned(context: Context, documents: Sequence[Current]) -> list[Current]:
    """Return those of documents that are to be served and whose text is not signed."""
    known = signatures(context)
    return [d for d in documents if d.content_hash is not None and version_of(d) not in known]


def wanted(context: Context, source_id: str) -> bool:
    """Return whether an index over a source leaves near-duplicates out."""
    return any(
        source_id in index.sources and index.duplicates.near != "keep_all"
        for index in context.settings.indexes
    )


def sign_all(
    context: Context, documents: Sequence[Current], shard: tuple[int, int] | None = None
) -> int:
    """Sign what is not signed; return how many were. Killed anywhere, the rest is signed later."""
    pending = [d for d in unsigned(context, documents) if in_shard(d.doc_id, shard)]
    rows: list[dict[str, Any]] = []
    for start in range(0, len(pending), READ_DOCUMENTS):
        part = pending[start : start + READ_DOCUMENTS]
        for row in context.ledger.silver_rows(part, COLUMNS).to_pylist():
            made = sign(row.pop("title"), row.pop("text"))
            rows.append({**row, **made._asdict(), "made_by": MADE_BY, "run_id": context.run_id})
        if len(rows) >= BATCH_ROWS:
            context.lake.signatures.append(pa.Table.from_pylist(rows, schema=SIGNATURES))
            rows = []
    context.lake.signatures.append(pa.Table.from_pylist(rows, schema=SIGNATURES))
    return len(pending)
