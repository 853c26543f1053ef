"""Plain text and source code: paragraphs are what blank lines separate; line breaks are kept."""

from __future__ import annotations

import re

from ingestion.parse.blocks import Block, Parsed, Raw

LOG_LINES = 200
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[()][0-9A-Za-z]|[@-Z\\^_=>78])"
    r"|[^\n\x08]\x08"
)
_BLANK = re.compile(r"\n[ \t\r\f\v]*\n(?:[ \t\r\f\v]*\n)*|\n?\f")
_BULLET = re.compile(r"[ \t]*(?:[-*+\u2022\u25cf\u25e6\u2023]|\(?\d{1,3}[.)])[ \t]+\S")


def parse(raw: Raw) -> Parsed:
    """Return paragraphs of plain text, logs and anything else that is text."""
    return Parsed(paragraphs(without_escapes(raw.text)), "text/plain")


def parse_code(raw: Raw) -> Parsed:
    """Return source code or configuration, split where blank lines are."""
    blocks = [Block("code", part) for part in _BLANK.split(raw.text) if part.strip()]
    return Parsed(blocks, "text/x-code")


def parse_log(raw: Raw) -> Parsed:
    """Return a log as runs of lines: a record is never cut in two, an element holds hundreds."""
    lines = without_escapes(raw.text).split("\n")
    blocks: list[Block] = []
    run: list[str] = []
    for line in lines:
        # A stack trace goes with the record above it.
        if len(run) >= LOG_LINES and line[:1].strip():
            blocks.append(Block("code", "\n".join(run)))
            run = []
        run.append(line)
    if any(line.strip() for line in run):
        blocks.append(Block("code", "\n".join(run)))
    return Parsed(blocks, "text/x-log")


def without_escapes(text: str) -> str:
    """Return a text without what makes terminals and printers show colours, links, bold type."""
    return _ESCAPES.sub("", text) if "\x1b" in text or "\x08" in text else text


def paragraphs(text: str, page: int | None = None) -> list[Block]:
    """Return the blocks of a plain text: lists whose items each start a line, and paragraphs."""
    blocks: list[Block] = []
    for part in _BLANK.split(text):
        if not part.strip():
            continue
        lines = part.split("\n")
        if len(lines) > 1 and all(_BULLET.match(line) for line in lines if line.strip()):
            blocks += [Block("list_item", line, page) for line in lines]
        elif len(lines) == 1 and _BULLET.match(part):
            blocks.append(Block("list_item", part, page))
        else:
            blocks.append(Block("text", part, page))
    return blocks
