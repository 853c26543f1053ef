"""Which texts are alike: candidates by signature, then the exact check, once for each two texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from quality.duplicates.candidates import candidates
from quality.duplicates.compare import Alike, compare
from quality.duplicates.signatures import read
from quality.duplicates.words import plain, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from freshground.lake.ledger import Current
    from freshground.service.context import Context
    from freshground.service.duplicates.signing import Signature
    from quality.duplicates.words import Words

TEXTS_AT_ONCE = 64
"""Texts whose words are in memory at a time, beside those that they are compared with."""

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
    # Pairs come in the order of their first text: a portion of them shares most texts.
    for start in range(0, len(missing), TEXTS_AT_ONCE):
        part = missing[start : start + TEXTS_AT_ONCE]
        words = _words(context, {text for pair in part for text in pair[:2]}, documents)
        for pair in part:
            if pair.one in words and pair.other in words:
                known[pair.one, pair.other] = compare(words[pair.one], words[pair.other])
    return {key: known[key] for pair in pairs if (key := (pair.one, pair.other)) in known}


def _words(context: Context, texts: set[str], documents: dict[str, Current]) -> dict[str, Words]:
    by_id = {documents[text].doc_id: text for text in texts}
    silver = context.ledger.silver_rows([documents[text] for text in texts])
    return {
        by_id[row["doc_id"]]: words_of(plain(row["title"], row["text"]))
        for row in silver.select(["doc_id", "title", "text"]).to_pylist()
    }
