"""JSON and JSON lines: every value on a line of its own after its path, one block an object."""

from __future__ import annotations

import json
from typing import Any

from ingestion.parse.blocks import Block, Parsed, Raw
from ingestion.parse.plain import paragraphs


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
    """Return one block an object, lines that are no JSON as they stand.

    Where those are the most, the whole is read as plain text.
    """
    blocks: list[Block] = []
    lines = [line for line in raw.text.removeprefix("\ufeff").split("\n") if line.strip()]
    broken = 0
    for line in lines:
        try:
            blocks += _blocks(json.loads(line))
        except (ValueError, RecursionError):
            broken += 1
            blocks.append(Block("text", line))
    if broken > len(lines) / 2:
        return Parsed(paragraphs(raw.text), "text/plain")
    return Parsed(blocks, "application/x-ndjson")


def _blocks(value: Any) -> list[Block]:
    items = value if isinstance(value, list) else [value]
    blocks = []
    for item in items:
        lines: list[str] = []
        _gather(item, "", lines)
        if lines:
            blocks.append(Block("text", "\n".join(lines)))
    return blocks


def _gather(value: Any, path: str, lines: list[str]) -> None:
    """Add a line for each value under `path`."""
    if isinstance(value, dict):
        for name, item in value.items():
            _gather(item, f"{path}.{name}" if path else str(name), lines)
    elif isinstance(value, list):
        if not value:
            return
        if any(isinstance(item, dict | list) for item in value):
            for item in value:
                _gather(item, path, lines)
        else:
            _add(", ".join(map(_scalar, value)), path, lines)
    elif value is not None and value != "":
        _add(_scalar(value), path, lines)


def _add(text: str, path: str, lines: list[str]) -> None:
    lines.append(f"{path}: {text}" if path else text)


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
