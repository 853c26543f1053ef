"""Hidden text of office files, taken out of the package before a parser reads it.

Parsers then need to know nothing of it. A package without anything hidden is passed on as it is.
"""

from __future__ import annotations

import zipfile
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any

from lxml import etree

from freshground.core.records import Hidden
from ingestion.parse.hidden.bounded import bounded

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = {
    "docx": "word", "pptx": "slides", "xlsx": "sheets",
    "odt": "opendocument", "ods": "opendocument", "odp": "opendocument",
}  # fmt: skip
MAX_PART = 200_000_000
"""Bytes of a part that is looked into; the parser has its own bounds for larger ones."""

_PROPERTIES = ("description", "keywords", "subject", "category", "contentStatus")


class Package:
    """The parts of an office file; those that are replaced are written anew at the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._archive = zipfile.ZipFile(BytesIO(data))
        self._replaced: dict[str, bytes] = {}

    def names(self, start: str, end: str = ".xml") -> list[str]:
        """Return the names of parts with a beginning and an end, in order."""
        return sorted(
            n for n in self._archive.namelist() if n.startswith(start) and n.endswith(end)
        )

    def read(self, name: str) -> bytes:
        """Return a part's bytes, b"" where it is not there or beyond its bounds."""
        try:
            info = self._archive.getinfo(name)
        except KeyError:
            return b""
        return self._archive.read(name) if info.file_size <= MAX_PART else b""

    def tree(self, name: str) -> Any | None:
        """Return a part's root element, None where it is missing or broken."""
        data = self.read(name)
        return parsed(data) if data else None

    def replace(self, name: str, root: Any) -> None:
        """Put a changed tree in place of a part."""
        self._replaced[name] = etree.tostring(
            root, xml_declaration=True, encoding="UTF-8", standalone=True
        )

    def written(self) -> bytes:
        """Return the file, the same bytes where nothing was replaced."""
        if not self._replaced:
            return self._data
        made = BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for info in self._archive.infolist():
                content = self._replaced.get(info.filename)
                if content is None:
                    archive.writestr(info, self._archive.read(info))
                else:
                    archive.writestr(info.filename, content)
        return made.getvalue()


def parsed(data: bytes) -> Any | None:
    """Return the root element of an XML part, None where it is broken. No entity is resolved."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        # The format's parser says what is wrong with it, or does without it.
        return None


def take(data: bytes, kind: str) -> tuple[bytes, tuple[Hidden, ...]]:
    """Return an office file without its hidden text, and that text. Other kinds pass."""
    module = KINDS.get(kind)
    if module is None:
        return data, ()
    try:
        package = Package(data)
        found = list(import_module(f"ingestion.parse.hidden.{module}").take(package))
        found += _properties(package)
        return package.written(), bounded(found)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        # A broken or encrypted package: the format's parser says so in its own words.
        return data, ()


def _properties(package: Package) -> Iterator[Hidden]:
    root = package.tree("docProps/core.xml")
    for node in root if root is not None else ():
        if isinstance(node.tag, str) and etree.QName(node).localname in _PROPERTIES and node.text:
            yield Hidden("metadata", node.text)
