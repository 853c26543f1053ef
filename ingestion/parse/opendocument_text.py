"""The text of an OpenDocument paragraph: spaces, tabs and breaks are elements there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_NOTE = f"{TEXT}note"
_SKIPPED = frozenset(
    {
        f"{OFFICE}annotation",
        f"{TEXT}tracked-changes",
        "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}frame",
        "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}custom-shape",
    }
)
_SIGNS = {f"{TEXT}tab": "\t", f"{TEXT}line-break": "\n"}
MAX_SPACES = 1000


def flat(paragraph: Any) -> str:
    """Return a paragraph's text; a footnote leaves its mark alone, frames are left out."""
    pieces: list[str] = []
    _gather(paragraph, pieces)
    return "".join(pieces)


def _gather(node: Any, pieces: list[str]) -> None:
    pieces.append(node.text or "")
    for child in node:
        tag = child.tag
        if tag == _NOTE:
            mark = child.findtext(f"{TEXT}note-citation") or ""
            pieces.append(f"[{mark.strip()}]" if mark.strip() else "")
        elif tag == f"{TEXT}s":
            count = child.get(f"{TEXT}c") or "1"
            pieces.append(" " * min(int(count) if count.isdecimal() else 1, MAX_SPACES))
        elif tag in _SIGNS:
            pieces.append(_SIGNS[tag])
        elif isinstance(tag, str) and tag not in _SKIPPED:
            _gather(child, pieces)
        pieces.append(child.tail or "")


def notes_of(body: Any) -> Iterator[tuple[str, str]]:
    """Yield the mark and the text of each footnote and endnote in order."""
    for note in body.iter(_NOTE):
        words = [flat(p) for p in note.iterfind(f"{TEXT}note-body//{TEXT}p")]
        text = " ".join(word.strip() for word in words if word.strip())
        if text:
            yield (note.findtext(f"{TEXT}note-citation") or "").strip(), text
