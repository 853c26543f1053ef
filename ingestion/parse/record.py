"""One row of a table, a log or a data set as a document."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from freshground.core.errors import Quarantine
from ingestion.cleanse.assemble import assemble
from ingestion.parse.blocks import Block, Parsed

if TYPE_CHECKING:
    from freshground.core.records import Document

_BLANK = re.compile(r"\n[ \t\r\f\v]*\n\s*")
_SHAPE = '{"text": ..., "title": ..., "metadata": {...}}'


def parse(data: bytes, *, max_chars: int) -> Document:
    """See `ingestion.parse.parse_record`."""
    from ingestion.parse.dispatch import too_large

    try:
        row = json.loads(data)
    except ValueError:
        raise _corrupt("is no valid JSON") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str | None):
        raise _corrupt("has not the shape that a record has")
    text = (row.get("text") or "").replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > max_chars:
        raise too_large(len(text), max_chars)
    title = row.get("title")
    document = assemble(
        Parsed(
            blocks=[Block("text", part) for part in _BLANK.split(text) if part.strip()],
            media_type="application/x-record",
            title=None if title is None else str(title),
            metadata=row.get("metadata") or {},
        )
    )
    if not document.text:
        raise Quarantine(
            "empty",
            "The record's text field is empty.",
            "Fill the field, or name another one in the source's fields.",
        )
    return document


def _corrupt(what: str) -> Quarantine:
    return Quarantine(
        "corrupt", f"The stored record {what}.", f"Ingest the source again; expected {_SHAPE}."
    )
