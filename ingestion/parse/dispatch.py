"""Bytes in, document out: sniff the format, parse, cleanse; every failure is a `Quarantine`."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from freshground.core.errors import Quarantine
from ingestion.cleanse.assemble import assemble
from ingestion.parse.blocks import Raw
from ingestion.parse.registry import parser_of
from ingestion.parse.sniff import sniff

if TYPE_CHECKING:
    from freshground.core.records import Document, Hidden
    from ingestion.parse.blocks import Html, Parsed

_MAX_BYTES_PER_CHAR = 4


def parse(data: bytes, name: str, *, max_chars: int, html: Html, ocr: str) -> Document:
    """See `ingestion.parse.parse`."""
    if not data.strip(b"\x00\t\n\r\x0b\x0c "):
        raise Quarantine(
            "empty",
            f"The object holds no content ({len(data)} bytes, all blank).",
            "Store the document again, or delete it.",
        )
    raw = Raw(data, extension_of(name), html, ocr)
    parsed = _parsed(raw, max_chars)
    size = sum(len(block.text) for block in parsed.blocks)
    if size > max_chars:
        raise too_large(size, max_chars)
    document = assemble(parsed)
    if not document.text:
        raise Quarantine(
            "empty",
            f"No text is left of the {parsed.media_type} document after parsing and cleansing.",
            "Check that the document has text of its own, not only pictures or blanks.",
        )
    return document


def extension_of(name: str) -> str:
    """Return the extension of an object's name in lower case without the dot."""
    return PurePosixPath(name.replace("\\", "/")).suffix[1:].lower()


def too_large(size: int, limit: int) -> Quarantine:
    """Return the refusal of a text of `size` code points."""
    return Quarantine(
        "too_large",
        f"The document's text has {size:,} characters; the limit is {limit:,}.",
        "Split the document, or raise the limit.",
    )


def _parsed(raw: Raw, max_chars: int) -> Parsed:
    kind = sniff(raw)
    if "text" in raw.__dict__ and len(raw.text) > max_chars * _MAX_BYTES_PER_CHAR:
        # Markup can be several times its text, but no parser should be fed without bound.
        raise too_large(len(raw.text), max_chars)
    try:
        raw, hidden = _prepared(raw, kind)
        parsed = parser_of(kind)(raw)
        return replace(parsed, hidden=(*parsed.hidden, *hidden)) if hidden else parsed
    except Quarantine:
        raise
    except (ImportError, MemoryError):
        # A library that is missing is a broken installation, not a broken document; and who set
        # the limit of memory knows what to say of it.
        raise
    except Exception as error:  # noqa: BLE001 - see below
        # Third-party parsers raise anything on a malformed file. Their messages may quote the
        # document, so only the type and the place are told, and the cause is cut off.
        raise Quarantine(
            "parse_failed",
            f"The {kind} parser failed with {type(error).__name__}{_place(error)}.",
            "Open and save the file again with its own program; if that does not help, report it.",
        ) from None


def _prepared(raw: Raw, kind: str) -> tuple[Raw, tuple[Hidden, ...]]:
    """Return an office file as its parser should have it, and its hidden text; others pass."""
    if kind not in OFFICE:
        return raw, ()
    from ingestion.parse.office import prepared

    data, hidden = prepared(raw.data, kind)
    return (raw if data is raw.data else replace(raw, data=data)), hidden


OFFICE = frozenset({"docx", "pptx", "xlsx", "odt", "ods", "odp"})


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f" at {PurePosixPath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
