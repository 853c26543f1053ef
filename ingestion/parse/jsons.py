"""JSON and JSON lines: every value on a line of its own after its path, one block an object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ingestion.parse.blocks import Block, Parsed, Raw
from ingestion.parse.plain import paragraphs

if TYPE_CHECKING:
    from collections.abc import Iterator


def parse_json(raw: Raw) -> Parsed:
    """Return the values of a JSON text; JSON lines and text that is not JSON are read as such."""
    try:
        value = json.loads(raw.text.removeprefix("\ufeff"))
    except ValueError:
        return parse_jsonl(raw)
    except RecursionError:
        return Parsed(paragraphs(raw.text), "application/json")
    return Parsed(_blocks(value), "application/json")


def parse_jsonl(raw: Raw) -> Parsed:
    """Return one block an object; when a line is no JSON the whole is read as plain text."""
    blocks: list[Block] = []
    for line in raw.text.removeprefix("\ufeff").split("\n"):
        if not line.strip():
            continue
        try:
            blocks += _blocks(json.loads(line))
        except (ValueError, RecursionError):
            return Parsed(paragraphs(raw.text), "text/plain")
    return Parsed(blocks, "application/x-ndjson")


def _blocks(value: Any) -> list[Block]:
    items = value if isinstance(value, list) else [value]
    texts = ("\n".join(_lines(item, "")) for item in items)
    return [Block("text", text) for text in texts if text.strip()]


def _lines(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _lines(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        if all(not isinstance(item, dict | list) for item in value):
            if value:
                yield from _line(", ".join(_scalar(item) for item in value), path)
        else:
            for item in value:
                yield from _lines(item, path)
    elif value is not None and value != "":
        yield from _line(_scalar(value), path)


def _line(text: str, path: str) -> Iterator[str]:
    yield f"{path}: {text}" if path else text


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
