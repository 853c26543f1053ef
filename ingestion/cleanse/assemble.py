"""From blocks to the document: cleansed, joined, every element with its exact span."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from freshground.core import cells
from freshground.core.records import Document, Element
from ingestion.cleanse import characters, furniture, hyphens, language, mojibake, unseen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.parse.blocks import Block, Parsed

MAX_TITLE = 300
MAX_TABLES = 2_000
_PROSE = frozenset({"title", "text", "list_item", "caption", "footnote", "notes", "heading"})


def assemble(parsed: Parsed) -> Document:
    """Return the cleansed document: elements joined by a blank line, list items by a line break.

    `text` is empty when nothing is left. `title` is the declared one, else the only top heading
    where it opens the document; a heading that is the title becomes an element of kind `title`.
    """
    kept = furniture.drop_furniture(parsed.blocks, parsed.pages)
    mended, damaged = mojibake.repair(hyphens.rejoin(kept))
    blocks = _cleanse(mended)
    declared = _title(mojibake.repair_line(parsed.title))
    blocks, title = _with_title(blocks, declared)
    text, elements = _join(blocks)
    metadata = dict(parsed.metadata)
    if damaged:
        metadata["mojibake_repaired"] = damaged
    if tables := _tables(blocks):
        metadata[cells.TABLES] = tables
    hidden = unseen.gather(parsed, blocks, elements)
    return Document(
        text=text,
        elements=elements,
        title=title,
        language=language.detect(_prose(blocks)) if text else None,
        media_type=parsed.media_type,
        pages=parsed.pages,
        metadata=metadata,
        hidden=hidden,
    )


def _tables(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """Return where the lines of tables stand in their sheets, for `freshground.core.cells`."""
    found = [(place, block) for place, block in enumerate(blocks) if block.grid is not None]
    return [
        cells.described(place, *block.grid)
        for place, block in found[:MAX_TABLES]
        # Cleansing may leave nothing of a line; then its place is not known any more.
        if block.grid and block.text.count("\n") + 1 == len(block.grid.rows)
    ]


def _cleanse(blocks: Sequence[Block]) -> list[Block]:
    wrapped = [block.text for block in blocks if block.wrapped and block.kind != "code"]
    words = hyphens.vocabulary(wrapped)
    cleansed = []
    for block in blocks:
        if block.kind == "code":
            text = characters.clean_code(block.text)
        else:
            text = hyphens.unwrap(block.text, words) if block.wrapped else block.text
            text = characters.clean_prose(text)
            if block.kind in {"title", "heading"}:
                text = text.replace("\n", " ")
        if text.strip():
            cleansed.append(replace(block, text=text))
    return cleansed


def _title(declared: str | None) -> str | None:
    text = characters.clean_prose(declared or "").replace("\n", " ")
    return text[:MAX_TITLE].rstrip() or None


def _with_title(blocks: list[Block], declared: str | None) -> tuple[list[Block], str | None]:
    """Find the heading that is the title and mark it; return the blocks and the title."""
    for block in blocks:
        if block.kind == "title":
            return blocks, declared or block.text[:MAX_TITLE]
    headings = [(i, block) for i, block in enumerate(blocks) if block.kind == "heading"]
    if headings:
        place, first = headings[0]
        rank = min(block.level or 1 for _, block in headings)
        alone = sum((block.level or 1) == rank for _, block in headings) == 1
        opens = alone and (first.level or 1) == rank and place <= 1
        if first.text == declared or (opens and (declared is None or _alike(first.text, declared))):
            blocks[place] = replace(first, kind="title", level=None)
            return blocks, declared or first.text[:MAX_TITLE]
    return blocks, declared


def _alike(heading: str, declared: str) -> bool:
    """Whether a heading and the declared title are the same, or one is part of the other."""
    one, other = heading.casefold(), declared.casefold()
    return one in other or other in one


def _join(blocks: Sequence[Block]) -> tuple[str, tuple[Element, ...]]:
    parts: list[str] = []
    elements: list[Element] = []
    path: list[tuple[int, str]] = []
    position = 0
    previous = ""
    for block in blocks:
        if parts:
            both_items = previous == block.kind == "list_item"
            parts.append("\n" if both_items else "\n\n")
            position += len(parts[-1])
        level = None
        if block.kind == "heading":
            rank = block.level or 1
            while path and path[-1][0] >= rank:
                path.pop()
            level = len(path) + 1
        elements.append(
            Element(
                kind=block.kind,
                start=position,
                end=position + len(block.text),
                page=block.page,
                level=level,
                headings=tuple(text for _, text in path),
            )
        )
        if block.kind == "heading":
            path.append((block.level or 1, block.text))
        parts.append(block.text)
        position += len(block.text)
        previous = block.kind
    return "".join(parts), tuple(elements)


def _prose(blocks: Sequence[Block]) -> str:
    """Return the first stretch of running text, which tells the language better than tables do."""
    sample: list[str] = []
    size = 0
    ranked = [b for b in blocks if b.kind == "text"] or [b for b in blocks if b.kind in _PROSE]
    for block in ranked or blocks:
        sample.append(block.text[: language.SAMPLE])
        size += len(sample[-1])
        if size >= language.SAMPLE:
            break
    return "\n".join(sample)
