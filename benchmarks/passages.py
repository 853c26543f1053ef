"""Passages with real vectors: real texts encoded once, then repeated with edits up to any size.

With FRESHGROUND_TEST_DATA they are articles and proposals, else made-up pages. An edited passage
has a tenth of its words from another one, and its vector is turned by as much.
"""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import corpus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHARACTERS = 1000
TURNED = 0.3
"""Length of the random vector that is added to an edited passage's: cosines of about 0.96."""


@dataclass(frozen=True)
class Passages:
    """Texts and vectors, float32 of shape (count, dimensions), and questions to ask of them."""

    texts: list[str]
    vectors: np.ndarray
    questions: list[str]


def real(encoder: Any, count: int) -> Passages:
    """Return `count` passages, encoded."""
    data = os.environ.get("FRESHGROUND_TEST_DATA")
    texts, questions = _shared(Path(data)) if data else _made_up()
    step = max(1, len(texts) // count)
    chosen = texts[::step][:count]
    return Passages(chosen, encoder.encode(chosen), questions)


def repeated(base: Passages, count: int, seed: int = 1) -> Iterator[tuple[list[str], np.ndarray]]:
    """Yield `count` passages in batches: the base's own, then edits of them."""
    draw, chance = random.Random(seed), np.random.default_rng(seed)
    size = len(base.texts)
    for start in range(0, count, size):
        rows = range(min(size, count - start))
        if start == 0 and seed == 1:
            yield base.texts[: len(rows)], base.vectors[: len(rows)]
            continue
        texts = [_edited(base.texts[n], base.texts[draw.randrange(size)], draw) for n in rows]
        vectors = base.vectors[: len(rows)]
        noise = chance.normal(size=vectors.shape).astype(np.float32)
        noise *= TURNED / np.linalg.norm(noise, axis=1, keepdims=True)
        turned = vectors + noise
        yield texts, turned / np.linalg.norm(turned, axis=1, keepdims=True)


def _edited(text: str, other: str, draw: random.Random) -> str:
    words, taken = text.split(), other.split()
    for _ in range(max(1, len(words) // 10)):
        words[draw.randrange(len(words))] = draw.choice(taken)
    return " ".join(words)


def _shared(data: Path) -> tuple[list[str], list[str]]:
    texts: list[str] = []
    questions: list[str] = []
    for name in ("covid_qa", "xquad_en"):
        folder = data / "retrieval" / name
        for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines():
            texts += _cut(json.loads(line)["text"])
        lines = (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()
        questions += [json.loads(line)["text"] for line in lines]
    for path in sorted((data / "history" / "peps" / "base").rglob("*.rst")):
        texts += _cut(path.read_text(encoding="utf-8", errors="replace"))
    random.Random(7).shuffle(questions)
    return texts, questions


def _made_up() -> tuple[list[str], list[str]]:
    texts = [piece for number in range(3000) for piece in _cut(corpus.page(number))]
    draw = random.Random(3)
    return texts, [corpus.paragraph(draw, 1) for _ in range(2000)]


def _cut(text: str) -> Sequence[str]:
    pieces = [text[at : at + CHARACTERS] for at in range(0, len(text), CHARACTERS)]
    return [piece for piece in pieces if piece.strip()]
