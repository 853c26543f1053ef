"""An edit changes the chunks near it and no others."""

from __future__ import annotations

import random
import re
from statistics import mean
from typing import TYPE_CHECKING

import pytest
from chunking_documents import Parts, article, chunker, document, minilm, prose
from hypothesis import given, settings
from hypothesis import strategies as st

from chunking.anchors import AHEAD, BACK
from chunking.meter import FULL

if TYPE_CHECKING:
    from pathlib import Path

    from freshground.core.records import Chunk

pytestmark = pytest.mark.slow

MAX_TOKENS = 100
# The tokens within which an edit may move an anchor, and the chunk that the anchor ends.
WINDOW = MAX_TOKENS * (BACK + AHEAD + 2 * FULL) // FULL


def split(parts: Parts) -> list[Chunk]:
    return chunker(MAX_TOKENS, limit=400).split(document(parts))


def changed(before: list[Chunk], after: list[Chunk]) -> int:
    return len({chunk.text for chunk in after} - {chunk.text for chunk in before})


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), where=st.integers(0, 59), headings=st.booleans())
def test_chunks_above_an_edit_are_untouched(seed: int, where: int, headings: bool) -> None:
    parts = article(seed, 60, headings=headings)
    edited = [*parts[:where], ("text", prose(seed + 7, 3)), *parts[where:]]
    at = len(document(parts[:where]).text)
    before, after = split(parts), split(edited)
    budget = WINDOW
    above = [chunk for chunk in before if chunk.end <= at]
    while above and budget > 0:
        budget -= above.pop().tokens
    assert after[: len(above)] == above


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), where=st.integers(0, 59), headings=st.booleans())
def test_chunks_below_an_edit_resynchronise(seed: int, where: int, headings: bool) -> None:
    parts = article(seed, 60, headings=headings)
    edited = [*parts[:where], ("text", prose(seed + 7, 3)), *parts[where:]]
    before, after = split(parts), split(edited)
    grown = len(document(edited).text) - len(document(parts).text)
    old = [(chunk.start + grown, chunk.text) for chunk in before]
    new = [(chunk.start, chunk.text) for chunk in after]
    same = next(
        (i for i, (a, b) in enumerate(zip(old[::-1], new[::-1], strict=False)) if a != b), 99
    )
    edit = len(document(parts[:where]).text) + grown
    below = sum(chunk.tokens for chunk in after[: len(after) - same] if chunk.start > edit)
    # Anchors lie two chunks apart on average; five times that without one is out of the question.
    assert below <= 10 * MAX_TOKENS


def _prose_articles() -> list[Parts]:
    return [article(seed, 40, headings=seed % 2 == 0) for seed in range(30)]


def test_an_appended_paragraph_costs_one_chunk() -> None:
    costs = []
    for i, parts in enumerate(_prose_articles()):
        costs.append(changed(split(parts), split([*parts, ("text", prose(i + 500, 3))])))
    assert mean(costs) <= 1.15
    assert max(costs) <= 3


def test_a_paragraph_put_in_or_taken_out_costs_few_chunks() -> None:
    costs = []
    for i, parts in enumerate(_prose_articles()):
        where = random.Random(i).randrange(1, len(parts))
        before = split(parts)
        costs.append(
            changed(before, split([*parts[:where], ("text", prose(i, 3)), *parts[where:]]))
        )
        costs.append(changed(before, split([*parts[:where], *parts[where + 1 :]])))
    assert mean(costs) <= 2.5
    assert sorted(costs)[int(len(costs) * 0.95)] <= 6


def test_long_prose_fills_its_chunks() -> None:
    chunks = [chunk for seed in range(10) for chunk in split(article(seed, 60))]
    assert mean(chunk.tokens for chunk in chunks) >= 0.6 * MAX_TOKENS


@pytest.mark.slow
def test_real_texts_resynchronise(shared_data: Path) -> None:
    splitter = chunker(200, counter=minilm, limit=256)
    appended, inserted = [], []
    files = sorted((shared_data / "history" / "peps" / "base").rglob("*.rst"))[::20]
    assert files
    for i, file in enumerate(files):
        texts = re.split(r"\n\s*\n", file.read_text(encoding="utf-8"))
        parts: Parts = [("text", text) for text in texts if text.strip()]
        where = random.Random(i).randrange(len(parts))
        new = ("text", prose(i, 4))
        before = splitter.split(document(parts))
        appended.append(changed(before, splitter.split(document([*parts, new]))))
        inserted.append(
            changed(before, splitter.split(document([*parts[:where], new, *parts[where:]])))
        )
    assert mean(appended) <= 1.15
    assert mean(inserted) <= 2.5
