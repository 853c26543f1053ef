"""Passages of a hit with the words that matched between tags. Texts are not escaped for HTML."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexes.search.analysis import analyzer, surface, tokens
from indexes.search.text import AllOf, AnyOf, Phrase, Prefix, Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from indexes.search.analysis import Token
    from indexes.search.contract import View
    from indexes.search.plan import SearchPlan
    from indexes.search.text import TextQuery

    Span = tuple[int, int]

SHORT = 200
"""A text of so many characters is one passage."""
LONG = 400
"""A longer sentence is cut around its marks."""
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|\n+")


@dataclass(slots=True)
class Wanted:
    """What of a query can be marked in a field: terms, runs of terms, and beginnings."""

    terms: set[str] = dataclasses.field(default_factory=set)
    phrases: list[list[str]] = dataclasses.field(default_factory=list)
    prefixes: list[str] = dataclasses.field(default_factory=list)


def highlights(view: View, positions: np.ndarray, plan: SearchPlan) -> list[dict[str, list[str]]]:
    """Return the passages of each row by field; a field without a match is left out.

    Fields that the text arm did not search are marked as well: a managed index searches a text
    that holds title and headings too, and shows its parts. What is not retrievable stays hidden.
    """
    marked: list[dict[str, list[str]]] = [{} for _ in positions]
    asked, text = plan.highlight, plan.text
    if asked is None or text is None or not len(positions):
        return marked
    for path, count in asked.fields.items():
        field = view.definition.paths[path]
        if not field.retrievable:
            continue
        name = field.analyzer
        wanted = wanted_of(text.query, name)
        for row, value in zip(marked, view.column(path, positions).to_pylist(), strict=True):
            texts = [value] if isinstance(value, str) else value or ()
            found = [
                passage
                for each in texts
                for passage in passages(
                    each, spans_of(each, name, wanted), count, asked.before, asked.after
                )
            ]
            if found:
                row[path] = found[:count]
    return marked


def wanted_of(query: TextQuery, name: str | None) -> Wanted:
    """Return what a query asks for, cut by a field's analyzer; what it excludes left out."""
    wanted = Wanted()
    _collect(query, name, wanted)
    return wanted


def _collect(query: TextQuery, name: str | None, wanted: Wanted) -> None:
    match query:
        case Words(text):
            wanted.terms.update(analyzer(name)(text))
        case Phrase(text):
            terms = analyzer(name)(text)
            if terms:
                wanted.phrases.append(terms)
        case Prefix(text):
            begin = surface(text)
            if begin:
                wanted.prefixes.append(begin)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                _collect(part, name, wanted)


def spans_of(text: str, name: str | None, wanted: Wanted) -> list[Span]:
    """Return where a text matches, in order; spans that overlap are one. Phrases are one span."""
    found = tokens(text, name)
    spans = [(token.start, token.end) for token in found if _single(text, token, wanted)]
    kept = [token for token in found if token.term is not None]
    for terms in wanted.phrases:
        held = [token.term for token in kept]
        spans += [
            (kept[at].start, kept[at + len(terms) - 1].end)
            for at in range(len(held) - len(terms) + 1)
            if held[at] == terms[0] and held[at : at + len(terms)] == terms
        ]
    return list(_merged(sorted(spans)))


def _single(text: str, token: Token, wanted: Wanted) -> bool:
    if token.term in wanted.terms:
        return True
    if not wanted.prefixes:
        return False
    word = surface(text[token.start : token.end])
    return any(word.startswith(begin) for begin in wanted.prefixes)


def _merged(spans: list[Span]) -> Iterator[Span]:
    current: Span | None = None
    for start, end in spans:
        if current is not None and start < current[1]:
            current = (current[0], max(current[1], end))
            continue
        if current is not None:
            yield current
        current = (start, end)
    if current is not None:
        yield current


def passages(text: str, spans: list[Span], count: int, before: str, after: str) -> list[str]:
    """Return up to `count` passages that hold a span, marked, in the order of the text.

    A short text is one passage; else sentences are, those with the most marks first chosen.
    """
    if not spans:
        return []
    pieces = [(0, len(text))] if len(text) <= SHORT else list(_sentences(text))
    held: list[tuple[Span, list[Span]]] = []
    next_span = 0
    for start, end in pieces:
        inside = []
        while next_span < len(spans) and spans[next_span][0] < end:
            inside.append(spans[next_span])
            next_span += 1
        if inside:
            # A phrase may run over the end of a sentence.
            held.append((_cut(text, (start, max(end, inside[-1][1])), inside), inside))
    best = sorted(range(len(held)), key=lambda at: (-len(held[at][1]), at))[:count]
    return [_tagged(text, *held[at], before, after) for at in sorted(best)]


def _sentences(text: str) -> Iterator[Span]:
    start = 0
    for gap in _SENTENCE_END.finditer(text):
        if gap.start() > start:
            yield start, gap.start()
        start = gap.end()
    if start < len(text):
        yield start, len(text)


def _cut(text: str, piece: Span, inside: list[Span]) -> Span:
    """Return a long piece's part around its marks, cut between words."""
    start, end = piece
    if end - start <= LONG:
        return piece
    middle = (inside[0][0] + min(inside[-1][1], inside[0][0] + SHORT)) // 2
    left, right = max(start, middle - SHORT), min(end, middle + SHORT)
    if left > start:
        space = text.find(" ", left, inside[0][0])
        left = space + 1 if space >= 0 else min(left, inside[0][0])
    if right < end:
        space = text.rfind(" ", inside[0][1], right)
        right = space if space >= 0 else max(right, inside[0][1])
    return left, max(right, inside[0][1])


def _tagged(text: str, piece: Span, inside: list[Span], before: str, after: str) -> str:
    made = []
    at = piece[0]
    for start, end in inside:
        if end > piece[1]:
            break
        made += [text[at:start], before, text[start:end], after]
        at = end
    return "".join([*made, text[at : piece[1]]])
