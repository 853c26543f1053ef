"""`queryType: semantic`: a cross-encoder reorders the first hits, and captions say why.

No package carries a cross-encoder, so the settings name a folder (`serve.reranker`) or the query
is refused. Nothing here generates text: a caption is a passage's own sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freshground.service.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from indexes.search.contract import View
    from indexes.search.definition import Definition
    from indexes.search.plan import Found

    Scores = Callable[[str, Sequence[str]], list[float]]
    """A query and passages -> a score of 0 to 4 for each."""

RERANKED = 50
"""Hits that are read again, as Azure does: those after them keep their order and get no score."""

CAPTION_SENTENCES = 3
"""Sentences of a passage that the cross-encoder reads for its caption."""

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+|\n|$)")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Reread:
    """A hit, the score that the cross-encoder gave it, None past the first 50, and its text."""

    hit: Found
    score: float | None
    text: str


def unavailable(wanted: str = "queryType semantic") -> ApiError:
    """Return the refusal of what needs a cross-encoder where there is none."""
    return ApiError(
        400,
        "SemanticRankingUnavailable",
        f"{wanted} needs a cross-encoder, and this service has none. Ask with queryType simple, "
        "or name a cross-encoder's folder in the settings: serve: {reranker: {path: FOLDER}}.",
    )


def semantic_fields(definition: Definition, configuration: str | None) -> tuple[str, ...]:
    """Return the fields that a semantic configuration reads, the title's first.

    None: the index's default configuration. An index without any reads its searchable texts that
    may be shown. ApiError 400 when there is no configuration of that name.
    """
    semantic: Mapping[str, Any] = definition.raw.get("semantic") or {}
    known = {each["name"]: each for each in semantic.get("configurations") or ()}
    name = configuration or semantic.get("defaultConfiguration")
    if name and name not in known:
        raise ApiError(
            400,
            "UnknownSemanticConfiguration",
            f"Index {definition.name!r} has no semantic configuration {name!r}; it has "
            f"{', '.join(sorted(known)) or 'none'}.",
        )
    if name is None:
        return tuple(path for path, field in definition.texts.items() if field.retrievable)
    fields: Mapping[str, Any] = known[name].get("prioritizedFields") or {}
    title = fields.get("titleField")
    named = [*([title] if title else []), *(fields.get("prioritizedContentFields") or ())]
    return tuple(each["fieldName"] for each in named)


def reread(scores: Scores, query: str, hits: Sequence[Found], texts: Sequence[str]) -> list[Reread]:
    """Return hits in the order in which a cross-encoder puts the first 50; ties keep theirs.

    `texts` are the hits' texts, in the hits' order.
    """
    found = scores(query, texts[:RERANKED])
    known = zip(hits, found, texts, strict=False)
    head = sorted((Reread(*each) for each in known), key=lambda each: -(each.score or 0.0))
    rest = zip(hits[RERANKED:], texts[RERANKED:], strict=True)
    return [*head, *(Reread(hit, None, text) for hit, text in rest)]


def captions(scores: Scores, query: str, texts: Sequence[str]) -> list[dict[str, str] | None]:
    """Return for each text its sentence that answers best, with the query's words marked.

    The cross-encoder chooses among the few sentences that share most words with the query. None
    for a text without words.
    """
    shortlists = [sentences(text, query)[:CAPTION_SENTENCES] for text in texts]
    found = iter(scores(query, [each for part in shortlists for each in part]))
    best: list[dict[str, str] | None] = []
    for shortlist in shortlists:
        ranked = sorted((next(found), -place, each) for place, each in enumerate(shortlist))
        best.append(
            {"text": ranked[-1][2], "highlights": marked(ranked[-1][2], query)} if ranked else None
        )
    return best


def sentences(text: str, query: str) -> list[str]:
    """Return a text's sentences, those first that share most words with a query."""
    words = _words(query)
    parts = (part.strip() for part in _SENTENCE.findall(text))
    found = [part for part in parts if _WORD.search(part)]
    return sorted(found, key=lambda part: -len(words & _words(part)))


def marked(text: str, query: str) -> str:
    """Return a text with the query's words between <em> and </em>; empty when none occurs."""
    words = _words(query)
    found = _WORD.sub(lambda m: f"<em>{m[0]}</em>" if m[0].casefold() in words else m[0], text)
    return found if found != text else ""


def texts_of(view: View, hits: Sequence[Found], fields: Sequence[str]) -> list[str]:
    """Return what is read of each hit: those of the fields that are top-level and may be shown."""
    paths = view.definition.paths
    shown = [p for p in fields if p in paths and paths[p].retrievable and "/" not in p]
    rows = view.documents([hit.position for hit in hits], shown)
    return ["\n".join(str(row[path]) for path in shown if row.get(path)) for row in rows]


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}
