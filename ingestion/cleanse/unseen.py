"""What readers do not see, gathered from everything a parser gave, each piece with its place."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from ingestion.parse.hidden.bounded import bounded
from ingestion.parse.hidden.characters import spelt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from freshground.core.records import Element, Hidden
    from ingestion.parse.blocks import Block, Parsed


def gather(
    parsed: Parsed, blocks: Sequence[Block], elements: Sequence[Element]
) -> tuple[Hidden, ...]:
    """Return the hidden text of a document: of its own, of its blocks, and of their characters.

    `blocks` are those that are left of the parsed ones, each with its element. What stood before a
    block that was left out is kept without a place.
    """
    # Pieces pass through cleansing as the objects they are, which tells where they went.
    places = {
        id(piece): element.start
        for block, element in zip(blocks, elements, strict=True)
        for piece in block.hidden
    }
    carried = (
        replace(piece, at=places.get(id(piece)), page=piece.page or block.page)
        for block in parsed.blocks
        for piece in block.hidden
    )
    return bounded(chain(parsed.hidden, carried, _spelt(parsed)))


def _spelt(parsed: Parsed) -> Iterator[Hidden]:
    for text in (parsed.title or "", *map(str, parsed.metadata.values())):
        yield from spelt(text)
    for block in parsed.blocks:
        if not block.text.isascii():
            for piece in spelt(block.text):
                yield replace(piece, page=block.page)
