"""Words, and runs of two, that complete what was typed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from indexes.engines.bm25 import word_spans
from indexes.search.analysis import surface
from indexes.search.near_words import near_words
from indexes.search.typed import query_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexes.search.contract import View

_ROWS_READ = 300
"""Rows whose texts are read for runs of words: the best of those that match."""


def single(view: View, sources: Sequence[str], word: str, top: int, *, fuzzy: bool) -> list[str]:
    """Return words that begin so, the best of each field first."""
    places: dict[str, int] = {}
    for path in sources:
        found = view.words(path, word, top)
        if fuzzy:
            found += near_words(view, path, word, prefix=True)
        for place, each in enumerate(dict.fromkeys(found)):
            places[each] = min(place, places.get(each, place))
    return sorted(places, key=lambda each: (places[each], each))[:top]


def pairs(
    view: View, sources: Sequence[str], word: str, context: str | None, top: int, *, fuzzy: bool
) -> list[str]:
    """Return runs of two words, of which the completed one is the first or, after context, last."""
    counts: Counter[str] = Counter()
    for path in sources:
        near = (
            {surface(each) for each in near_words(view, path, word, prefix=True)} if fuzzy else ()
        )
        begin = surface(word)
        asked = [word] if context is None else [context, word]
        ranked = view.text(query_of(view, path, asked, fuzzy=fuzzy), {path: 1.0})
        for texts in texts_of(view, path, ranked.positions[:_ROWS_READ]):
            held: set[str] = set()
            for text in texts:
                words = [text[start:end].lower() for start, end in word_spans(text)]
                plain = [surface(each) for each in words]
                for at, each in enumerate(plain):
                    if not each.startswith(begin) and each not in near:
                        continue
                    if context is None:
                        held.add(" ".join(words[at : at + 2]))
                    elif at and plain[at - 1] == surface(context):
                        held.add(f"{words[at - 1]} {words[at]}")
            counts.update(held)
    return sorted(counts, key=lambda pair: (-counts[pair], pair))[:top]
