"""How a searchable text is cut into words, and words into the terms that queries compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from indexes.engines import bm25
from indexes.engines.bm25 import SEGMENTED, SIMPLE, fold, word_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Token(NamedTuple):
    """A word of a text: where it stands, and its term; None for a stop word."""

    start: int
    end: int
    term: str | None


def analyzer(name: str | None) -> Callable[[str], list[str]]:
    """Return text -> terms of an analyzer; None is SIMPLE. ConfigError for one unknown."""
    return bm25.analyzer(name or SIMPLE).terms


def cut(name: str | None) -> Callable[[str], list[str]]:
    """Return text -> words as they stand there, in lower case; pairs of scripts without spaces."""
    return bm25.analyzer(name or SIMPLE).cut


def units(text: str, names: Iterable[str | None]) -> list[str]:
    """Return the words of a query that are looked for each by itself, in fields of analyzers.

    Where one of them cuts scripts without spaces to pairs, a question in such a script asks for
    its pairs: as one run it would hardly ever be found.
    """
    return cut(next(filter(segmented, names), None))(text)


def segmented(name: str | None) -> bool:
    """Return whether an analyzer cuts scripts without spaces to pairs."""
    return name is not None and name.lower() in SEGMENTED


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
