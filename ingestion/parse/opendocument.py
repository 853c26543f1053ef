"""OpenDocument text, sheets and slides, straight from their XML.

Not by unstructured, which has pandoc turn a text into a Word document first (80 ms for a page) and
reads neither sheets nor slides. Styles say what is a title, outline levels what is a heading.
"""

from __future__ import annotations

import zipfile
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import etree

from freshground.core.errors import Quarantine
from ingestion.parse.blocks import Block, Parsed, Raw, paragraph, table_text
from ingestion.parse.opendocument_cells import cells_of, sheet_rows
from ingestion.parse.opendocument_lists import Count, Levels, levels_of
from ingestion.parse.opendocument_text import OFFICE, TABLE, TEXT, flat, notes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_KIND = "application/vnd.oasis.opendocument."
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_SHOW = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_META = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_FIELDS = {f"{_META}initial-creator": "author", f"{_DC}subject": "subject",
           f"{_META}keyword": "keywords"}  # fmt: skip
_ASIDE = frozenset({f"{TEXT}tracked-changes", f"{OFFICE}annotation", f"{OFFICE}forms"})
_ROLES = {
    "title": "title", "preformatted text": "code", "source code": "code", "source text": "code",
    "caption": "caption", "illustration": "caption", "table": "caption", "figure": "caption",
    "drawing": "caption", "tablecaption": "caption", "figurecaption": "caption",
}  # fmt: skip
"""What LibreOffice's own styles, and pandoc's, make of a paragraph."""
_HEADED = frozenset({"title"})
MAX_DEPTH = 60


class Styles(NamedTuple):
    """The parents of paragraphs' styles by their names, and the levels of lists that count."""

    parents: dict[str, str]
    levels: Levels


def text(raw: Raw) -> Parsed:
    """Return an OpenDocument text; footnotes stand at its end."""
    body, styles, title, metadata = _opened(raw.data, "text")
    blocks = _joined(_flow(body, styles, None, 0))
    blocks += [Block("footnote", f"[{mark}] {note}") for mark, note in notes_of(body)]
    return Parsed(blocks, f"{_KIND}text", title, metadata=metadata)


def sheets(raw: Raw) -> Parsed:
    """Return the sheets of an OpenDocument spreadsheet, each as a page."""
    from ingestion.parse.spreadsheet import sheet_blocks

    body, _, title, metadata = _opened(raw.data, "spreadsheet")
    blocks: list[Block] = []
    page = 0
    for page, sheet in enumerate(body.iterchildren(f"{TABLE}table"), 1):
        blocks += sheet_blocks(sheet.get(f"{TABLE}name") or "", sheet_rows(sheet), page)
    return Parsed(blocks, f"{_KIND}spreadsheet", title, page or None, metadata)


def slides(raw: Raw) -> Parsed:
    """Return a presentation: each slide is a page, its title a heading, its notes follow it."""
    body, styles, declared, metadata = _opened(raw.data, "presentation")
    blocks: list[Block] = []
    page = 0
    for page, slide in enumerate(body.iterchildren(f"{_DRAW}page"), 1):
        blocks += _slide(slide, styles, page)
    title = next((b.text for b in blocks if b.page == 1 and b.kind == "heading"), None)
    return Parsed(blocks, f"{_KIND}presentation", title or declared, page or None, metadata)


def _slide(slide: Any, styles: Styles, page: int) -> Iterator[Block]:
    heads: list[Block] = []
    body: list[Block] = []
    notes: list[str] = []
    for child in slide:
        if child.tag == f"{_SHOW}notes":
            for frame in child.iter(f"{_DRAW}frame"):
                if frame.get(f"{_SHOW}class") == "notes":
                    notes += [flat(p) for p in frame.iter(f"{TEXT}p", f"{TEXT}h")]
        elif child.get(f"{_SHOW}class") in _HEADED:
            words = " ".join(flat(p) for p in child.iter(f"{TEXT}p", f"{TEXT}h"))
            heads += [Block("heading", words, page, 1)] if words.strip() else []
        else:
            body += _flow(child, styles, page, 0)
    yield from (*heads, *body)
    if said := "\n".join(note for note in notes if note.strip()):
        yield Block("notes", said, page)


