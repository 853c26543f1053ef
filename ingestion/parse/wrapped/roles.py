"""Word: paragraphs that styles make code, captions or headings, marked for who reads them next.

unstructured goes by the names of Word's own styles. Programs that write Word, and people, have
others: based on those, with a level in the outline, or in type of one width.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import etree

if TYPE_CHECKING:
    from ingestion.parse.package import Package

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BODY = "word/document.xml"

CODE, CAPTION = "\ufdd1", "\ufdd2"
HEADINGS = "\ufdd3\ufdd4\ufdd5\ufdd6\ufdd7\ufdd8\ufdd9\ufdda\ufddb"
MARKS = re.compile(f"[{CODE}{CAPTION}{HEADINGS}]")
"""Noncharacters, which no text holds; the place of a heading's is its level, from 0."""

MAX_HEADING = 160
_CODE_NAMES = re.compile(
    r"(?:source ?)?code(?: ?block)?|html preformatted|preformatted(?: text)?|macro(?: text)?|"
    r"verbatim|listing|program ?listing|text ?in ?code|computer code",
    re.IGNORECASE,
)
_OWN_HEADING = re.compile(r"heading \d|title|subtitle", re.IGNORECASE)
_ONE_WIDTH = re.compile(
    r"courier|consol|mono|menlo|monaco|lucida (?:sans typewriter|console)|source code|fira code|"
    r"inconsolata|typewriter",
    re.IGNORECASE,
)
_MAX_CHAIN = 20


class _Style(NamedTuple):
    name: str
    based: str
    level: int | None
    font: str


def mark(package: Package) -> None:
    """Mark the paragraphs of the body that are code, captions or headings by their styles."""
    sheet = package.tree("word/styles.xml")
    styles = {} if sheet is None else _styles(sheet)
    usual = _usual_font(sheet, styles)
    of_styles = {name: role for name in styles if (role := _role(styles, name, usual))}
    signs = [b"<w:outlineLvl", *(f'<w:pStyle w:val="{name}"'.encode() for name in of_styles)]
    if not _ONE_WIDTH.search(usual):
        signs.append(b"<w:rFonts")
    for name, root in package.holding([_BODY], re.compile(b"|".join(map(re.escape, signs)))):
        marked = [(p, role) for p in root.iter(f"{_W}p")
                  if (role := _role_of(p, styles, of_styles, usual))]  # fmt: skip
        for paragraph, role in marked:
            run = etree.Element(f"{_W}r")
            etree.SubElement(run, f"{_W}t").text = role
            first = paragraph.find(f"{_W}pPr")
            paragraph.insert(0 if first is None else 1, run)
        if marked:
            package.replace(name, root)


def _styles(sheet: Any) -> dict[str, _Style]:
    found = {}
    for node in sheet.iterfind(f"{_W}style"):
        if node.get(f"{_W}type") != "paragraph":
            continue
        level = _value(node.find(f"{_W}pPr/{_W}outlineLvl"))
        found[node.get(f"{_W}styleId", "")] = _Style(
            _value(node.find(f"{_W}name")), _value(node.find(f"{_W}basedOn")),
            int(level) if level.isdecimal() else None, _font(node.find(f"{_W}rPr")),
        )  # fmt: skip
    return found


def _usual_font(sheet: Any, styles: dict[str, _Style]) -> str:
    """Return the font of a paragraph without a style."""
    usual = next((s.font for s in styles.values() if s.name.lower() == "normal"), "")
    if usual or sheet is None:
        return usual
    return _font(sheet.find(f"{_W}docDefaults/{_W}rPrDefault/{_W}rPr"))


def _role(styles: dict[str, _Style], name: str, usual: str) -> str:
    """Return the mark of a style, "" for none, by its own name or what it is based on."""
    font = ""
    level: int | None = None
    own = styles[name].name
    for _ in range(_MAX_CHAIN):
        style = styles.get(name)
        if style is None:
            break
        if _CODE_NAMES.fullmatch(style.name):
            return CODE
        if style.name.lower() == "caption":
            return CAPTION
        font = font or style.font
        level = style.level if level is None else level
        name = style.based
    if _is_code(font, usual):
        return CODE
    return "" if _OWN_HEADING.fullmatch(own) else _heading(level)


def _role_of(
    paragraph: Any, styles: dict[str, _Style], of_styles: dict[str, str], usual: str
) -> str:
    properties = paragraph.find(f"{_W}pPr")
    style = _value(None if properties is None else properties.find(f"{_W}pStyle"))
    role = of_styles.get(style, "")
    if properties is not None and not _own_heading(styles, style):
        level = _value(properties.find(f"{_W}outlineLvl"))
        if level.isdecimal():
            role = _heading(int(level))
    if role and role in HEADINGS:
        text = "".join(node.text or "" for node in paragraph.iter(f"{_W}t")).strip()
        return role if text and len(text) <= MAX_HEADING and text[-1] not in ".,;" else ""
    return role or (CODE if _is_set_as_code(paragraph, usual) else "")


def _own_heading(styles: dict[str, _Style], style: str) -> bool:
    return style in styles and bool(_OWN_HEADING.fullmatch(styles[style].name))


def _is_set_as_code(paragraph: Any, usual: str) -> bool:
    """Whether all type of a paragraph is set in one width, where that is not usual."""
    fonts = [_font(run.find(f"{_W}rPr")) for run in paragraph.iterchildren(f"{_W}r")
             if any((node.text or "").strip() for node in run.iterchildren(f"{_W}t"))]  # fmt: skip
    return bool(fonts) and all(_is_code(font, usual) for font in fonts)


def _is_code(font: str, usual: str) -> bool:
    return bool(_ONE_WIDTH.search(font)) and not _ONE_WIDTH.search(usual)


def _heading(level: int | None) -> str:
    return "" if level is None else HEADINGS[level : level + 1]


def _font(properties: Any) -> str:
    node = None if properties is None else properties.find(f"{_W}rFonts")
    return "" if node is None else node.get(f"{_W}ascii") or ""


def _value(node: Any) -> str:
    return "" if node is None else node.get(f"{_W}val", "")
