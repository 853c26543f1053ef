"""Hidden text of Word documents: runs marked hidden, white, or tiny; comments and alt texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from freshground.core.records import Hidden
from ingestion.parse.hidden.colours import WHITE, alike, colour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingestion.parse.package import Package

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SIGNS = re.compile(
    rb'<w:(?:vanish|webHidden|specVanish)\b|<w:color [^>]*w:val="[fFeE][0-9a-fA-F]{5}"|'
    rb'<w:color [^>]*themeColor="background|<w:sz w:val="[1-4]"'
)
_ALT = re.compile(rb'\bdescr="|w:(?:tblDescription|tblCaption)\b')
_MAIN = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
MAX_HALF_POINTS = 4
_SHADED = frozenset({"r", "p", "tc", "tbl"})
_OFF = frozenset({"0", "false", "off", "none"})


def take(package: Package) -> Iterator[Hidden]:
    """Yield the hidden text of a document, taken out of its parts."""
    styles = _styles(package)
    for name in (*_MAIN, *package.names("word/header"), *package.names("word/footer")):
        data = package.read(name)
        if not data or not (styles or _SIGNS.search(data) or _ALT.search(data)):
            continue
        root = package.tree(name)
        if root is None:
            continue
        taken = list(_runs(root, styles))
        if taken:
            package.replace(name, root)
        yield from taken
        for node in root.iter():
            if isinstance(node.tag, str) and (text := node.get("descr")):
                yield Hidden("alt_text", text)
    for name in package.names("word/comments"):
        root = package.tree(name)
        for note in root if root is not None else ():
            yield Hidden("comment", _text(note))


def _runs(root: Any, styles: dict[str, str]) -> Iterator[Hidden]:
    kind, pieces = "", []
    for run in root.iter(f"{_W}r"):
        how = _how(run, styles)
        if how != kind and pieces:
            yield Hidden(kind, "".join(pieces))
            pieces = []
        kind = how
        if how:
            pieces.append(_text(run))
            for node in [*run.iter(f"{_W}t"), *run.iter(f"{_W}tab"), *run.iter(f"{_W}br")]:
                node.getparent().remove(node)
    if pieces:
        yield Hidden(kind, "".join(pieces))


def _how(run: Any, styles: dict[str, str]) -> str:
    """Return how a run is hidden, "" where it is seen."""
    properties = run.find(f"{_W}rPr")
    if properties is not None:
        style = properties.find(f"{_W}rStyle")
        own = _properties(properties)
        if own is not None:
            return own if own != "white" or _on_white(run, properties) else ""
        if style is not None and (how := styles.get(style.get(f"{_W}val", ""))):
            return how if how != "white" or _on_white(run, properties) else ""
    paragraph = run.getparent()
    while paragraph is not None and paragraph.tag != f"{_W}p":
        paragraph = paragraph.getparent()
    style = paragraph.find(f"{_W}pPr/{_W}pStyle") if paragraph is not None and styles else None
    how = styles.get(style.get(f"{_W}val", ""), "") if style is not None else ""
    return how if how != "white" or _on_white(run, properties) else ""


def _properties(properties: Any) -> str | None:
    """Return how properties of a run hide it, "" where they show it, None else."""
    for name in ("vanish", "webHidden", "specVanish"):
        node = properties.find(f"{_W}{name}")
        if node is not None:
            return "" if (node.get(f"{_W}val") or "1").lower() in _OFF else "invisible"
    size = properties.find(f"{_W}sz")
    if (
        size is not None
        and (value := size.get(f"{_W}val", "")).isdecimal()
        and int(value) <= MAX_HALF_POINTS
    ):
        return "tiny"
    shade = properties.find(f"{_W}color")
    if shade is None:
        return None
    is_ground = (shade.get(f"{_W}themeColor") or "").startswith("background")
    own = colour(shade.get(f"{_W}val"))
    return "white" if is_ground or (own is not None and alike(own, WHITE)) else ""


def _on_white(run: Any, properties: Any) -> bool:
    """Whether nothing says that a run stands on another colour: marks, cells, shapes."""
    if properties is not None and properties.find(f"{_W}highlight") is not None:
        return False
    node = run
    while node is not None:
        name = node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
        if name in {"txbxContent", "wsp", "textbox"}:
            return False
        if name == "tbl" and node.find(f"{_W}tblPr/{_W}tblStyle") is not None:
            # The style of a table may colour its head.
            return False
        shade = node.find(f"{_W}{name}Pr/{_W}shd") if name in _SHADED else None
        fill = colour(shade.get(f"{_W}fill")) if shade is not None else None
        if fill is not None and not alike(fill, WHITE):
            return False
        node = node.getparent()
    ground = run.getroottree().getroot().find(f"{_W}background")
    known = colour(ground.get(f"{_W}color")) if ground is not None else None
    return known is None or alike(known, WHITE)


def _styles(package: Package) -> dict[str, str]:
    """Return how styles hide what is set in them, by their ids."""
    data = package.read("word/styles.xml")
    if not data or not _SIGNS.search(data):
        return {}
    root = package.tree("word/styles.xml")
    found = {}
    for style in root.iter(f"{_W}style") if root is not None else ():
        properties = style.find(f"{_W}rPr")
        how = _properties(properties) if properties is not None else None
        if (
            how
            and style.get(f"{_W}type") in {"paragraph", "character"}
            and style.find(f"{_W}pPr/{_W}shd") is None
        ):
            found[style.get(f"{_W}styleId", "")] = how
    return found


def _text(node: Any) -> str:
    return "".join(
        (child.text or "") if child.tag == f"{_W}t" else " "
        for child in node.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}p")
    ).strip("\n")
