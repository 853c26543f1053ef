"""What a full-text query means: the tree that the simple syntax is parsed to.

Words are as the user wrote them; each field's analyzer cuts and stems them when it is searched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Everything:
    """Matches every row, with a score of 1."""


@dataclass(frozen=True, slots=True)
class Words:
    """Plain text: the terms that the analyzer finds in it, any of them or, with `every`, all."""

    text: str
    every: bool = False


@dataclass(frozen=True, slots=True)
class Prefix:
    """Matches terms that begin so. It is not stemmed; each match scores 1."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """The terms of a text, in this order, side by side."""

    text: str


@dataclass(frozen=True, slots=True)
class Except:
    """Matches the rows that the part does not match, with a score of 0."""

    part: TextQuery


@dataclass(frozen=True, slots=True)
class AllOf:
    """All parts match, each in some field; scores add up."""

    parts: tuple[TextQuery, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part matches; scores of those that do add up."""

    parts: tuple[TextQuery, ...]


TextQuery = Everything | Words | Prefix | Phrase | Except | AllOf | AnyOf


def plain_words(query: TextQuery) -> Iterator[str]:
    """Yield the words of a query in their order; what it excludes, and its signs, left out."""
    match query:
        case Words(text) | Prefix(text) | Phrase(text):
            yield text
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from plain_words(part)
