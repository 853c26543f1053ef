"""The parts of an office file, some of them written anew before a parser reads it."""

from __future__ import annotations

import posixpath
import re
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SLIDE = re.compile(r"ppt/slides/slide\d+\.xml$")

MAX_PART = 200_000_000
"""Bytes of a part that is looked into; the parser has its own bounds for larger ones."""


class Package:
    """The parts of an office file; those that are replaced are written anew at the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._archive = zipfile.ZipFile(BytesIO(data))
        self._replaced: dict[str, Any] = {}

    def names(self, start: str, end: str = ".xml") -> list[str]:
        """Return the names of parts with a beginning and an end, in order."""
        return sorted(
            n for n in self._archive.namelist() if n.startswith(start) and n.endswith(end)
        )

    def read(self, name: str) -> bytes:
        """Return a part's bytes as they came, b"" where it is not there or beyond its bounds."""
        try:
            info = self._archive.getinfo(name)
        except KeyError:
            return b""
        return self._archive.read(name) if info.file_size <= MAX_PART else b""

    def tree(self, name: str) -> Any | None:
        """Return a part's root element, as it was last replaced; None where missing or broken."""
        if name in self._replaced:
            return self._replaced[name]
        data = self.read(name)
        return parsed(data) if data else None

    def holding(self, names: Iterable[str], signs: re.Pattern[bytes]) -> Iterator[tuple[str, Any]]:
        """Yield name and root element of those parts whose bytes, as they came, hold a sign."""
        for name in names:
            root = self.tree(name) if signs.search(self.read(name)) else None
            if root is not None:
                yield name, root

    def slides(self) -> list[str]:
        """Return the names of the parts that are slides of a presentation."""
        return [name for name in self.names("ppt/slides/slide") if _SLIDE.match(name)]

    def replace(self, name: str, root: Any) -> None:
        """Put a changed tree in place of a part."""
        self._replaced[name] = root

    def linked(self, name: str) -> dict[str, str]:
        """Return the parts that a part refers to, by the ids of its relationships."""
        folder, last = posixpath.split(name)
        root = self.tree(f"{folder}/_rels/{last}.rels")
        return {
            link.get("Id", ""): posixpath.normpath(
                posixpath.join("/", folder, link.get("Target", ""))
            ).lstrip("/")
            for link in (root if root is not None else ())
            if link.get("TargetMode") != "External"
        }

    def written(self) -> bytes:
        """Return the file, the same bytes where nothing was replaced."""
        if not self._replaced:
            return self._data
        made = BytesIO()
        infos = self._archive.infolist()
        # It is read at once and then forgotten: packing it would only cost time.
        is_small = sum(info.file_size for info in infos) <= MAX_PART
        method = zipfile.ZIP_STORED if is_small else zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(made, "w", method, compresslevel=1) as archive:
            for info in infos:
                root = self._replaced.get(info.filename)
                content = self._archive.read(info) if root is None else _written(root)
                archive.writestr(info.filename, content)
        return made.getvalue()


def _written(root: Any) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def parsed(data: bytes) -> Any | None:
    """Return the root element of an XML part, None where it is broken. No entity is resolved."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        # The format's parser says what is wrong with it, or does without it.
        return None
