"""Which texts are alike: candidates by signature, then the exact check, once for each two texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from freshground.service.duplicates.signing import COLUMNS
from quality.duplicates.candidates import candidates
from quality.duplicates.compare import Alike, compare
from quality.duplicates.signatures import read
from quality.duplicates.words import plain, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from freshground.lake.ledger import Current
    from freshground.service.context import Context
    from freshground.service.duplicates.signing import Signature
    from quality.duplicates.words import Words

PAIRS_AT_ONCE = 2_000
BYTES_AT_ONCE = 16_000_000
"""Pairs whose words are in memory at a time, and the bytes that their objects have."""

_KEY = ("duplicates", "compared")


class Pair(NamedTuple):
    """Two texts by hash, in order, that may be alike. `same_numbers`: as far as signatures tell."""

    one: str
    other: str
    similarity: float
    same_numbers: bool


def likely(signed: Iterable[Signature], threshold: float) -> list[Pair]:
    """Return pairs of different texts whose signatures are about as alike as `threshold`."""
    texts = dict(signed)
    names = sorted(texts)
    if not names:
        return []
    hashed, numbers = read([texts[name] for name in names])
    found = candidates(hashed, numbers, threshold)
    same = np.all(numbers[found.one] == numbers[found.other], axis=1)
    places = zip(
        found.one.tolist(), found.other.tolist(), found.similarity.tolist(), same, strict=True
    )
    return [Pair(names[a], names[b], score, bool(s)) for a, b, score, s in places]


def compared(
    context: Context, pairs: Sequence[Pair], documents: dict[str, Current]
) -> dict[tuple[str, str], Alike]:
    """Return how the texts of pairs agree, (one, other) as in the pairs.

    `documents` maps each text to a document that has it. Two texts are compared once as long as
    this process lives: what a text is never changes.
    """
    known: dict[tuple[str, str], Alike] = context.memory.setdefault(_KEY, {})
    missing = [pair for pair in pairs if (pair.one, pair.other) not in known]
    for part in _portions(missing, documents):
        words = _words(context, {text for pair in part for text in pair[:2]}, documents)
        for pair in part:
            if pair.one in words and pair.other in words:
                known[pair.one, pair.other] = compare(words[pair.one], words[pair.other])
    return {key: known[key] for pair in pairs if (key := (pair.one, pair.other)) in known}


def _portions(pairs: Sequence[Pair], documents: dict[str, Current]) -> Iterator[list[Pair]]:
    """Yield pairs whose texts fit into memory. Each portion reads the lake once."""
    part: list[Pair] = []
    size = 0
    for pair in pairs:
        own = sum(documents[text].row["size"] or 0 for text in pair[:2])
        if part and (size + own > BYTES_AT_ONCE or len(part) == PAIRS_AT_ONCE):
            yield part
            part, size = [], 0
        part.append(pair)
        size += own
    if part:
        yield part


def _words(context: Context, texts: set[str], documents: dict[str, Current]) -> dict[str, Words]:
    by_id = {documents[text].doc_id: text for text in texts}
    silver = context.ledger.silver_rows([documents[text] for text in texts], COLUMNS)
    return {
        by_id[row["doc_id"]]: words_of(plain(row["title"], row["text"]))
        for row in silver.to_pylist()
    }
