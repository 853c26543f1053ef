"""How a searchable text is cut into words, and words into the terms that queries compare."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from indexes.engines.bm25 import fold, tokenizer, word_spans, words

if TYPE_CHECKING:
    from collections.abc import Callable

SIMPLE = "simple"
"""The analyzer of words as they are, case and accents folded: no stems, no stop words."""


class Token(NamedTuple):
    """A word of a text: where it stands, and its term; None for a stop word."""

    start: int
    end: int
    term: str | None


@lru_cache(maxsize=32)
def analyzer(name: str | None) -> Callable[[str], list[str]]:
    """Return text -> terms of an analyzer; None is SIMPLE. ConfigError for one unknown."""
    if name is None or name == SIMPLE:
        return lambda text: [plain for word in words(text) if (plain := fold(word))]
    return tokenizer(name)


def tokens(text: str, name: str | None) -> list[Token]:
    """Return the words of a text with the terms that the analyzer `name` makes of them."""
    terms = analyzer(name)
    found: list[Token] = []
    for start, end in word_spans(text):
        made = terms(text[start:end])
        found.append(Token(start, end, made[0] if made else None))
    return found


def surface(word: str) -> str:
    """Return a word as `Prefix` compares it: case and accents folded, not stemmed."""
    return fold(word.lower())
