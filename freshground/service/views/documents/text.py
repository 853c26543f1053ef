"""A document's text beside its chunks: what was cut where, in pages of chunks.

Only one page of it is ever turned into objects: a document of 10 MB costs as much as its row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from freshground.lake.tables import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pyarrow as pa

    from freshground.service.context import Context

CHUNKS = 20
"""Chunks on a page."""

CHARS = 6_000
"""Characters of one passage that are shown, and of a page of a document that nobody has cut."""

_PIECES = 400
"""Pieces of one passage that are told apart."""


def cuts(context: Context, doc_id: str, content_hash: str, silver_id: str) -> pa.Table:
    """Return the chunks of a version by chunker and order: ids, spans, pages, tokens; no text."""
    return context.lake.gold.rows(
        'SELECT chunker_id, ordinal, chunk_id, start, t."end" AS "end", page_first, page_last, '
        f"headings, tokens FROM t WHERE doc_id = {quoted([doc_id])} "
        f"AND content_hash = {quoted([content_hash])} AND silver_id = {quoted([silver_id])} "
        "ORDER BY chunker_id, ordinal, chunk_id"
    )


def passages(
    text: str,
    elements: pa.Array | None,
    chunks: Sequence[Mapping[str, Any]],
    *,
    denied: Collection[str] = (),
    chunk: str = "",
    page: int = 1,
) -> dict[str, Any]:
    """Return a page of the text: `blocks` in order, each a chunk, or text that is in none.

    `chunks` have chunk_id, ordinal, start, end, page_first, page_last, headings and tokens, in
    order. The page is the one that holds `chunk`, where that is given. A block has kind (chunk or
    gap), start, end, `pieces` and, of a chunk, what `chunks` says of it; a piece has text, kind
    (the element's), level, page, `shared` (the chunk before holds it too) and `cut` (characters
    left out at its end). Chunks that are `denied` have no pieces.
    """
    if not chunks:
        return _uncut(text, elements, page)
    place = next((n for n, c in enumerate(chunks) if c["chunk_id"] == chunk), None)
    pages = -(-len(chunks) // CHUNKS)
    page = place // CHUNKS + 1 if place is not None else min(max(1, page), pages)
    first = (page - 1) * CHUNKS
    shown = chunks[first : first + CHUNKS]
    end = max((c["end"] for c in chunks[:first]), default=0)
    near = _near(elements, min(end, shown[0]["start"]), shown[-1]["end"])
    blocks: list[dict[str, Any]] = []
    for own in shown:
        if own["start"] > end and text[end : own["start"]].strip():
            blocks.append(_gap(text, near, end, own["start"]))
        pieces = [] if own["chunk_id"] in denied else _pieces(text, near, own, end)
        blocks.append(
            {"kind": "chunk", **own, "denied": own["chunk_id"] in denied, **pieces_of(pieces)}
        )
        end = max(end, own["end"])
    if page == pages and text[end:].strip():
        blocks.append(_gap(text, _near(elements, end, len(text)), end, len(text)))
    return {"blocks": blocks, "page": page, "pages": pages, "chunks": len(chunks)}


def pieces_of(pieces: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the pieces of a block, as many as are shown, and how many are not."""
    return {"pieces": pieces[:_PIECES], "more": max(0, len(pieces) - _PIECES)}


def _uncut(text: str, elements: pa.Array | None, page: int) -> dict[str, Any]:
    pages = max(1, -(-len(text) // CHARS))
    page = min(max(1, page), pages)
    start, end = (page - 1) * CHARS, min(len(text), page * CHARS)
    blocks = [_gap(text, _near(elements, start, end), start, end)] if text else []
    return {"blocks": blocks, "page": page, "pages": pages, "chunks": 0}


def _gap(text: str, near: Sequence[Mapping[str, Any]], start: int, end: int) -> dict[str, Any]:
    span = {"start": start, "end": end}
    return {"kind": "gap", **span, **pieces_of(_pieces(text, near, span, start))}


def _near(elements: pa.Array | None, start: int, end: int) -> list[dict[str, Any]]:
    """Return the elements that touch a span: they are in order and do not overlap."""
    if elements is None or not len(elements):
        return []
    starts = np.asarray(elements.field("start"))
    ends = np.asarray(elements.field("end"))
    first = int(np.searchsorted(ends, start, side="right"))
    last = int(np.searchsorted(starts, end, side="left"))
    return elements.slice(first, max(0, last - first)).to_pylist()


def _pieces(
    text: str, near: Sequence[Mapping[str, Any]], span: Mapping[str, Any], shared_until: int
) -> list[dict[str, Any]]:
    """Return a span in pieces: cut at elements, and where the chunk before ends."""
    start, end = span["start"], min(span["end"], span["start"] + CHARS)
    found: list[dict[str, Any]] = []

    def add(a: int, b: int, element: Mapping[str, Any] | None) -> None:
        for one, other in ((a, min(b, max(a, shared_until))), (max(a, min(b, shared_until)), b)):
            if one < other and (element is not None or text[one:other].strip()):
                found.append(
                    {
                        "text": text[one:other],
                        "kind": element["kind"] if element else "text",
                        "level": element["level"] if element else None,
                        "page": element["page"] if element else None,
                        "shared": other <= shared_until,
                        "cut": 0,
                    }
                )

    at = start
    for element in near:
        a, b = max(element["start"], at), min(element["end"], end)
        if a >= b:
            continue
        add(at, a, None)
        add(a, b, element)
        at = b
    add(at, end, None)
    if end < span["end"] and found:
        found[-1]["cut"] = span["end"] - end
    return found
