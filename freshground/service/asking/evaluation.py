"""`evaluate`: golden questions asked of the live release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.service.asking.query import searcher
from quality.beir import read_judgements, read_queries, read_spans
from quality.retrieval import RankedDoc
from quality.retrieval import evaluate as measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from freshground.core.settings import IndexSettings
    from freshground.service.asking.query import Mode, Searcher
    from freshground.service.context import Context


class Hits:
    """Searches one release, and names the documents of its hits as judgements may name them.

    `texts` adds the passages, which judging by spans needs. `aliases` adds names by doc_id.
    """

    def __init__(
        self,
        opened: Searcher,
        *,
        texts: bool,
        aliases: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._opened = opened
        self._columns = ["chunk_id", "doc_id", "source_id", "key", "uri", "start", "end"]
        self._columns += ["text"] if texts else []
        self._aliases = aliases or {}
        self._known: dict[str, RankedDoc] = {}

    def search(
        self, text: str, count: int, mode: Mode = "hybrid", groups: frozenset[str] | None = None
    ) -> list[RankedDoc]:
        """Return the best `count` hits. Rows that were read once are not read again.

        What was denied since they were ranked is left out.
        """
        ranked = self._opened.ranked(text, count, mode, groups=groups)
        ids = [hit.chunk_id for hit in ranked]
        missing = [chunk for chunk in ids if chunk not in self._known]
        rows = self._opened.reader.rows(self._columns, chunk_ids=missing) if missing else None
        for row in rows.to_pylist() if rows is not None else ():
            names = (*names_of(row), *self._aliases.get(row["doc_id"], ()))
            self._known[row["chunk_id"]] = RankedDoc(
                row["doc_id"], names, row["start"], row["end"], row.get("text")
            )
        return [self._known[chunk] for chunk in ids if chunk in self._known]


def names_of(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Return the names by which judgements may call a document."""
    return row["key"], row["uri"], row["doc_id"], f"{row['source_id']}/{row['key']}"


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
    hits = Hits(opened, texts=spans is not None)

    def search(text: str, count: int) -> list[RankedDoc]:
        return hits.search(text, count, mode)

    questions = read_queries(queries)
    answers = read_spans(spans) if spans else None
    report = measure(search, questions, read_judgements(qrels), answers).to_json()
    return {"index": index.id, "release": opened.manifest.release, "mode": mode, **report}
