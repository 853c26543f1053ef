"""Writes vectors: each text once in each embedding space, a commit a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from freshground.lake.schemas import VECTORS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from freshground.core.records import Encoder
    from freshground.lake.lake import Lake
    from freshground.lake.ledger import Current, Ledger

READ_DOCUMENTS = 200
WINDOW_TEXTS = 2_048
COMMIT_TEXTS = 256
"""What a kill can cost: the texts of one commit are embedded again."""


@dataclass
class EmbedReport:
    """Texts needed, those that were embedded now, and those left for lack of tokens.

    `tokens` are tiktoken's of what was embedded, headings reckoned by their length. `sources` tells
    texts and tokens by source; a text that several hold counts for the one it was first met in.
    """

    needed: int = 0
    embedded: int = 0
    deferred: int = 0
    tokens: float = 0.0
    sources: dict[str, tuple[int, float]] = field(default_factory=dict)

    def count(self, source_id: str, texts: int, tokens: float) -> None:
        """Note what was embedded of a source."""
        before = self.sources.get(source_id, (0, 0.0))
        self.sources[source_id] = (before[0] + texts, before[1] + tokens)

    def __add__(self, other: EmbedReport) -> EmbedReport:
        whole = EmbedReport(
            self.needed + other.needed,
            self.embedded + other.embedded,
            self.deferred + other.deferred,
            self.tokens + other.tokens,
            dict(self.sources),
        )
        for source_id, (texts, tokens) in other.sources.items():
            whole.count(source_id, texts, tokens)
        return whole


def write(
    lake: Lake,
    ledger: Ledger,
    documents: Sequence[Current],
    chunker_id: str,
    encoder: Callable[[], Encoder],
    space_id: str,
    run_id: str,
    progress: Callable[[int], None],
    *,
    most_tokens: float | None = None,
    one_anyway: bool = False,
) -> EmbedReport:
    """Embed the chunk texts of documents that the space does not know yet.

    `encoder` is called only when there is something to embed. Texts are sorted by length within a
    window, so that a batch pads little; `progress` counts texts. Once `most_tokens` would be
    passed, the other texts are left; the first goes in any case with `one_anyway`.
    """
    report = EmbedReport()
    known = ledger.known_vectors(space_id) if documents else set()
    waiting: dict[str, str] = {}
    tokens: dict[str, float] = {}
    sources = {document.doc_id: document.row["source_id"] for document in documents}
    source_of: dict[str, str] = {}

    def spend(least: int) -> None:
        nonlocal waiting
        while len(waiting) > least:
            window = sorted(waiting.items(), key=lambda item: (len(item[1]), item[0]))
            for start in range(0, len(window), COMMIT_TEXTS):
                batch = window[start : start + COMMIT_TEXTS]
                sizes = [tokens.pop(key) for key, _ in batch]
                count, spent = _affordable(sizes, report, most_tokens, one_anyway=one_anyway)
                report.tokens += spent
                report.deferred += len(batch) - count
                batch = batch[:count]
                if not batch:
                    continue
                vectors = encoder().encode([text for _, text in batch], progress)
                _commit(lake, space_id, [key for key, _ in batch], vectors, run_id)
                report.embedded += len(batch)
                for (key, _), size in zip(batch, sizes, strict=False):
                    report.count(source_of.pop(key), 1, size)
            waiting = {}

    for start in range(0, len(documents), READ_DOCUMENTS):
        rows = ledger.gold_rows(documents[start : start + READ_DOCUMENTS], chunker_id)
        hashes = rows.column("embed_hash").to_pylist()
        texts = rows.column("embed_text").to_pylist()
        report.needed += len(hashes)
        lengths = pc.utf8_length(rows.column("text")).to_pylist()
        counts = rows.column("tokens").to_pylist()
        of = [sources[doc_id] for doc_id in rows.column("doc_id").to_pylist()]
        for key, text, count, own, source in zip(hashes, texts, counts, lengths, of, strict=True):
            if key not in known:
                known.add(key)
                waiting[key] = text
                tokens[key] = count * len(text) / max(1, own)
                source_of[key] = source
        spend(WINDOW_TEXTS - 1)
    spend(0)
    return report


def _affordable(
    tokens: Sequence[float], report: EmbedReport, most: float | None, *, one_anyway: bool
) -> tuple[int, float]:
    """Return how many texts of a batch may be embedded, from its start, and their tokens."""
    if most is None:
        return len(tokens), sum(tokens)
    if report.deferred:
        return 0, 0.0
    total = 0.0
    for place, count in enumerate(tokens):
        free = one_anyway and not (report.embedded or place)
        if report.tokens + total + count > most and not free:
            return place, total
        total += count
    return len(tokens), total


def _commit(lake: Lake, space_id: str, hashes: list[str], vectors: np.ndarray, run_id: str) -> None:
    width = vectors.shape[1]
    flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).reshape(-1))
    offsets = pa.array(np.arange(0, len(hashes) * width + 1, width, dtype=np.int32))
    columns = [
        pa.array([space_id] * len(hashes)),
        pa.array(hashes),
        pa.ListArray.from_arrays(offsets, flat),
        pa.array([run_id] * len(hashes)),
    ]
    lake.vectors.append(pa.Table.from_arrays(columns, schema=VECTORS))