def _flow(node: Any, styles: Styles, page: int | None, depth: int) -> Iterator[Block]:
    """Yield the blocks below a node in reading order."""
    if depth > MAX_DEPTH:
        return
    for child in node:
        tag = child.tag
        if tag in _ASIDE or not isinstance(tag, str):
            continue
        if tag == f"{TEXT}h":
            level = child.get(f"{TEXT}outline-level") or "1"
            words = flat(child)
            if words.strip():
                yield Block("heading", words, page, int(level) if level.isdecimal() else 1)
        elif tag == f"{TEXT}p":
            words = flat(child)
            styled = _role(styles, child.get(f"{TEXT}style-name") or "")
            if styled == "title" and page is None and words.strip():
                yield Block("title", words)
            elif styled in {"code", "caption"}:
                yield Block(styled, words, page)
            else:
                yield from paragraph(words, page)
            for box in child.iter(f"{_DRAW}text-box"):
                yield from _flow(box, styles, page, depth + 1)
        elif tag == f"{TEXT}list":
            yield from _items(child, styles, page, depth)
        elif tag == f"{TABLE}table":
            if rows := table_text(cells_of(child)):
                yield Block("table", rows, page)
        else:
            yield from _flow(child, styles, page, depth + 1)


def _role(styles: Styles, name: str) -> str:
    """Return title, code or caption where a paragraph's style, or its parent, is one of these."""
    for style in (styles.parents.get(name, ""), name):
        words = style.replace("_20_", " ").lower()
        if words in _ROLES:
            return _ROLES[words]
    return ""


def _joined(blocks: Iterable[Block]) -> list[Block]:
    """Return the blocks with lines of code that follow each other as one."""
    joined: list[Block] = []
    for block in blocks:
        if block.kind == "code" and joined and joined[-1].kind == "code":
            joined[-1] = replace(joined[-1], text=f"{joined[-1].text}\n{block.text}")
        else:
            joined.append(block)
    return joined


def _items(node: Any, styles: Styles, page: int | None, depth: int) -> Iterator[Block]:
    count = Count.of(node, styles.levels)
    for item in node.iterchildren(f"{TEXT}list-item", f"{TEXT}list-header"):
        marker = count.next(item) if item.tag == f"{TEXT}list-item" else ""
        first = True
        for block in _flow(item, styles, page, depth + 1):
            if block.kind == "text" and first:
                first = False
                if marker and (words := block.text.strip()):
                    yield Block("list_item", f"{marker} {words}", page)
                else:
                    yield from paragraph(block.text, page, listed=True)
            else:
                yield block


def _opened(data: bytes, kind: str) -> tuple[Any, Styles, str | None, dict[str, str]]:
    """Return the body, the names of styles by those based on them, the title and the metadata."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            content = _xml(archive.read("content.xml"))
            names = archive.namelist()
            meta = _xml(archive.read("meta.xml")) if "meta.xml" in names else None
    except KeyError:
        raise _corrupt("it has no content") from None
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise _corrupt(f"its container is broken ({type(error).__name__})") from None
    body = content.find(f"{OFFICE}body/{OFFICE}{kind}")
    if body is None:
        raise _corrupt(f"it has no {kind}")
    styles = {"Title": "Title"} | {
        style.get(f"{_STYLE}name"): style.get(f"{_STYLE}parent-style-name")
        for style in content.iter(f"{_STYLE}style")
        if style.get(f"{_STYLE}family") == "paragraph" and style.get(f"{_STYLE}parent-style-name")
    }
    metadata: dict[str, str] = {}
    title = None
    for node in () if meta is None else meta.iter():
        words = (node.text or "").strip()
        if words and node.tag == f"{_DC}title":
            title = words
        elif words and node.tag in _FIELDS:
            name = _FIELDS[node.tag]
            metadata[name] = f"{metadata[name]}, {words}" if name in metadata else words
    return body, Styles(styles, levels_of(content)), title, metadata


def _xml(data: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        raise _corrupt("a part of it is no XML") from None


def _corrupt(why: str) -> Quarantine:
    return Quarantine(
        "corrupt",
        f"The OpenDocument file cannot be read: {why}.",
        "Open and repair it with its own program, and store it again.",
    )
