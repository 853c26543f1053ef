"""HTML by lxml, mapped straight onto elements.

Not by unstructured: its HTML partitioner classifies every paragraph with a spaCy model (45-75 kB of
text a second) and guesses headings from the wording, where the tags already say what is a heading
of which level, a list, a table or code. This walk runs at several MB a second.

Left out: scripts, styles, forms' controls, navigation, and what the page itself hides (`hidden`,
`display:none`), because readers do not see it and models would.
"""

# ruff: noqa: SIM905 - word lists read better

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lxml import etree
from lxml import html as lxml_html

from ingestion.parse import bounds
from ingestion.parse.blocks import Block, Parsed, Raw, table_text
from ingestion.parse.hidden.html import take
from ingestion.parse.html_notes import is_backlink, is_note, is_reference
from ingestion.parse.raised import lowered, raised
from ingestion.parse.web.content import content_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

_SKIPPED = frozenset(
    "script style template noscript svg iframe object embed select option button input "
    "textarea canvas audio video head title map".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p "
    "pre section summary table tbody td tfoot th thead tr ul caption".split()
)
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_KINDS = {"li": "list_item", "pre": "code", "figcaption": "caption", "caption": "caption"}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SCRIPTS = {"sup": raised, "sub": lowered}
_SPACE = re.compile(r"\s+")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_META = {"author": "author", "description": "description", "keywords": "keywords"}
_TEX_STYLE = re.compile(r"^\{\\(?:display|text)style (.*)\}$", re.DOTALL)
MAX_SPAN = 100


def parse(raw: Raw) -> Parsed:
    """Return the page's content, its `<title>` and its author, description and keywords."""
    root = tree(raw.text)
    if root is None:
        return Parsed([], "text/html")
    hidden = take(root)
    blocks, metadata = blocks_of(root), {}
    if raw.html == "article":
        blocks, metadata = content_blocks(root, raw.text, blocks, blocks_of)
    for node in root.iter("meta"):
        name = _META.get((node.get("name") or "").lower())
        if name and (content := (node.get("content") or "").strip()):
            metadata[name] = content
    return Parsed(blocks, "text/html", title=_title(root), metadata=metadata, hidden=hidden)


def tree(text: str) -> Any | None:
    """Return the root element of a page or fragment, or None when there is nothing in it."""
    bounds.attributes(text)
    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True)
    # lxml refuses text with an encoding declaration; given bytes, it must not believe one either.
    data = _DECLARATION.sub("", text.replace("\x00", "")).encode("utf-8", "replace")
    try:
        root = lxml_html.document_fromstring(data, parser=parser)
    except etree.ParserError:
        # The only thing lxml cannot parse is a document without any element or text.
        return None
    bounds.whole(parser)
    return root


def blocks_of(root: Any, page: int | None = None) -> list[Block]:
    """Return the blocks of an element tree in reading order."""
    return list(_Walk(page, navigation=False).run(root)) or list(
        # A page that is all navigation, such as a table of contents, has nothing else to say.
        _Walk(page, navigation=True).run(root)
    )


def fragment_blocks(text: str) -> list[Block]:
    """Return the blocks of a piece of HTML; the first carries what is hidden in it."""
    root = tree(text)
    if root is None:
        return []
    hidden = take(root)
    blocks = blocks_of(root)
    if blocks and hidden:
        blocks[0] = replace(blocks[0], hidden=hidden)
    return blocks


def _title(root: Any) -> str | None:
    headings = [node for node in root.iter("h1") if not _is_hidden(node)]
    if len(headings) == 1 and (text := _flat(headings[0])):
        # The page's own headline; <title> often carries the site's name as well.
        return text
    node = root.find(".//title")
    return None if node is None else _flat(node) or None


