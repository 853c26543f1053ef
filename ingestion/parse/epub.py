"""EPUB: the chapters of its spine in order, each read as HTML, chapters counting as pages.

Not by unstructured, which sends the book through pandoc to HTML and then classifies every
paragraph: 7.5 s for 340 kB where this takes 0.1 s.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from lxml import etree

from freshground.core.errors import Quarantine
from ingestion.parse import bounds
from ingestion.parse.blocks import Block, Parsed, Raw
from ingestion.parse.charset import decode
from ingestion.parse.hidden.html import take
from ingestion.parse.html import blocks_of, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.core.records import Hidden

_CONTAINER = "META-INF/container.xml"
_RIGHTS = "META-INF/rights.xml"
_FIELDS = ("creator", "publisher", "date", "language", "subject", "description")


def parse(raw: Raw) -> Parsed:
    """Return the book's blocks. Raises `Quarantine` `encrypted` or `corrupt`."""
    with bounds.archive(raw.data) as archive:
        names = set(archive.namelist())
        if _RIGHTS in names:
            raise Quarantine(
                "encrypted",
                "The book is protected by rights management.",
                "Store an unprotected copy, or exclude it from the source.",
            )
        if _CONTAINER not in names:
            raise _corrupt("it has no container file")
        rootfile = _xml(archive.read(_CONTAINER)).find(".//{*}rootfile")
        place = "" if rootfile is None else rootfile.get("full-path", "")
        if place not in names:
            raise _corrupt("its package file is missing")
        package = _xml(archive.read(place))
        blocks: list[Block] = []
        hidden: list[Hidden] = []
        count = 0
        for count, member in enumerate(_spine(package, posixpath.dirname(place)), 1):
            if member not in names:
                raise _corrupt(f"chapter {count} of its spine is missing")
            root = tree(decode(archive.read(member)))
            if root is not None:
                hidden += take(root)
                blocks += blocks_of(root, page=count)
    metadata = {name: text for name in _FIELDS if (text := _field(package, name))}
    return Parsed(blocks, "application/epub+zip", _field(package, "title"), count or None,
                  metadata, tuple(hidden))  # fmt: skip


def _spine(package: Any, folder: str) -> Iterator[str]:
    items = {item.get("id"): item for item in package.iterfind(".//{*}manifest/{*}item")}
    for reference in package.iterfind(".//{*}spine/{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is not None and "html" in (item.get("media-type") or "html"):
            yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))


def _field(package: Any, name: str) -> str | None:
    node = package.find(f".//{{http://purl.org/dc/elements/1.1/}}{name}")
    return None if node is None else " ".join("".join(node.itertext()).split()) or None


def _xml(data: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        raise _corrupt("a part of it is no XML")
    return root


def _corrupt(why: str) -> Quarantine:
    return Quarantine("corrupt", f"The book cannot be read: {why}.", "Store it again.")
