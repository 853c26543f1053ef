"""Rows for the benchmark of searching: real texts and their vectors, repeated with edits."""

from __future__ import annotations

import json
import os
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from benchmarks.corpus import page
from freshground.core.settings import LocalEncoder
from indexes.encoders.local import open_local
from indexes.schema import row_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

DIMENSIONS = 384
SCHEMA = row_schema(DIMENSIONS, {})
CHARACTERS = 1000
ENCODED = 400
"""So many texts are encoded; each is then repeated with other words and a vector near by."""
SHARES = {"hundredth": 0.01, "tenth": 0.1, "half": 0.5}
"""Access groups, and the share of the rows that each may read."""
_NOISE = 0.6
_EDITED = 0.2
_BATCH = 5000


def _real() -> Iterator[str]:
    folder = os.environ.get("FRESHGROUND_TEST_DATA")
    if folder:
        for name in ("xquad_en", "covid_qa"):
            corpus = Path(folder) / "retrieval" / name / "corpus.jsonl"
            for line in corpus.read_text(encoding="utf-8").splitlines():
                yield json.loads(line)["text"]
    else:
        yield from (page(number) for number in range(ENCODED))


def passages() -> list[str]:
    """Return texts of about `CHARACTERS`, evenly from all there are."""
    cut = [
        text[at : at + CHARACTERS]
        for text in _real()
        for at in range(0, max(len(text) - CHARACTERS // 2, 1), CHARACTERS)
    ]
    return cut[:: max(1, len(cut) // ENCODED)][:ENCODED]


def encoded(texts: list[str], cache: Path) -> np.ndarray:
    """Return the vectors of texts, float32, by the default encoder."""
    return open_local(LocalEncoder(), cache, str).encode(texts)


class Corpus:
    """Rows made from few texts: the same for the same seed."""

    def __init__(self, texts: list[str], vectors: np.ndarray) -> None:
        self._texts = [text.split() for text in texts]
        self._vectors = vectors
        self._words = [word for text in self._texts for word in text]

    def rows(self, first: int, count: int, seed: int) -> Iterator[pa.Table]:
        """Yield rows `first` to `first + count - 1` in batches."""
        for start in range(first, first + count, _BATCH):
            yield self._batch(range(start, min(start + _BATCH, first + count)), seed)

    def query(self, seed: int) -> tuple[str, np.ndarray]:
        """Return a few words of one text, and a vector near its own."""
        draw = random.Random(seed)
        number = draw.randrange(len(self._texts))
        words = self._texts[number]
        at = draw.randrange(max(len(words) - 8, 1))
        return " ".join(words[at : at + 8]), self._near([number], seed)[0]

    def _near(self, numbers: list[int], seed: int) -> np.ndarray:
        chance = np.random.default_rng([seed, numbers[0], len(numbers)])
        noise = chance.standard_normal((len(numbers), DIMENSIONS)) / DIMENSIONS**0.5
        made = self._vectors[numbers] + _NOISE * noise
        return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)

    def _batch(self, ids: range, seed: int) -> pa.Table:
        draw = random.Random(f"{seed} {ids.start}")
        numbers = [n * 7919 % len(self._texts) for n in ids]
        texts = [self._edited(number, draw) for number in numbers]
        size = len(texts)
        at = datetime(2026, 1, 1, tzinfo=UTC)
        groups = [["all", *(g for g, s in SHARES.items() if draw.random() < s)] for _ in ids]
        columns = {
            "chunk_id": [f"c{n:07}" for n in ids],
            "doc_id": [f"d{n // 8:06}" for n in ids],
            "source_id": ["source"] * size,
            "key": [f"{n // 8}.md" for n in ids],
            "uri": [f"https://intranet.example/{n // 8}.md" for n in ids],
            "title": [text[:40] for text in texts],
            "headings": [[text[40:70]] for text in texts],
            "text": texts,
            "embed_text": [f"{text[:40]}\n{text[40:70]}\n\n{text}" for text in texts],
            "ordinal": [n % 8 for n in ids],
            "start": [0] * size,
            "end": [len(text) for text in texts],
            "page_first": [None] * size,
            "page_last": [None] * size,
            "tokens": [200] * size,
            "language": ["en"] * size,
            "modified_at": [at] * size,
            "stale": [False] * size,
            "groups": groups,
            "metadata": ["{}"] * size,
            "row_hash": [f"{seed}-{n}" for n in ids],
            "indexed_at": [at] * size,
        }
        flat = pa.array(self._near(numbers, seed).reshape(-1))
        vectors = pa.FixedSizeListArray.from_arrays(flat, DIMENSIONS)
        plain = [pa.array(values, SCHEMA.field(name).type) for name, values in columns.items()]
        return pa.table([*plain, vectors.cast(SCHEMA.field("vector").type)], schema=SCHEMA)

    def _edited(self, number: int, draw: random.Random) -> str:
        words = list(self._texts[number])
        for _ in range(int(len(words) * _EDITED)):
            words[draw.randrange(len(words))] = draw.choice(self._words)
        return " ".join(words)
