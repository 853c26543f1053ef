"""Parsing: bytes of any format in, one cleansed `Document` out.

`parse` and `parse_record` are the entry points, `PARSER_ID` names the version of their output.
Importing this package loads no parser: each format's library is imported when it is first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.parse.version import PARSER_ID

if TYPE_CHECKING:
    from freshground.core.records import Document
    from ingestion.parse.blocks import Html

__all__ = ["MAX_CHARS", "PARSER_ID", "parse", "parse_record", "warm"]

MAX_CHARS = 20_000_000
"""The longest document text, in code points, that is let through by default."""


def parse(
    data: bytes,
    name: str,
    *,
    max_chars: int = MAX_CHARS,
    html: Html = "article",
    ocr: str = "eng",
) -> Document:
    """Return the cleansed document that an object's bytes hold.

    The content decides the format; of `name` only the extension is looked at, as a hint between
    text formats that look alike. Of a web page the content alone is taken, or all of it where
    `html` is `full`. `ocr` names the languages of pictures of text, as tesseract does ("deu+eng");
    "" leaves them unread. The same bytes, extension and options give the same document.

    Raises `Quarantine` with rule `empty`, `no_text_layer`, `encrypted`, `corrupt`, `unsupported`,
    `too_large` (more than `max_chars` code points) or `parse_failed`. No message holds text of the
    document.
    """
    from ingestion.parse import dispatch

    return dispatch.parse(data, name, max_chars=max_chars, html=html, ocr=ocr)


def parse_record(data: bytes, _name: str = "", *, max_chars: int = MAX_CHARS) -> Document:
    """Return the document of one record row, given as its canonical JSON.

    The row is `{"text": str, "title": str or null, "metadata": object}`. Its paragraphs, separated
    by blank lines, become elements as they are: no markup is interpreted. Raises `Quarantine` with
    rule `empty`, `corrupt` or `too_large`.
    """
    from ingestion.parse import record

    return record.parse(data, max_chars=max_chars)


def warm() -> None:
    """Load what every document needs, in the process that those who parse are forked from."""
    from ingestion.cleanse import language
    from ingestion.parse import dispatch

    language.detect("The first text of all takes the time to load what the others share.")
    dispatch.parse(b"# Title\n\nA text in Markdown.", "first.md", max_chars=MAX_CHARS)
