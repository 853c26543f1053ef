"""Jupyter notebooks: Markdown cells as Markdown, code cells and their printed output as code."""

from __future__ import annotations

import json
from typing import Any

from ingestion.parse import markdown
from ingestion.parse.blocks import Block, Parsed, Raw
from ingestion.parse.jsons import parse_json
from ingestion.parse.plain import without_escapes

MAX_OUTPUT = 20_000


def parse(raw: Raw) -> Parsed:
    """Return a notebook's cells in order; what is no notebook is read as JSON."""
    try:
        book = json.loads(raw.text)
        cells = book["cells"] if "cells" in book else book["worksheets"][0]["cells"]
    except (ValueError, TypeError, KeyError, IndexError):
        return parse_json(raw)
    blocks: list[Block] = []
    for cell in cells:
        source = _text(cell.get("source", cell.get("input", "")))
        if cell.get("cell_type") == "markdown":
            blocks += markdown.blocks_of(source)
        elif cell.get("cell_type") == "heading":
            blocks.append(Block("heading", source, level=int(cell.get("level", 1))))
        elif cell.get("cell_type") == "code":
            blocks.append(Block("code", source))
            blocks += [Block("code", text) for text in _outputs(cell)]
        else:
            blocks.append(Block("text", source))
    language = book.get("metadata", {}).get("kernelspec", {}).get("language")
    return Parsed(
        blocks, "application/x-ipynb+json", metadata={"code_language": language} if language else {}
    )


def _outputs(cell: dict[str, Any]) -> list[str]:
    texts = []
    for output in cell.get("outputs", []):
        text = _text(output.get("text") or output.get("data", {}).get("text/plain") or "")
        if output.get("output_type") in {"error", "pyerr"}:
            # What went wrong; where, is the traceback of a machine that is not at hand.
            text = f"{output.get('ename', '')}: {output.get('evalue', '')}".strip(": ")
        # Longer output is a dump that nobody reads, and it would drown the notebook.
        if text.strip() and len(text) <= MAX_OUTPUT:
            texts.append(without_escapes(text))
    return texts


def _text(value: Any) -> str:
    return "".join(value) if isinstance(value, list) else str(value)
