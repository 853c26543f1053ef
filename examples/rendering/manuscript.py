"""Manuscripts: the small markdown dialect that the binary samples are written in.

A block is a heading (`#` to `###`), a bullet (`- `), a table (lines that start with `|`, header
first), speaker's notes (`> Notes: `) or a paragraph of one line. `[[a||b]]` holds two variants of
a passage, so that near-identical policies are written once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["heading", "bullet", "table", "notes", "paragraph"]
_VARIANTS = re.compile(r"\[\[(.*?)\|\|(.*?)\]\]")
_RULE = re.compile(r"^\|[\s|:-]+\|$")
_NOTES = "> Notes: "


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a manuscript.

    `level` counts from 1 and is 0 for anything but a heading. `rows` is empty for anything but a
    table, and holds the header first.
    """

    kind: Kind
    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


def choose(text: str, variant: int) -> str:
    """Return the text with each `[[a||b]]` replaced by its variant, 0 or 1."""
    return _VARIANTS.sub(lambda match: match[variant + 1], text)


def parse(text: str) -> list[Block]:
    """Return the blocks of a manuscript in reading order. ValueError for an unknown heading."""
    blocks: list[Block] = []
    rows: list[tuple[str, ...]] = []
    for raw in [*text.splitlines(), ""]:
        line = raw.strip()
        if line.startswith("|"):
            if not _RULE.match(line):
                rows.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
            continue
        if rows:
            blocks.append(Block("table", rows=tuple(rows)))
            rows = []
        if line:
            blocks.append(_block(line))
    return blocks


def _block(line: str) -> Block:
    if line.startswith("#"):
        marks, _, title = line.partition(" ")
        if len(marks) > 3 or not title:
            found = f"{line!r} is no heading of a manuscript"
            raise ValueError(f"{found}; write one to three # and a space before its text")
        return Block("heading", title, level=len(marks))
    if line.startswith("- "):
        return Block("bullet", line[2:])
    if line.startswith(_NOTES):
        return Block("notes", line.removeprefix(_NOTES))
    return Block("paragraph", line)