class _Walk:
    """One pass over a tree that gathers inline text and cuts it at block elements."""

    def __init__(self, page: int | None, *, navigation: bool) -> None:
        self.page = page
        self.navigation = navigation
        self.buffer: list[str] = []
        self.open: list[str] = []
        self.notes = 0
        self.markers: list[str] = []
        self.counters: list[int | None] = []

    def run(self, root: Any) -> Iterator[Block]:
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, node in walk:
            tag = node.tag if isinstance(node.tag, str) else ""
            if event == "start":
                if self._is_skipped(node, tag):
                    walk.skip_subtree()
                    continue
                yield from self._enter(node, tag)
                if tag == "table" and _is_data_table(node):
                    if caption := _caption(node):
                        yield Block("caption", caption, self.page)
                    if rows := table_text(table_rows(node)):
                        yield Block("table", rows, self.page)
                    walk.skip_subtree()
                elif tag in _SCRIPTS and "pre" not in self.open:
                    self.buffer.append(_SCRIPTS[tag](_flat(node), self._last()))
                    walk.skip_subtree()
                elif tag == "a" and is_reference(node.attrib) and node.find("sup") is None:
                    self.buffer.append(raised(_flat(node), self._last()))
                    walk.skip_subtree()
                elif tag == "math":
                    self.buffer.append(_formula(node))
                    walk.skip_subtree()
                elif node.text:
                    self.buffer.append(self._inline(node.text))
            else:
                if tag in _BLOCKS and not self._is_skipped(node, tag):
                    yield from self._leave(node, tag)
                if node.tail and node is not root:
                    self.buffer.append(self._inline(node.tail))
        yield from self._flush()

    def _is_skipped(self, node: Any, tag: str) -> bool:
        if tag in _SKIPPED or _is_hidden(node):
            return True
        if tag == "a" and is_backlink(node):
            return True
        is_navigation = tag == "nav" or node.get("role") == "navigation"
        return is_navigation and not self.navigation

    def _enter(self, node: Any, tag: str) -> Iterator[Block]:
        if tag == "br":
            self.buffer.append("\n")
        elif tag in {"td", "th"}:
            self.buffer.append(" ")
        if tag not in _BLOCKS:
            return
        yield from self._flush()
        self.open.append(tag)
        self.notes += is_note(node.attrib)
        if tag in {"ul", "ol", "menu", "dir"}:
            start = node.get("start") or ""
            first = int(start) if start.lstrip("-").isdecimal() else 1
            self.counters.append(first if tag == "ol" else None)
        elif tag == "li":
            count = self.counters[-1] if self.counters else None
            self.markers.append("- " if count is None else f"{count}. ")
            if count is not None:
                self.counters[-1] = count + 1

    def _leave(self, node: Any, tag: str) -> Iterator[Block]:
        yield from self._flush()
        self.notes -= is_note(node.attrib)
        if tag in {"ul", "ol", "menu", "dir"} and self.counters:
            self.counters.pop()
        elif tag == "li" and self.markers:
            self.markers.pop()
        if self.open:
            self.open.pop()

    def _inline(self, text: str) -> str:
        return text if "pre" in self.open else _SPACE.sub(" ", text)

    def _last(self) -> str:
        return next((piece[-1] for piece in reversed(self.buffer) if piece), "")

    def _flush(self) -> Iterator[Block]:
        text = "".join(self.buffer)
        self.buffer.clear()
        if not text.strip():
            return
        kind, level = "text", None
        for tag in reversed(self.open):
            if tag in _HEADINGS:
                kind, level = "heading", _HEADINGS[tag]
                break
            if tag in _KINDS:
                kind = _KINDS[tag]
                break
        if kind == "list_item":
            # Only an item's first paragraph carries the marker; the others are text under it.
            if self.markers and self.markers[-1]:
                text = self.markers[-1] + text.strip()
                self.markers[-1] = ""
            else:
                kind = "text"
        if self.notes and kind in {"text", "list_item"}:
            kind = "footnote"
        yield Block(kind, text, self.page, level)


def _is_hidden(node: Any) -> bool:
    attributes = node.attrib
    if not attributes:
        return False
    return "hidden" in attributes or bool(_HIDDEN.search(attributes.get("style", "")))


def _flat(node: Any) -> str:
    """Return the visible text of an element on one line."""
    pieces: list[str] = []
    walk = etree.iterwalk(node, events=("start", "end"))
    for event, child in walk:
        tag = child.tag if isinstance(child.tag, str) else ""
        if event == "start":
            if child is not node and (tag in _SKIPPED or _is_hidden(child)):
                walk.skip_subtree()
                continue
            if tag in _BLOCKS or tag == "br":
                pieces.append(" ")
            if tag in _SCRIPTS and child is not node:
                before = next((piece[-1] for piece in reversed(pieces) if piece), "")
                pieces.append(_SCRIPTS[tag](_flat(child), before))
                walk.skip_subtree()
                continue
            pieces.append(child.text or "")
        else:
            if tag in _BLOCKS:
                pieces.append(" ")
            if child is not node:
                pieces.append(child.tail or "")
    return _SPACE.sub(" ", "".join(pieces)).strip()


def _caption(table: Any) -> str:
    node = table.find("caption")
    return "" if node is None or _is_hidden(node) else _flat(node)


def _formula(node: Any) -> str:
    """Return a formula of MathML: its source in TeX where it carries one, else its signs."""
    for source in node.iter("annotation"):
        if "tex" in (source.get("encoding") or "") and (source.text or "").strip():
            return _TEX_STYLE.sub(r"\1", source.text.strip())
    return " ".join("".join(node.itertext()).split())


def _is_data_table(node: Any) -> bool:
    """Whether a table holds data; one that nests tables or headings or has one column is layout."""
    if node.find(".//table") is not None or any(
        node.find(f".//{tag}") is not None for tag in ("h1", "h2", "h3", "pre")
    ):
        return False
    return any(len(row.findall("td")) + len(row.findall("th")) > 1 for row in node.iter("tr"))


def table_rows(node: Any) -> list[list[str]]:
    """Return a table's cells by row. A cell that spans rows is repeated in each of them.

    So each row stands on its own; a cell that spans columns stands in the first of them.
    """
    rows: list[list[str]] = []
    count = 0
    below: dict[int, tuple[int, str]] = {}
    for row in node.iter("tr"):
        cells: list[str] = []

        def carry(cells: list[str] = cells) -> None:
            while len(cells) in below:
                left, text = below.pop(len(cells))
                if left > 1:
                    below[len(cells)] = (left - 1, text)
                cells.append(text)

        for cell in row:
            if cell.tag not in {"td", "th"}:
                continue
            carry()
            text = _flat(cell)
            tall, wide = _span(cell, "rowspan"), _span(cell, "colspan")
            for offset in range(wide):
                if tall > 1:
                    below[len(cells)] = (tall - 1, text if offset == 0 else "")
                cells.append(text if offset == 0 else "")
        carry()
        rows.append(cells)
        count += len(cells)
        if count > bounds.MAX_CELLS:
            raise bounds.too_many_cells()
    return rows


def _span(cell: Any, name: str) -> int:
    value = (cell.get(name) or "").strip()
    return min(max(int(value), 1), MAX_SPAN) if value.isdecimal() else 1
