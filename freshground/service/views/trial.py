"""What a question finds, and why: an answer as `freshground query --json` gives it, explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freshground.service.asking.trying import tried

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from freshground.service.asking.query import Mode, Searcher
    from freshground.service.context import Context

DEEP = 1_000
"""Hits of an arm among which the rank of a hit of the other arm is looked for."""

AROUND = 700
"""Characters of the passages before and after a hit that are shown."""

_BREAK = 3
"""Characters between two passages that are no more than a paragraph's end."""

LONGEST = 8_000
"""Characters of a passage in which words are marked."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a release, and as whom."""

    text: str
    groups: frozenset[str]
    mode: Mode = "hybrid"
    k: int = 5
    where: str | None = None


def trial(context: Context, opened: Searcher, wish: Wish) -> dict[str, Any]:
    """Return an answer, and of each hit why it was found and what stands around it. JSON-ready.

    `answer` is what `freshground query --json` prints for the same groups; `hits` are in its order.
    ConfigError for a filter that cannot be used.
    """
    answer = tried(
        context,
        opened,
        wish.text,
        k=wish.k,
        mode=wish.mode,
        where=wish.where,
        groups=wish.groups,
    )
    index = opened.index
    arms = {arm: _arm(opened, wish, answer.hits, arm) for arm in ("vector", "text")}
    around = _around(opened, answer.hits, wish.groups)
    asked = _terms(wish.text, index.language)
    hits = [
        {
            **_words(hit, wish.text, asked, index.language),
            "arms": {name: _place(arms[name], hit["chunk_id"]) for name in arms},
            "around": around[hit["chunk_id"]],
        }
        for hit in answer.hits
    ]
    empty = None if answer.hits else _why_empty(opened, wish, asked)
    return {"answer": answer.as_dict(), "hits": hits, "empty": empty}


def _arm(
    opened: Searcher, wish: Wish, hits: Sequence[dict[str, Any]], arm: Mode
) -> tuple[dict[str, tuple[int, float]], int]:
    """Return rank and score of chunks in one arm, and how deep it was looked into."""
    rank, score = f"{arm}_rank", f"{arm}_score"
    found = {h["chunk_id"]: (h[rank], h[score]) for h in hits if h[rank] is not None}
    if len(found) == len(hits):
        return found, DEEP
    ranked = opened.ranked(wish.text, DEEP, arm, wish.where, wish.groups)
    return {
        each.chunk_id: (getattr(each, rank), getattr(each, score)) for each in ranked
    } | found, len(ranked)


def _place(arm: tuple[dict[str, tuple[int, float]], int], chunk_id: str) -> dict[str, Any]:
    rank, score = arm[0].get(chunk_id, (None, None))
    return {"rank": rank, "score": score, "looked_at": arm[1]}


def _terms(text: str, language: str) -> dict[str, str]:
    """Return the words of a question that are looked for, by the term that is made of each."""
    from indexes.search.analysis import tokens

    found: dict[str, str] = {}
    for token in tokens(text, language):
        if token.term is not None:
            found.setdefault(token.term, text[token.start : token.end])
    return found


def _words(hit: dict[str, Any], text: str, asked: dict[str, str], language: str) -> dict[str, Any]:
    """Return a passage in pieces, marked where a word of the question stands, and which those are.

    The words of title and headings count as well: the text arm searches them with the passage.
    """
    from indexes.search.analysis import tokens
    from indexes.search.highlight import spans_of, wanted_of
    from indexes.search.text import Words

    passage = hit["text"][:LONGEST]
    spans = spans_of(passage, language, wanted_of(Words(text), language))
    above = " ".join((hit["title"] or "", *hit["headings"]))[:LONGEST]
    held = {token.term for part in (passage, above) for token in tokens(part, language)}
    return {
        "pieces": _pieces(passage, spans),
        "left": max(len(hit["text"]) - LONGEST, 0),
        "words": [{"word": word, "found": term in held} for term, word in asked.items()],
    }


def _pieces(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[str, bool]]:
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, end in spans:
        pieces += [(text[at:start], False), (text[start:end], True)]
        at = end
    return [piece for piece in [*pieces, (text[at:], False)] if piece[0]]


def _around(
    opened: Searcher, hits: Sequence[dict[str, Any]], groups: frozenset[str]
) -> dict[str, dict[str, Any]]:
    """Return what the release holds of a hit's document before and after it, as far as it is read.

    `before_gap` and `after_gap` say that between the two there is text that is not served.
    """
    documents = list(dict.fromkeys(hit["doc_id"] for hit in hits))
    if not documents:
        return {}
    reader = opened.reader
    spans = reader.rows(["chunk_id", "doc_id", "start", "end"], doc_ids=documents, groups=groups)
    places: dict[str, list[dict[str, Any]]] = {}
    for row in _in_order(spans):
        places.setdefault(row["doc_id"], []).append(row)
    near: dict[str, tuple[dict[str, Any] | None, dict[str, Any] | None]] = {}
    for hit in hits:
        own = places.get(hit["doc_id"], [])
        before = [p for p in own if (p["start"], p["end"]) < (hit["start"], hit["end"])]
        after = [p for p in own if (p["start"], p["end"]) > (hit["start"], hit["end"])]
        near[hit["chunk_id"]] = (before[-1] if before else None, after[0] if after else None)
    wanted = {p["chunk_id"] for pair in near.values() for p in pair if p is not None}
    table = reader.rows(["chunk_id", "text"], chunk_ids=sorted(wanted), groups=groups)
    texts = {row["chunk_id"]: row["text"] for row in table.to_pylist()} if wanted else {}
    return {hit["chunk_id"]: _between(hit, *near[hit["chunk_id"]], texts) for hit in hits}


def _in_order(spans: pa.Table) -> list[dict[str, Any]]:
    return spans.sort_by([("start", "ascending"), ("end", "ascending")]).to_pylist()


def _between(
    hit: dict[str, Any],
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    texts: dict[str, str],
) -> dict[str, Any]:
    # Neighbours may overlap the hit: what stands in both is shown once, in the hit.
    lead = texts.get(before["chunk_id"], "") if before else ""
    if before and before["end"] > hit["start"]:
        lead = lead[: max(hit["start"] - before["start"], 0)]
    tail = texts.get(after["chunk_id"], "") if after else ""
    if after and after["start"] < hit["end"]:
        tail = tail[hit["end"] - after["start"] :]
    return {
        "before": lead[-AROUND:],
        "before_cut": len(lead) > AROUND,
        "before_gap": bool(before) and hit["start"] - before["end"] > _BREAK,
        "after": tail[:AROUND],
        "after_cut": len(tail) > AROUND,
        "after_gap": bool(after) and after["start"] - hit["end"] > _BREAK,
    }


def _why_empty(opened: Searcher, wish: Wish, asked: dict[str, str]) -> str:
    """Return why nothing was found. What these groups may not read is neither counted nor named."""
    from indexes.filters.parse import parse
    from indexes.rows import filterable

    reader = opened.reader
    readable = reader.count(None, wish.groups)
    if not readable:
        return "This release holds no passage that these groups may read."
    if wish.where:
        where = parse(wish.where, reader.schema, filterable(opened.index.fields))
        if not reader.count(where, wish.groups):
            return f"None of the {readable:,} passages that these groups may read pass the filter."
    if wish.mode == "text" or not wish.text.strip():
        if not asked:
            return "The question holds no word that is looked for, only stop words or signs."
        words = ", ".join(list(asked.values())[:20])
        return f"No passage that these groups may read holds any of the words: {words}."
    return "Nothing was near enough in either arm."
