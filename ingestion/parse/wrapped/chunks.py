"""Word: pieces of other formats that a document holds in place of paragraphs (`w:altChunk`).

Programs that join documents leave their parts so, as HTML, RTF, text or Word; Word itself turns
them into paragraphs when the document is next saved.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from ingestion.parse.blocks import CELL_SEPARATOR, Block, Raw
from ingestion.parse.wrapped.markup import lift
from ingestion.parse.wrapped.roles import CAPTION, CODE, HEADINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingestion.parse.package import Package

CHUNK = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}altChunk"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_READ = frozenset({"html", "rtf", "plain", "docx", "mail", "xml"})
MAX_CHUNKS = 1_000


def insert(
    root: Any,
    package: Package,
    linked: dict[str, str],
    paragraph: Callable[[str], Any],
    table: Callable[[list[list[str]]], Any],
) -> None:
    """Put what each piece says in its place. One that stands in several places is read once."""
    seen: set[str] = set()
    for node in list(root.iter(CHUNK))[:MAX_CHUNKS]:
        name = linked.get(node.get(_ID, ""), "")
        blocks = [] if name in seen else _blocks(package.read(name), name)
        seen.add(name)
        lift(node, [_node(block, paragraph, table) for block in blocks])


def _blocks(data: bytes, name: str) -> list[Block]:
    from ingestion.parse.registry import parser_of
    from ingestion.parse.sniff import sniff

    if not data.strip():
        return []
    raw = Raw(data, posixpath.splitext(name)[1][1:].lower(), html="full")
    kind = sniff(raw)
    return list(parser_of(kind)(raw).blocks) if kind in _READ else []


def _node(
    block: Block, paragraph: Callable[[str], Any], table: Callable[[list[list[str]]], Any]
) -> Any:
    if block.kind == "table":
        rows = [line.split(CELL_SEPARATOR) for line in block.text.split("\n")]
        return table([row + [""] * (max(map(len, rows)) - len(row)) for row in rows])
    mark = {"code": CODE, "caption": CAPTION}.get(block.kind, "")
    if block.kind in {"heading", "title"}:
        mark = HEADINGS[min(max(block.level or 1, 1), len(HEADINGS)) - 1]
    return paragraph(mark + block.text)
