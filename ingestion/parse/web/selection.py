"""The blocks of a page that are its content.

The extractor says which words are; a block is kept where most of its words are. Headings and code
that stand between what is kept go with it. Where the extractor found too little of a page that is
no article - documentation, an index, a form letter - the page keeps all but its plain site parts.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ingestion.parse.web.alignment import covered, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.parse.blocks import Block

MIN_SHARE = 0.5
MIN_WORDS = 40
"""Words that an extraction must have, else it is no article."""

MIN_PROSE_SHARE = 0.4
MIN_PROSE_SHARE_OF_ARTICLE = 0.15
"""The least share of a page's running text that an extraction must hold. What says of itself that
it is an article may have more text of readers below it than of its own."""

MAX_LINKED = 0.65
MIN_SHARE_OF_INDEX = 0.15
"""A page that is links for the most part, and of which so little was taken, is an index."""

PROSE_WORDS = 15
_SENTENCE = re.compile("[.!?:;\u3002\uff01\uff1f\u0964\u061f]")


class Rest(NamedTuple):
    """A page without its marked site parts: the blocks, and how many characters are links.

    `is_article` is what the page says of itself.
    """

    blocks: Sequence[Block]
    linked: int
    is_article: bool


def select(blocks: Sequence[Block], rest: Rest, paragraphs: Sequence[str]) -> list[Block]:
    """Return the blocks that are content.

    `blocks` are those of the whole page, `paragraphs` what an extractor took for content.
    """
    extracted = [words(paragraph) for paragraph in paragraphs]
    if sum(map(len, extracted)) < MIN_WORDS:
        return list(rest.blocks)
    units, owners = _units(blocks)
    counts = covered(units, extracted)
    kept = _kept(blocks, units, owners, counts)
    return list(rest.blocks) if _misses(kept, rest) else kept


def _units(blocks: Sequence[Block]) -> tuple[list[list[str]], list[tuple[int, str]]]:
    """Return the words of each line of each block, and the block's place and the line."""
    units: list[list[str]] = []
    owners: list[tuple[int, str]] = []
    for place, block in enumerate(blocks):
        lines = [block.text] if block.kind in {"code", "table"} else block.text.split("\n")
        for line in lines:
            units.append(words(line))
            owners.append((place, line))
    return units, owners


def _kept(
    blocks: Sequence[Block],
    units: Sequence[Sequence[str]],
    owners: Sequence[tuple[int, str]],
    counts: Sequence[int],
) -> list[Block]:
    lines: dict[int, list[str]] = {}
    for unit, (place, line), count in zip(units, owners, counts, strict=True):
        if unit and count >= MIN_SHARE * len(unit):
            lines.setdefault(place, []).append(line)
    if not lines:
        return []
    first, last = min(lines), max(lines)
    kept: list[Block] = []
    for place, block in enumerate(blocks):
        if place in lines:
            kept.append(replace(block, text="\n".join(lines[place])))
        elif first < place < last and (
            block.kind == "code" or (place + 1 in lines and _goes_with(block, blocks[place + 1]))
        ):
            kept.append(block)
    return kept


def _goes_with(block: Block, after: Block) -> bool:
    """Whether a block is the heading of what follows, or the caption of a table."""
    return block.kind == "heading" or (block.kind == "caption" and after.kind == "table")


def _misses(kept: Sequence[Block], rest: Rest) -> bool:
    """Whether the page has much more to say than what is kept of it."""
    size, whole = _size(kept), _size(rest.blocks)
    if size >= 0.8 * whole:
        return False
    if not rest.is_article and rest.linked > MAX_LINKED * whole:
        return size < MIN_SHARE_OF_INDEX * whole
    least = MIN_PROSE_SHARE_OF_ARTICLE if rest.is_article else MIN_PROSE_SHARE
    return _prose(kept) < least * _prose(rest.blocks)


def _size(blocks: Sequence[Block]) -> int:
    return sum(len(block.text) for block in blocks)


def _prose(blocks: Sequence[Block]) -> int:
    """Return how many characters are code, tables, or lines long enough to be sentences."""
    size = 0
    for block in blocks:
        if block.kind in {"code", "table"}:
            size += len(block.text)
            continue
        for line in block.text.split("\n"):
            if len(words(line)) >= PROSE_WORDS and _SENTENCE.search(line):
                size += len(line)
    return size
