"""`evaluate`: golden questions asked of the live release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.service.query import searcher
from quality.beir import read_judgements, read_queries, read_spans
from quality.retrieval import RankedDoc
from quality.retrieval import evaluate as measure

if TYPE_CHECKING:
    from pathlib import Path

    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context
    from freshground.service.query import Mode


def evaluate(
    context: Context,
    index: IndexSettings,
    queries: Path,
    qrels: Path,
    spans: Path | None,
    mode: Mode,
) -> dict[str, Any]:
    """Return the metrics of the live release, all from that one release."""
    opened = searcher(context, index)
    columns = ["chunk_id", "doc_id", "source_id", "key", "uri", "start", "end"]
    columns += ["text"] if spans else []
    known: dict[str, RankedDoc] = {}

    def search(text: str, count: int) -> list[RankedDoc]:
        ids = [hit.chunk_id for hit in opened.ranked(text, count, mode)]
        missing = [chunk for chunk in ids if chunk not in known]
        for row in opened.reader.rows(columns, chunk_ids=missing).to_pylist():
            names = (row["key"], row["uri"], row["doc_id"], f"{row['source_id']}/{row['key']}")
            known[row["chunk_id"]] = RankedDoc(
                row["doc_id"], names, row["start"], row["end"], row.get("text")
            )
        return [known[chunk] for chunk in ids]

    questions = read_queries(queries)
    answers = read_spans(spans) if spans else None
    report = measure(search, questions, read_judgements(qrels), answers).to_json()
    return {"index": index.id, "release": opened.manifest.release, "mode": mode, **report}
