"""Office files before their parser reads them: hidden text taken out, what is wrapped laid open.

Parsers then need to know of neither. A file with nothing of the kind is passed on as it is.
"""

from __future__ import annotations

import zipfile
from importlib import import_module
from typing import TYPE_CHECKING

from lxml import etree

from freshground.core.records import Hidden
from ingestion.parse.hidden.bounded import bounded
from ingestion.parse.package import Package

if TYPE_CHECKING:
    from collections.abc import Iterator

_HIDDEN = {
    "docx": "word", "pptx": "slides", "xlsx": "sheets",
    "odt": "opendocument", "ods": "opendocument", "odp": "opendocument",
}  # fmt: skip
_WRAPPED = {"docx": "word", "pptx": "slides"}
_PROPERTIES = ("description", "keywords", "subject", "category", "contentStatus")


def prepared(data: bytes, kind: str) -> tuple[bytes, tuple[Hidden, ...]]:
    """Return an office file as its parser should have it, and the hidden text that it had."""
    try:
        package = Package(data)
        found = list(import_module(f"ingestion.parse.hidden.{_HIDDEN[kind]}").take(package))
        found += _properties(package)
        if kind in _WRAPPED:
            import_module(f"ingestion.parse.wrapped.{_WRAPPED[kind]}").unwrap(package)
        return package.written(), bounded(found)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        # A broken or encrypted package: the format's parser says so in its own words.
        return data, ()


def _properties(package: Package) -> Iterator[Hidden]:
    root = package.tree("docProps/core.xml")
    for node in root if root is not None else ():
        if isinstance(node.tag, str) and etree.QName(node).localname in _PROPERTIES and node.text:
            yield Hidden("metadata", node.text)
