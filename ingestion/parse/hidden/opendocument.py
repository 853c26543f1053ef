"""Hidden text of OpenDocument files: hidden fields and styles, hidden sheets, notes, alt texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.records import Hidden
from ingestion.parse.hidden.colours import WHITE, alike, colour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingestion.parse.package import Package

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _STYLE, _TABLE = (f"{{{_NS}{name}:1.0}}" for name in ("text", "style", "table"))
_FO, _OFFICE = f"{{{_NS}xsl-fo-compatible:1.0}}", f"{{{_NS}office:1.0}}"
_SVG, _DRAW = f"{{{_NS}svg-compatible:1.0}}", f"{{{_NS}drawing:1.0}}"
_PRESENTATION = f"{{{_NS}presentation:1.0}}"
_PART = "content.xml"
MAX_POINTS = 2.0


def take(package: Package) -> Iterator[Hidden]:
    """Yield the hidden text of a document, taken out of its content."""
    root = package.tree(_PART)
    if root is None:
        return
    hidden = _styles(package.tree("styles.xml")) | _styles(root)
    taken = [*_hidden(root, hidden), *_notes(root)]
    if taken:
        package.replace(_PART, root)
    yield from taken
    for name in ("title", "desc"):
        for node in root.iter(f"{_SVG}{name}"):
            yield Hidden("alt_text", "".join(node.itertext()))


def _styles(root: Any) -> dict[str, str]:
    """Return how styles hide what is set in them, by their names."""
    found: dict[str, str] = {}
    for style in root.iter(f"{_STYLE}style") if root is not None else ():
        for properties in style:
            if how := _how(properties, style):
                found[style.get(f"{_STYLE}name", "")] = how
    return found


def _how(properties: Any, style: Any) -> str | None:
    if properties.get(f"{_TEXT}display") == "none" or properties.get(f"{_TABLE}display") == "false":
        return "invisible"
    if properties.get(f"{_PRESENTATION}visibility") == "hidden":
        return "invisible"
    size = (properties.get(f"{_FO}font-size") or "").removesuffix("pt")
    if size.replace(".", "", 1).isdecimal() and float(size) <= MAX_POINTS:
        return "tiny"
    own = colour(properties.get(f"{_FO}color"))
    grounds = [colour(node.get(f"{_FO}background-color")) for node in style]
    shown = any(ground is not None and not alike(ground, WHITE) for ground in grounds)
    is_text = style.get(f"{_STYLE}family") in {"text", "paragraph"}
    return "white" if own is not None and alike(own, WHITE) and is_text and not shown else None


def _hidden(root: Any, styles: dict[str, str]) -> Iterator[Hidden]:
    names = (f"{_TEXT}style-name", f"{_TABLE}style-name", f"{_DRAW}style-name")
    fields = {f"{_TEXT}hidden-text", f"{_TEXT}hidden-paragraph"}
    for node in list(root.iter()):
        if not isinstance(node.tag, str) or node.tag.startswith(_STYLE):
            continue
        how = next((styles[n] for name in names if (n := node.get(name)) in styles), None)
        if how == "white" and any(
            parent.tag in {f"{_TABLE}table-cell", f"{_DRAW}frame", f"{_DRAW}custom-shape"}
            for parent in node.iterancestors()
        ):
            # A cell or shape has a ground of its own.
            continue
        if node.tag in fields or node.get(f"{_TABLE}visibility") == "collapse":
            how = "invisible"
        if how and (text := " ".join("".join(node.itertext()).split())):
            _empty(node)
            yield Hidden(how, text)
        elif node.tag in fields and (text := node.get(f"{_TEXT}string-value")):
            yield Hidden("invisible", text)


def _notes(root: Any) -> Iterator[Hidden]:
    for note in list(root.iter(f"{_OFFICE}annotation")):
        text = " ".join("".join(part.itertext()) for part in note.iter(f"{_TEXT}p"))
        _empty(note)
        yield Hidden("comment", text)


def _empty(node: Any) -> None:
    for part in node.iter():
        part.text = None
        if part is not node:
            part.tail = None
