"""What every parser returns: the blocks of a document in reading order, not yet cleansed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from freshground.core.cells import BAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from freshground.core.records import Hidden

CELL_SEPARATOR = " | "

Html = Literal["article", "full"]
"""What of a web page is taken: its content, or all of it."""


HIDDEN_ROW = "\ufdd0"
"""Stands in the only cell of a row of a workbook that was hidden, until its sheet is read."""


class Grid(NamedTuple):
    """The places of a table's lines and cells: rows from 1, columns from 0, blank ones left out."""

    sheet: str | None
    rows: tuple[int, ...]
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a document as the format gives it.

    `kind` is a kind of `Element`. `level` is the format's own rank of a heading, smaller being
    more important; ranks need not be contiguous. `margin` marks text in the top or bottom margin of
    a page, where running headers and page numbers stand. `wrapped` says that the line breaks in
    `text` are those of a printed page and mean nothing. `grid` says where a table's lines stand in
    a sheet. `hidden` is what stands before the block and readers do not see.
    """

    kind: str
    text: str
    page: int | None = None
    level: int | None = None
    margin: bool = False
    wrapped: bool = False
    grid: Grid | None = None
    hidden: tuple[Hidden, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed document before cleansing.

    `title` is what the format declares as title, or None. `pages` counts pages, slides or sheets.
    `hidden` is what readers do not see, as far as no block carries it.
    """

    blocks: Sequence[Block]
    media_type: str
    title: str | None = None
    pages: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    hidden: tuple[Hidden, ...] = ()


@dataclass(frozen=True)
class Raw:
    """An object's bytes, and their text once a parser asks for it.

    `ocr` names the languages in which pictures of text are read, as tesseract names them ("eng",
    "deu+eng"); "" reads none.
    """

    data: bytes
    extension: str = ""
    html: Html = "article"
    ocr: str = "eng"

    @cached_property
    def text(self) -> str:
        """The decoded text. Raises `Quarantine` when the bytes are no text."""
        from ingestion.parse.charset import decode

        return decode(self.data)


Parser = Callable[[Raw], Parsed]

BULLETS = frozenset("\u2022\u25cf\u25cb\u25a0\u25aa\u2023\u2043\u00b7")


def paragraph(text: str, page: int | None = None, *, listed: bool = False) -> list[Block]:
    """Return a paragraph as text, or as list item where it is `listed` or begins with a bullet.

    A bullet alone is nothing.
    """
    words = text.strip()
    if words[:1] in BULLETS:
        listed, words = True, words[1:].lstrip()
    if not words:
        return []
    return [Block("list_item", f"- {words}", page) if listed else Block("text", text, page)]


def table_text(rows: Iterable[Sequence[str]]) -> str:
    """Return a table as lines, one a row, cells joined by " | "; empty rows are left out.

    Columns that are empty in every row are left out too.
    """
    return table_block(rows).text


def table_block(
    rows: Iterable[Sequence[str]], page: int | None = None, sheet: str | None = None, first: int = 1
) -> Block:
    """Return a table whose first row is row `first` of a sheet. Its text is as in `table_text`."""
    cleaned = [[" ".join(cell.split()) for cell in row] for row in rows]
    width = max((len(row) for row in cleaned), default=0)
    used = [i for i in range(width) if any(len(row) > i and row[i] for row in cleaned)]
    lines: list[str] = []
    numbers: list[int] = []
    for number, row in enumerate(cleaned, first):
        cells = [BAR.sub(r"\\|", row[i]) if i < len(row) else "" for i in used]
        if any(cells):
            while not cells[-1]:
                cells.pop()
            lines.append(CELL_SEPARATOR.join(cells))
            numbers.append(number)
    return Block("table", "\n".join(lines), page, grid=Grid(sheet, tuple(numbers), tuple(used)))
