"""PowerPoint 97-2003 by its own records: slides in order, title first, then text, then notes.

A file holds every version of a slide that was saved; a directory, the newest last, says where the
valid one stands. The layout of the records is published as [MS-PPT].
"""

# ruff: noqa: PLR2004 - numbers of the published layout, named where they are read

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from freshground.core.errors import Quarantine
from ingestion.parse.blocks import Block, Parsed
from ingestion.parse.sniff import encrypted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ENCRYPTED = 0xF3D1C4DF
_DOCUMENT, _SLIDE, _NOTES, _NOTES_ATOM = 1000, 1006, 1008, 1009
_PERSIST, _LIST = 1011, 4080
_HEADER, _CHARS, _BYTES, _OUTLINE = 3999, 4000, 4008, 3998
_TEXTBOX = 0xF00D
_CONTAINER = 0xF
_TITLES, _BODIES = frozenset({0, 6}), frozenset({1, 5, 7, 8})
_FIELDS = {"*"}
MAX_DEPTH = 32
MAX_EDITS = 10_000


class _Record(NamedTuple):
    kind: int
    instance: int
    start: int
    end: int
    is_container: bool


class _Text(NamedTuple):
    kind: int
    text: str


def parse(read: Callable[[str], bytes]) -> Parsed:
    """Return the presentation whose streams `read` gives by name.

    Raises `Quarantine` `encrypted`, or `corrupt` where its records make no sense.
    """
    stream, user = read("PowerPoint Document"), read("Current User")
    try:
        return _parse(stream, user)
    except (struct.error, IndexError, KeyError, StopIteration) as error:
        raise Quarantine(
            "corrupt",
            f"The presentation's records are broken ({type(error).__name__}).",
            "Open and save it with PowerPoint, and store it again.",
        ) from None


def _parse(stream: bytes, user: bytes) -> Parsed:
    token, edit = struct.unpack_from("<II", user, 12)
    if token == _ENCRYPTED:
        raise encrypted()
    places, root = _directory(stream, edit)
    document = _record(stream, places[root])
    lists = {
        record.instance: record for record in _children(stream, document) if record.kind == _LIST
    }
    notes = _notes(stream, lists.get(2), places)
    blocks: list[Block] = []
    page = 0
    for page, (place, slide, outline) in enumerate(_slides(stream, lists.get(0)), 1):
        shown = list(_shown(stream, _record(stream, places[place]), outline)) or outline
        blocks += _blocks(shown, page)
        if text := notes.get(slide, ""):
            blocks.append(Block("notes", text, page))
    title = next((b.text for b in blocks if b.page == 1 and b.kind == "heading"), None)
    return Parsed(blocks, "application/vnd.ms-powerpoint", title, page or None)


def _record(stream: bytes, at: int) -> _Record:
    head, kind, size = struct.unpack_from("<HHI", stream, at)
    end = min(at + 8 + size, len(stream))
    return _Record(kind, head >> 4, at + 8, end, head & 0xF == _CONTAINER)


def _children(stream: bytes, parent: _Record) -> Iterator[_Record]:
    at = parent.start
    while at + 8 <= parent.end:
        record = _record(stream, at)
        yield record
        at = record.end if record.end > at else at + 8


def _directory(stream: bytes, edit: int) -> tuple[dict[int, int], int]:
    """Return where each kept object stands, and the number of the document's own."""
    places: dict[int, int] = {}
    root = None
    for _ in range(MAX_EDITS):
        older, directory, document = struct.unpack_from("<III", stream, edit + 16)
        root = document if root is None else root
        entries = _record(stream, directory)
        at = entries.start
        while at + 4 <= entries.end:
            (head,) = struct.unpack_from("<I", stream, at)
            first, count = head & 0xFFFFF, head >> 20
            for i, place in enumerate(struct.unpack_from(f"<{count}I", stream, at + 4)):
                places.setdefault(first + i, place)
            at += 4 + 4 * count
        if older == 0 or older >= edit:
            break
        edit = older
    return places, root or 0


def _slides(stream: bytes, listed: _Record | None) -> Iterator[tuple[int, int, list[_Text]]]:
    """Yield each slide's place in the directory, its id, and its texts in the outline."""
    if listed is None:
        return
    slide: tuple[int, int] | None = None
    texts: list[_Text] = []
    kind = 4
    for record in _children(stream, listed):
        if record.kind == _PERSIST:
            if slide is not None:
                yield (*slide, texts)
            (place,) = struct.unpack_from("<I", stream, record.start)
            (number,) = struct.unpack_from("<I", stream, record.start + 12)
            slide, texts = (place, number), []
        elif record.kind == _HEADER:
            (kind,) = struct.unpack_from("<I", stream, record.start)
            texts.append(_Text(kind, ""))
        elif record.kind in {_CHARS, _BYTES} and texts:
            texts[-1] = _Text(kind, _decoded(stream, record))
    if slide is not None:
        yield (*slide, texts)


def _decoded(stream: bytes, record: _Record) -> str:
    data = stream[record.start : record.end]
    return data.decode("utf-16-le" if record.kind == _CHARS else "latin-1", "replace")


def _shown(stream: bytes, slide: _Record, outline: list[_Text]) -> Iterator[_Text]:
    """Yield the texts of a slide's boxes; a placeholder's stands in the outline."""
    for box in _boxes(stream, slide, 0):
        kind = 4
        for record in _children(stream, box):
            if record.kind == _HEADER:
                (kind,) = struct.unpack_from("<I", stream, record.start)
            elif record.kind in {_CHARS, _BYTES}:
                yield _Text(kind, _decoded(stream, record))
            elif record.kind == _OUTLINE:
                (number,) = struct.unpack_from("<I", stream, record.start)
                if number < len(outline):
                    yield outline[number]


def _boxes(stream: bytes, parent: _Record, depth: int) -> Iterator[_Record]:
    for record in _children(stream, parent):
        if record.kind == _TEXTBOX:
            yield record
        elif record.is_container and depth < MAX_DEPTH:
            yield from _boxes(stream, record, depth + 1)


def _notes(stream: bytes, listed: _Record | None, places: dict[int, int]) -> dict[int, str]:
    """Return notes by the id of their slide."""
    found: dict[int, str] = {}
    for place, _, outline in _slides(stream, listed):
        page = _record(stream, places[place])
        atom = next((r for r in _children(stream, page) if r.kind == _NOTES_ATOM), None)
        if page.kind != _NOTES or atom is None:
            continue
        (slide,) = struct.unpack_from("<I", stream, atom.start)
        texts = [text for kind, text in _shown(stream, page, outline) if kind == 2]
        found[slide] = "\n".join(_lines("\r".join(texts)))
    return found


def _lines(text: str) -> list[str]:
    lines = text.replace("\x0b", "\n").split("\r")
    return [line.strip() for line in lines if line.strip() and line.strip() not in _FIELDS]


def _blocks(texts: list[_Text], page: int) -> list[Block]:
    blocks: list[Block] = []
    for kind, text in texts:
        lines = _lines(text)
        if kind in _TITLES:
            blocks += [Block("heading", " ".join(lines), page, 1)] if lines else []
        elif kind in _BODIES and len(lines) > 1:
            blocks += [Block("list_item", f"- {line}", page) for line in lines]
        else:
            blocks += [Block("text", line, page) for line in lines]
    return sorted(blocks, key=lambda block: block.kind != "heading")
