"""Suggestions and autocompletion as one types: from rows in view, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from indexes.engines.bm25 import word_spans
from indexes.search.analysis import analyzer, surface, tokens
from indexes.search.arms import Hits
from indexes.search.completions import pairs, single
from indexes.search.order import ordered
from indexes.search.select import shape_of, shaped
from indexes.search.typed import query_of, sources_of, texts_of, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexes.search.contract import View
    from indexes.search.definition import Definition
    from indexes.search.plan import Order

Mode = Literal["oneTerm", "twoTerms", "oneTermWithContext"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A row whose text in a source field holds all words. `document` is JSON-ready."""

    key: str
    text: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Completion:
    """What completes a text: the words alone, and with what was typed before them."""

    text: str
    query_plus_text: str


def suggest(
    view: View,
    definition: Definition,
    suggester: str,
    text: str,
    *,
    fields: Sequence[str] = (),
    fuzzy: bool = False,
    order: Sequence[Order] = (),
    select: Sequence[str] | None = None,
    before: str = "",
    after: str = "",
    top: int = 5,
) -> list[Suggestion]:
    """Return rows one of whose source fields holds all words, the last as a beginning.

    The view is narrowed by the request's filter. Sources that are not retrievable stay unread.

    `fields` narrows the suggester's sources. Without `select` a document is its key alone.
    `before` and `after` mark what matches, as far as it was typed. ConfigError for an unknown
    suggester or field, and for a text or `top` out of bounds.
    """
    sources = sources_of(definition, suggester, fields)
    asked = words_of(text, top)
    best: dict[int, tuple[float, str]] = {}
    for path in sources:
        ranked = view.text(query_of(view, path, asked, fuzzy=fuzzy), {path: 1.0})
        for position, score in zip(ranked.positions.tolist(), ranked.scores.tolist(), strict=True):
            if position not in best or score > best[position][0]:
                best[position] = (score, path)
    rows = _by_score(view, best)
    rows = rows[ordered(view, Hits(rows, _scores(best, rows), rows), order)][:top]
    shape = shape_of(definition, [definition.key.name] if select is None else select)
    documents = view.documents(rows, list(shape)) if len(rows) else []
    return [
        Suggestion(
            key,
            _marked(view, best[int(row)][1], int(row), asked, before, after),
            shaped(document, shape),
        )
        for key, row, document in zip(view.keys(rows), rows, documents, strict=True)
    ]


def autocomplete(
    view: View,
    definition: Definition,
    suggester: str,
    text: str,
    *,
    mode: Mode = "oneTerm",
    fields: Sequence[str] = (),
    fuzzy: bool = False,
    before: str = "",
    after: str = "",
    top: int = 5,
) -> list[Completion]:
    """Return what completes the last word, from words of rows in view.

    `oneTerm` completes it alone; `twoTerms` adds the word that follows it in a text;
    `oneTermWithContext` takes the last two words as they stand side by side in a text. The
    commonest comes first. ConfigError as `suggest`.
    """
    sources = sources_of(definition, suggester, fields)
    asked = words_of(text, top)
    start = list(word_spans(text))[-1][0]
    if mode == "oneTerm" or (mode == "oneTermWithContext" and len(asked) == 1):
        found = single(view, sources, asked[-1], top, fuzzy=fuzzy)
    else:
        context = asked[-2] if mode == "oneTermWithContext" else None
        if context is not None:
            start = list(word_spans(text))[-2][0]
        found = pairs(view, sources, asked[-1], context, top, fuzzy=fuzzy)
    typed = len(asked[-1]) + (
        len(asked[-2]) + 1 if mode == "oneTermWithContext" and asked[1:] else 0
    )
    made = []
    for words in found:
        shown = f"{before}{words[:typed]}{after}{words[typed:]}"
        made.append(Completion(shown, text[:start] + shown))
    return made


def _by_score(view: View, best: dict[int, tuple[float, str]]) -> np.ndarray:
    positions = np.array(sorted(best), np.int64)
    keys = dict(zip(positions.tolist(), view.keys(positions), strict=True))
    order = sorted(best, key=lambda position: (-best[position][0], keys[position]))
    return np.array(order, np.int64)


def _scores(best: dict[int, tuple[float, str]], rows: np.ndarray) -> np.ndarray:
    return np.array([best[int(row)][0] for row in rows], np.float32)


def _marked(view: View, path: str, row: int, asked: list[str], before: str, after: str) -> str:
    """Return the text that matched; of a collection the value that holds the most words."""
    name = view.definition.paths[path].analyzer
    terms = {term for word in asked[:-1] for term in analyzer(name)(word)}
    begin = surface(asked[-1])
    chosen: tuple[int, str] = (-1, "")
    for text in next(texts_of(view, path, [row])):
        made, at, count = [], 0, 0
        for start, end, term in tokens(text, name):
            begins = surface(text[start:end]).startswith(begin)
            if not begins and term not in terms:
                continue
            count += 1
            stop = end if term in terms else min(end, start + len(begin))
            made += [text[at:start], before, text[start:stop], after]
            at = stop
        if count > chosen[0]:
            chosen = (count, "".join([*made, text[at:]]))
    return chosen[1]
