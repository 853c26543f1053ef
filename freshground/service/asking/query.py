"""Queries: one release, two arms, one fusion, and how fresh the answer is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from freshground.core.clock import iso
from freshground.core.errors import ConfigError
from freshground.service.asking import canary, past
from freshground.service.asking.collapse import distinct, with_copies
from freshground.service.asking.noting import note_question
from freshground.service.asking.serving import open_release
from freshground.service.asking.timing import timed
from freshground.service.freshness.accepted import refuse_stale
from freshground.service.freshness.as_of import freshness
from freshground.service.telemetry.traced import traced_query
from indexes.filters.parse import parse as parse_filter
from indexes.fusion import Calibration, FusedHit, fuse
from indexes.rows import filterable
from indexes.schema import PASSAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    import numpy as np

    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context
    from freshground.service.freshness.as_of import Freshness
    from indexes.engines.contract import Hit
    from indexes.filters.ast import Filter
    from indexes.release import Manifest

Mode = Literal["hybrid", "vector", "text"]

ARM_HITS = 200
"""Hits that each arm gives to the fusion, at least."""

_COLUMNS = (
    "chunk_id", "doc_id", "source_id", "key", "uri", "title", "headings", "text", "start", "end",
    "page_first", "page_last", "table_header", "cells", "tokens", "language", "modified_at",
    "indexed_at", "stale",
    "groups", "metadata", PASSAGE,
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """The hits of one query, best first, all from one release."""

    index: str
    mode: str
    freshness: Freshness
    hits: list[dict[str, Any]]
    canary: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {
            "index": self.index,
            "mode": self.mode,
            "canary": self.canary,
            **self.freshness.as_dict(),
            "hits": self.hits,
        }


class Searcher:
    """One release of one index, opened: every answer of it comes from that release."""

    def __init__(self, context: Context, index: IndexSettings, manifest: Manifest) -> None:
        self._context = context
        self.index = index
        self.manifest = manifest
        self.reader = open_release(context, index, manifest)
        stored = manifest.calibration
        self._calibration = Calibration.from_json(stored) if stored else None

    def found(
        self,
        text: str,
        k: int,
        mode: Mode = "hybrid",
        where: str | None = None,
        groups: frozenset[str] | None = None,
        note: Callable[[np.ndarray, float | None], None] | None = None,
    ) -> list[dict[str, Any]]:
        """Return the best `k` passages, each once, with the other addresses where they stand.

        As `ranked` and `rows`, which know of rows alone. Copies make it look deeper until `k`
        passages are there, or there are no more.
        """
        depth = k
        while True:
            ranked = self.ranked(text, depth, mode, where, groups, note)
            hits = distinct(self.rows(ranked, groups), k)
            if len(hits) == k or len(ranked) < depth:
                return with_copies(self.reader, hits, self._filter(where), groups)
            depth, note = 4 * depth, None

    def _filter(self, where: str | None) -> Filter | None:
        if not where:
            return None
        return parse_filter(where, self.reader.schema, filterable(self.index.fields))

    def ranked(
        self,
        text: str,
        k: int,
        mode: Mode = "hybrid",
        where: str | None = None,
        groups: frozenset[str] | None = None,
        note: Callable[[np.ndarray, float | None], None] | None = None,
    ) -> list[FusedHit]:
        """Return chunk ids with their scores and ranks. ConfigError for a filter that is wrong.

        `note` is told the question's vector, where it has one, and the cosine of the best hit.
        """
        parsed = self._filter(where)
        count = max(2 * k, ARM_HITS) if mode == "hybrid" else k
        by_vector: Sequence[Hit] = ()
        by_text: Sequence[Hit] = ()
        if mode != "text" and text.strip():
            encoder = self._context.encoder(self.index)
            if encoder.space.id != self.manifest.space["id"]:
                raise ConfigError(
                    f"Release {self.manifest.release} of {self.index.id} was embedded by "
                    f"{self.manifest.space['model']}, and the settings name {encoder.space.model}.",
                    "Refresh the index, or query it with --mode text.",
                )
            vector = encoder.encode_query(text)
            by_vector = self.reader.vector(vector, count, parsed, groups)
            if note is not None:
                note(vector, by_vector[0].score if by_vector and parsed is None else None)
        if mode != "vector":
            by_text = self.reader.text(text, count, parsed, groups)
        return fuse(
            [(hit.chunk_id, hit.score) for hit in by_vector],
            [(hit.chunk_id, hit.score) for hit in by_text],
            k,
            self.index.fusion.mode,
            self._calibration,
            query=text,
        )

    def rows(
        self, ranked: Sequence[FusedHit], groups: frozenset[str] | None = None
    ) -> list[dict[str, Any]]:
        """Return the hits with their passages and what is known of them.

        What was denied since they were ranked is left out. An older release may lack a field.
        """
        names = [n for n in (*_COLUMNS, *self.index.fields) if n in self.reader.schema.names]
        ids = [hit.chunk_id for hit in ranked]
        table = self.reader.rows(names, chunk_ids=ids, groups=groups)
        found = {row["chunk_id"]: row for row in table.to_pylist()}
        hits: list[dict[str, Any]] = []
        shown = (hit for hit in ranked if hit.chunk_id in found)
        for rank, hit in enumerate(shown, 1):
            row = found[hit.chunk_id]
            row["source_modified_at"] = iso(row.pop("modified_at"))
            row["indexed_at"] = iso(row["indexed_at"])
            hits.append(
                {
                    "rank": rank,
                    "score": hit.score,
                    "vector_rank": hit.vector_rank,
                    "text_rank": hit.text_rank,
                    "vector_score": hit.vector_score,
                    "text_score": hit.text_score,
                    "release": self.manifest.release,
                    **row,
                }
            )
        return hits


def searcher(
    context: Context,
    index: IndexSettings,
    *,
    release: int | None = None,
    at: datetime | None = None,
) -> Searcher:
    """Open the live release, a numbered one, or the one that served at a moment.

    ConfigError when there is no such release, or retention took it.
    """
    if release is not None and at is not None:
        raise ConfigError("A question is for a release or for a time, not both.", "Leave one out.")
    if release is not None:
        manifest = past.numbered(context, index, release)
    elif at is not None:
        manifest = past.serving_at(context, index, at)
    else:
        manifest = past.live(context, index)
    return Searcher(context, index, manifest)


@traced_query
def query(
    context: Context,
    index: IndexSettings,
    text: str,
    *,
    k: int = 5,
    mode: Mode = "hybrid",
    where: str | None = None,
    groups: frozenset[str] | None = None,
    release: int | None = None,
    at: datetime | None = None,
    max_staleness: timedelta | None = None,
    request: str | None = None,
) -> Answer:
    """Answer from the live release, or from the one that `release` or `at` names.

    While a canary runs, it answers its share of the others: the same `request` (an id of a caller,
    a session or a query) always, or never.

    `groups` None is the owner, who sees all that is not denied to everybody. TooStale when what
    would answer is older than `max_staleness`, or nobody knows how old it is.
    """
    context.lake.queries.add(index.id)

    def note(vector: np.ndarray, best: float | None) -> None:
        note_question(context, index, text, vector, best)

    def ask(opened: Searcher) -> Answer:
        state = freshness(context, index, opened.manifest)
        refuse_stale(index.id, state, max_staleness)
        hits = opened.found(text, k, mode, where, groups, note)
        return Answer(index.id, mode, state, hits)

    def answered() -> Answer:
        trial = canary.running(context, index) if release is None and at is None else None
        if trial is None:
            return ask(searcher(context, index, release=release, at=at))
        found, by_canary = canary.answer(
            context,
            index,
            trial,
            request,
            lambda manifest: ask(Searcher(context, index, manifest)),
            lambda answer: len(answer.hits),
        )
        return replace(found, canary=by_canary)

    return timed(context, index.id, answered, lambda answer: len(answer.hits))
