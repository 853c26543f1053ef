"""Shared by the parsers' tests: parsing with every invariant of a document checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingestion.cleanse.characters import clean_code, clean_prose
from ingestion.parse import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.records import Document

KINDS = {
    "title", "heading", "text", "list_item", "table", "code", "caption", "footnote", "notes",
}  # fmt: skip


def _check(document: Document) -> Document:
    """Fail unless the document keeps the contract of `records.Document`."""
    assert document.text
    end = 0
    for element in document.elements:
        text = document.text[element.start : element.end]
        assert text.strip()
        assert text == (text.strip("\n") if element.kind == "code" else text.strip())
        assert element.kind in KINDS
        assert element.start == 0 or set(document.text[end : element.start]) == {"\n"}
        assert (element.level is not None) == (element.kind == "heading")
        assert element.level is None or element.level == len(element.headings) + 1
        cleaned = clean_code(text) if element.kind == "code" else clean_prose(text)
        assert cleaned == text
        end = element.end
    assert end == len(document.text)
    document.text.encode("utf-8")
    return document


@pytest.fixture(scope="session")
def check() -> Callable[[Document], Document]:
    """Fail on a document that breaks the contract, else return it."""
    return _check


@pytest.fixture(scope="session")
def parsed() -> Callable[[bytes | str, str], Document]:
    """Parse bytes, or text as UTF-8, and check the result."""

    def run(data: bytes | str, name: str) -> Document:
        return _check(parse(data.encode() if isinstance(data, str) else data, name))

    return run


@pytest.fixture(scope="session")
def outline() -> Callable[[Document], list[tuple[str, str]]]:
    """Return a document as pairs of kind and text."""
    return lambda document: [(e.kind, document.text[e.start : e.end]) for e in document.elements]
