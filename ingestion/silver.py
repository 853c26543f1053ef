"""Writes silver: documents parsed and cleansed, or set aside with a reason."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from freshground.core.columns import Columns
from freshground.core.errors import Quarantine
from freshground.lake.schemas import SILVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from freshground.core.records import Document
    from freshground.lake.lake import Lake

BATCH_DOCUMENTS = 200
BATCH_CHARS = 8_000_000


@dataclass
class SilverReport:
    """Counts of one pass, the documents newly set aside, and the metrics for the checks."""

    parsed: int = 0
    quarantined: list[dict[str, str]] = field(default_factory=list)
    metrics: Columns = field(default_factory=Columns)


def write(
    lake: Lake,
    pending: Sequence[dict[str, Any]],
    silver_id: str,
    parse_all: Callable[
        [Iterator[tuple[int, bytes, str]]], Iterator[tuple[int, Document | Quarantine]]
    ],
    run_id: str,
    progress: Callable[[int], None],
    before_commit: Callable[[Columns], None],
) -> SilverReport:
    """Parse the objects of bronze rows and write each batch in one commit.

    `parse_all` takes (place, bytes, key) of each object, and gives (place, document or refusal) of
    each in any order. Killed anywhere, the ledger names the rest again. `before_commit` is given
    the measures of all documents that the next commit completes.
    """
    report = SilverReport()
    rows: list[dict[str, Any]] = []
    chars = 0

    def flush() -> None:
        nonlocal chars
        before_commit(report.metrics)
        lake.silver.append(pa.Table.from_pylist(rows, schema=SILVER))
        rows.clear()
        chars = 0

    for place, document in _each(lake, pending, parse_all):
        bronze = pending[place]
        row = {
            "doc_id": bronze["doc_id"],
            "source_id": bronze["source_id"],
            "content_hash": bronze["content_hash"],
            "silver_id": silver_id,
            "parsed_at": lake.clock.now(),
            "run_id": run_id,
        }
        if isinstance(document, Quarantine):
            why = {"rule": document.rule, "reason": str(document)}
            rows.append({**row, "status": "quarantined", **why})
            report.quarantined.append({"doc_id": bronze["doc_id"], "uri": bronze["uri"], **why})
        else:
            rows.append({**row, "status": "ok", **columns(document)})
            report.parsed += 1
            report.metrics.add(**measures(bronze["doc_id"], document))
            chars += len(document.text)
        progress(1)
        if len(rows) >= BATCH_DOCUMENTS or chars >= BATCH_CHARS:
            flush()
    flush()
    return report


def _each(
    lake: Lake,
    pending: Sequence[dict[str, Any]],
    parse_all: Callable[
        [Iterator[tuple[int, bytes, str]]], Iterator[tuple[int, Document | Quarantine]]
    ],
) -> Iterator[tuple[int, Document | Quarantine]]:
    for place, bronze in enumerate(pending):
        if bronze["rule"]:
            yield place, Quarantine(bronze["rule"], bronze["reason"])
    yield from parse_all(
        (place, lake.blobs.get(bronze["content_hash"]), bronze["key"])
        for place, bronze in enumerate(pending)
        if not bronze["rule"]
    )


def columns(document: Document) -> dict[str, Any]:
    """Return the columns of a silver row that hold a document."""
    return {
        "title": document.title,
        "language": document.language,
        "media_type": document.media_type,
        "pages": document.pages,
        "text": document.text,
        "elements": [asdict(element) for element in document.elements],
        "metadata": json.dumps(
            dict(document.metadata), sort_keys=True, ensure_ascii=False, default=str
        ),
        "hidden": [asdict(piece) for piece in document.hidden],
    }


def measures(doc_id: str, document: Document) -> dict[str, Any]:
    """Return the measures that the silver suite judges: no text."""
    end = 0
    in_order = True
    for element in document.elements:
        in_order &= end <= element.start <= element.end <= len(document.text)
        end = element.end
    return {
        "doc_id": doc_id,
        "chars": len(document.text),
        "elements": len(document.elements),
        "spans_ok": in_order,
        "title_present": document.title is not None,
        "language": document.language,
        "replacement_share": document.text.count("\ufffd") / max(1, len(document.text)),
    }
