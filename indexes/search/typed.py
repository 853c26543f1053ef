"""What suggestions and completions share: the text as typed, and where it is looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.errors import ConfigError
from indexes.engines.bm25 import word_spans
from indexes.search.near_words import near_words
from indexes.search.text import AllOf, AnyOf, Prefix, Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from indexes.search.contract import View
    from indexes.search.definition import Definition
    from indexes.search.text import TextQuery

MAX_CHARACTERS = 100
MAX_TOP = 100


def sources_of(definition: Definition, suggester: str, fields: Sequence[str]) -> tuple[str, ...]:
    """Return the source fields of a suggester, or those of `fields`; retrievable ones alone."""
    known = definition.suggesters.get(suggester)
    if known is None:
        names = ", ".join(definition.suggesters) or "none"
        raise ConfigError(
            f"The index {definition.name!r} has no suggester {suggester!r}.",
            f"Suggesters: {names}.",
        )
    for path in fields:
        if path not in known:
            raise ConfigError(
                f"The field {path!r} is no source of the suggester {suggester!r}.",
                f"Sources: {', '.join(known)}.",
            )
    return tuple(p for p in fields or known if definition.paths[p].retrievable)


def words_of(text: str, top: int) -> list[str]:
    """Return the words of a text; ConfigError when it or `top` is out of bounds."""
    if not 1 <= len(text) <= MAX_CHARACTERS:
        raise ConfigError(
            f"The text to complete has {len(text)} characters.",
            f"Give 1 to {MAX_CHARACTERS}.",
        )
    if not 1 <= top <= MAX_TOP:
        raise ConfigError(f"{top} suggestions were asked for.", f"Ask for 1 to {MAX_TOP}.")
    asked = [text[start:end] for start, end in word_spans(text)]
    if not asked:
        raise ConfigError("The text to complete holds no word.", "Give letters or digits.")
    return asked


def query_of(view: View, path: str, asked: list[str], *, fuzzy: bool) -> TextQuery:
    """Return the query for rows that hold all words, the last as a beginning."""
    parts: list[TextQuery] = []
    for place, word in enumerate(asked):
        prefix = place == len(asked) - 1
        near = near_words(view, path, word, prefix=prefix) if fuzzy else []
        exact: TextQuery = Prefix(word) if prefix else Words(word)
        parts.append(AnyOf((exact, *(Words(each) for each in near))) if near else exact)
    return AllOf(tuple(parts))


def texts_of(view: View, path: str, rows: Sequence[int] | np.ndarray) -> Iterator[list[str]]:
    """Yield the texts of a field, row by row: one, or those of a collection."""
    for value in view.column(path, rows).to_pylist():
        yield [value] if isinstance(value, str) else value or []
