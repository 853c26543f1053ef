"""Bounds on what a file becomes when it is opened, asked before it is opened.

A zip container (office files, books) says in its directory what it will unpack to. Python's reader
gives no more of a member than the directory says, so that one which lies ends as `corrupt`; what
readers of other languages then take is bounded by the memory of the worker that reads. Trees stop
where the parser does, and that they were cut off is told: half a document is none.
"""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from typing import Any

from freshground.core.errors import Quarantine

MAX_UNPACKED = 1_000_000_000
"""Bytes that a container may unpack to."""

MAX_RATIO = 200
UNSUSPECTED = 100_000_000
"""How many times its size a container may unpack to, from so many bytes on."""

MAX_MEMBERS = 20_000
"""Members of an office file or a book."""

MAX_CELLS = 2_000_000
"""Cells of a table of a page, those included that its spans repeat."""

MAX_ATTRIBUTES = 10_000
"""Attributes of an element of a page: libxml2 compares each with all that stand before it."""

_LONG_TAG = re.compile(rf"<[a-zA-Z][^<>]{{{2 * MAX_ATTRIBUTES},}}")
_VALUE = re.compile(r"\"[^\"]*\"|'[^']*'")
_ENTRY = b"PK\x01\x02"
_END = b"PK\x05\x06"
_LIMIT_REACHED = 114


def archive(data: bytes) -> zipfile.ZipFile:
    """Return the opened zip container, whose members may be read whole.

    Raises `Quarantine` `too_large` for one that holds or unpacks to too much; zipfile's own errors
    for a broken one.
    """
    count = members(data)
    if count > MAX_MEMBERS:
        raise _too_many(count)
    opened = zipfile.ZipFile(BytesIO(data))
    infos = opened.infolist()
    unpacked = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos) or 1
    # Members that share their bytes are how bombs without nesting are made.
    shared = packed > len(data)
    high = unpacked > UNSUSPECTED and unpacked / packed > MAX_RATIO
    if unpacked > MAX_UNPACKED or shared or high:
        raise Quarantine(
            "too_large",
            f"The container of {len(data):,} bytes would unpack to {unpacked:,} bytes.",
            "Split the document, or exclude it from the source.",
        )
    return opened


def members(data: bytes) -> int:
    """Return how many members a zip container's directory lists, without reading it in."""
    end = data.rfind(_END)
    size = int.from_bytes(data[end + 12 : end + 16], "little")
    # In a large archive the size stands elsewhere, and all that is before the end is looked at.
    start = end - size if 0 <= size <= end and size != 0xFFFFFFFF else 0  # noqa: PLR2004
    return data.count(_ENTRY, max(0, start), max(0, end))


def whole(parser: Any) -> None:
    """Raise `Quarantine` where an lxml parser has stopped at a limit and kept half a document.

    `too_deep` for elements that lie too deep in each other, `too_large` for entities that stand for
    far more text than the file has.
    """
    last = parser.error_log.last_error
    if last is None or last.type != _LIMIT_REACHED:
        return
    if "depth" in last.message:
        raise too_deep()
    if "entity" in last.message:
        raise Quarantine(
            "too_large",
            "The document's entities stand for far more text than it has itself.",
            "Store it with its text written out.",
        )
    raise Quarantine(
        "too_large",
        "A single text or value of the document is larger than its parser takes.",
        "Split the document.",
    )


def attributes(page: str) -> None:
    """Raise `Quarantine` `too_large` for a page with an element of too many attributes."""
    for tag in _LONG_TAG.finditer(page):
        if len(_VALUE.sub(" ", tag.group()).split()) > MAX_ATTRIBUTES:
            raise Quarantine(
                "too_large",
                f"An element of the page has more than {MAX_ATTRIBUTES:,} attributes.",
                "Store the page without it, or exclude it from the source.",
            )


def too_deep() -> Quarantine:
    """Return the refusal of a document whose parts lie too deep in each other."""
    return Quarantine(
        "too_deep",
        "Parts of the document lie deeper in each other than can be read.",
        "Store it with a flatter structure, or as plain text.",
    )


def too_many_cells() -> Quarantine:
    """Return the refusal of a document with a table that is too large."""
    return Quarantine(
        "too_large",
        f"A table of the document has more than {MAX_CELLS:,} cells, with those it repeats.",
        "Split the table, or exclude it from the source.",
    )


def _too_many(members: int) -> Quarantine:
    return Quarantine(
        "too_large",
        f"The container holds {members:,} files; at most {MAX_MEMBERS:,} are opened.",
        "Exclude it from the source, or store the documents in it by themselves.",
    )
