"""Parsing: bytes of any format in, one cleansed `Document` out.

`parse` and `parse_record` are the entry points, `PARSER_ID` names the version of their output.
Importing this package loads no parser: each format's library is imported when it is first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.parse.version import PARSER_ID

if TYPE_CHECKING:
    from freshground.core.records import Document

__all__ = ["MAX_CHARS", "PARSER_ID", "parse", "parse_record"]

MAX_CHARS = 20_000_000
"""The longest document text, in code points, that is let through by default."""


def parse(data: bytes, name: str, *, max_chars: int = MAX_CHARS, ocr: str = "eng") -> Document:
    """Return the cleansed document that an object's bytes hold.

    The content decides the format; of `name` only the extension is looked at, as a hint between
    text formats that look alike. The same bytes and extension give the same document. `ocr` names
    the languages of pictures of text, as tesseract does ("deu+eng"); "" leaves them unread.

    Raises `Quarantine` with rule `empty`, `no_text_layer`, `encrypted`, `corrupt`, `unsupported`,
    `too_large` (more than `max_chars` code points) or `parse_failed`. No message holds text of the
    document.
    """
    from ingestion.parse import dispatch

    return dispatch.parse(data, name, max_chars=max_chars, ocr=ocr)


def parse_record(data: bytes, _name: str = "", *, max_chars: int = MAX_CHARS) -> Document:
    """Return the document of one record row, given as its canonical JSON.

    The row is `{"text": str, "title": str or null, "metadata": object}`. Its paragraphs, separated
    by blank lines, become elements as they are: no markup is interpreted. Raises `Quarantine` with
    rule `empty`, `corrupt` or `too_large`.
    """
    from ingestion.parse import record

    return record.parse(data, max_chars=max_chars)
