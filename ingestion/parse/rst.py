"""reStructuredText: a structural reader of its own for sections, lists, directives, code, tables.

docutils' full parse runs at some 100 kB a second and stops on directives of other tools; a pandoc
start costs over 50 ms a file. What retrieval needs from reST is its block structure, which is
marked by indentation and underlines and can be read in one pass at 1 MB a second and more. Inline
markup is stripped where it is plain to see. Text that is not understood is kept as text.
"""

# ruff: noqa: SIM905 - word lists read better

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from ingestion.parse.blocks import Block, Parsed, Raw, table_text
from ingestion.parse.bounds import too_deep
from ingestion.parse.rst_inline import inline
from ingestion.parse.rst_tables import (
    GRID,
    SIMPLE,
    csv_rows,
    grid_rows,
    list_rows,
    simple_end,
    simple_rows,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*$")
_HEADER = re.compile(r"[A-Z][A-Za-z-]*: ?\S?")
_FIELD = re.compile(r":(?![: ])((?:[^:\\]|\\.)+):(?: |$)")
_BULLET = re.compile(r"([-*+\u2022\u2023\u2043])( +)(?=\S)")
_NUMBER = re.compile(r"(\(?(?:\d{1,4}|#|[A-Za-z]|[ivxlcdmIVXLCDM]{2,6})[.)])( +)(?=\S)")
_EXPLICIT = re.compile(r"\.\.(?: |$)")
_DIRECTIVE = re.compile(r"\.\. (?:\|[^|]+\| )?([A-Za-z][\w:+.-]*?) ?::(?: +(.*))?$")
_FOOTNOTE = re.compile(r"\.\. \[([#*\w.-]+)\] ?(.*)$")
_CODE = frozenset("code code-block sourcecode parsed-literal doctest testcode math".split())
_DROPPED = frozenset(
    "contents toctree include index highlight raw meta default-role role sectnum header footer "
    "image section-numbering replace unicode date tabularcolumns currentmodule module".split()
)
MAX_DEPTH = 50
MIN_HEADER = 2


def parse(raw: Raw) -> Parsed:
    """Return the blocks of a reST text; a header of fields at its start becomes metadata."""
    lines = [line.rstrip() for line in raw.text.expandtabs(8).split("\n")]
    reader = _Reader()
    start = reader.header(lines)
    reader.read(lines[start:], 0)
    title = reader.metadata.pop("title", None)
    return Parsed(reader.blocks, "text/x-rst", title, metadata=reader.metadata)


class _Reader:
    """Reads lines into blocks. Nested content is dedented and read the same way."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.metadata: dict[str, str] = {}
        self.styles: list[str] = []

    def header(self, lines: list[str]) -> int:
        """Read a header of `Name: value` lines, as PEPs have; return the line after it."""
        first = next((i for i, line in enumerate(lines) if line), len(lines))
        if first == len(lines) or not _HEADER.match(lines[first]):
            return 0
        end = next((i for i in range(first, len(lines)) if not lines[i]), len(lines))
        folded: list[str] = []
        for line in lines[first:end]:
            if line[0] == " " and folded:
                folded[-1] += " " + line.strip()
            elif _HEADER.match(line):
                folded.append(line)
            else:
                return 0
        if len(folded) < MIN_HEADER:
            return 0
        for line in folded:
            name, _, value = line.partition(":")
            self.metadata[name.lower()] = value.strip()
        self.blocks.append(Block("text", "\n".join(folded)))
        return end

    def read(self, lines: Sequence[str], depth: int) -> None:
        """Read lines of one indentation level. Raises `Quarantine` `too_deep`."""
        if depth > MAX_DEPTH and any(lines):
            raise too_deep()
        position = 0
        while position < len(lines):
            line = lines[position]
            if not line:
                position += 1
            elif line[0] == " ":
                position = self._indented(lines, position, depth)
            else:
                position = self._construct(lines, position, depth)

    def _construct(self, lines: Sequence[str], position: int, depth: int) -> int:
        line = lines[position]
        if depth == 0 and (end := self._section(lines, position)):
            return end
        if _EXPLICIT.match(line):
            return self._explicit(lines, position, depth)
        if GRID.match(line) or SIMPLE.match(line):
            return self._table(lines, position)
        if _ADORNMENT.match(line):
            return position + 1
        if line.startswith(">>> "):
            end = _paragraph_end(lines, position)
            self.blocks.append(Block("code", "\n".join(lines[position:end])))
            return end
        if match := _BULLET.match(line) or _NUMBER.match(line):
            return self._item(lines, position, match, depth)
        return self._paragraph(lines, position, depth)

    def _section(self, lines: Sequence[str], position: int) -> int:
        """Read a section title; return the line after it, or 0 where there is none."""
        line = lines[position]
        after = lines[position + 1] if position + 1 < len(lines) else ""
        if (over := _ADORNMENT.match(line)) and after and position + 2 < len(lines):
            under = _ADORNMENT.match(lines[position + 2])
            if under and under.group(1) == over.group(1) and not _ADORNMENT.match(after):
                self._heading(after, over.group(1) * 2)
                return position + 3
        under = _ADORNMENT.match(after)
        is_title = under and not over and len(after) >= min(len(line), 4)
        if is_title and under and (position == 0 or not lines[position - 1]):
            self._heading(line, under.group(1))
            return position + 2
        return 0

    def _heading(self, text: str, style: str) -> None:
        if style not in self.styles:
            self.styles.append(style)
        self.blocks.append(Block("heading", inline(text), level=self.styles.index(style) + 1))

    def _explicit(self, lines: Sequence[str], position: int, depth: int) -> int:
        """Read what begins with two dots: a directive, footnote, target or comment."""
        line = lines[position]
        end = _indented_end(lines, position + 1)
        body = textwrap.dedent("\n".join(lines[position + 1 : end])).split("\n")
        if match := _FOOTNOTE.match(line):
            text = " ".join([match.group(2), *(part.strip() for part in body)])
            self.blocks.append(Block("footnote", f"[{match.group(1)}] {inline(text)}"))
        elif match := _DIRECTIVE.match(line):
            self._directive(match.group(1).lower(), match.group(2) or "", body, depth)
        return end

    def _directive(self, name: str, argument: str, body: list[str], depth: int) -> None:
        options, content = _split_options(body)
        if name in _DROPPED:
            return
        if name in _CODE:
            text = "\n".join(content if name != "math" else [argument, *content])
            self.blocks.append(Block("code", text.strip("\n")))
        elif name in {"csv-table", "list-table", "table"}:
            if argument:
                self.blocks.append(Block("caption", inline(argument)))
            if name == "table":
                self.read(content, depth + 1)
            else:
                rows = csv_rows(options, content) if name == "csv-table" else list_rows(content)
                self.blocks.append(Block("table", table_text(rows)))
        elif name == "figure":
            if text := " ".join(part.strip() for part in content).strip():
                self.blocks.append(Block("caption", inline(text)))
        else:
            if argument:
                # Most directives take text here: a note's first line, a version, a signature.
                content = [argument, *([] if content and content[0] else [""]), *content]
            self.read(_dedented(content), depth + 1)

    def _item(self, lines: Sequence[str], position: int, match: re.Match[str], depth: int) -> int:
        width = match.end()
        end = position + 1
        while end < len(lines) and (not lines[end] or _indent(lines[end]) >= min(width, 2)):
            end += 1
        body = [lines[position][width:], *lines[position + 1 : end]]
        rest = textwrap.dedent("\n".join(body[1:])).split("\n") if len(body) > 1 else []
        first = _paragraph_end(rest, 0) if rest and rest[0] and rest[0][0] != " " else 0
        marker = "-" if match.re is _BULLET else match.group(1)
        text = " ".join([body[0], *rest[:first]])
        literal = text.endswith("::")
        self.blocks.append(Block("list_item", f"{marker} {inline(_without_colons(text))}"))
        position = self._literal(rest, first) if literal else first
        self.read(rest[position:], depth + 1)
        return end

    def _paragraph(self, lines: Sequence[str], position: int, depth: int) -> int:
        end = _paragraph_end(lines, position)
        text = lines[position:end]
        if _FIELD.match(text[0]):
            self.blocks.append(Block("text", "\n".join(inline(part) for part in text)))
            return end
        if end < len(lines) and lines[end] and lines[end][0] == " " and len(text) == 1:
            return self._definition(lines, position, end, depth)
        joined = "\n".join(text) if text[0].startswith("| ") else " ".join(text)
        if plain := _without_colons(joined):
            self.blocks.append(Block("text", inline(plain)))
        return self._literal(lines, end) if joined.endswith("::") else end

    def _definition(self, lines: Sequence[str], position: int, end: int, depth: int) -> int:
        """Read a term and its indented definition."""
        stop = _indented_end(lines, end)
        body = textwrap.dedent("\n".join(lines[end:stop])).split("\n")
        term = lines[position]
        first = _paragraph_end(body, 0)
        text = " ".join(body[:first])
        self.blocks.append(
            Block("text", f"{inline(_without_colons(term))}\n{inline(_without_colons(text))}")
        )
        place = self._literal(body, first) if text.endswith("::") else first
        self.read(body[place:], depth + 1)
        return stop

    def _literal(self, lines: Sequence[str], position: int) -> int:
        """Read the indented code after a paragraph that ends in two colons."""
        start = position
        while start < len(lines) and not lines[start]:
            start += 1
        if start < len(lines) and lines[start][0] == " ":
            end = _indented_end(lines, start)
            text = textwrap.dedent("\n".join(lines[start:end])).strip("\n")
            self.blocks.append(Block("code", text))
            return end
        return position

    def _indented(self, lines: Sequence[str], position: int, depth: int) -> int:
        end = _indented_end(lines, position)
        body = _dedented(lines[position:end])
        if depth >= MAX_DEPTH or (body and body[0].startswith(" ")):
            self.blocks.append(Block("text", "\n".join(body)))
        else:
            self.read(body, depth + 1)
        return end

    def _table(self, lines: Sequence[str], position: int) -> int:
        if GRID.match(lines[position]):
            end = position
            while end < len(lines) and lines[end][:1] in {"+", "|"} and lines[end]:
                end += 1
            rows = grid_rows(lines[position:end])
        else:
            end = simple_end(lines, position)
            rows = simple_rows(lines[position:end])
        if rows is None:
            self.blocks.append(Block("code", "\n".join(lines[position:end])))
        else:
            text = table_text([[inline(cell) for cell in row] for row in rows])
            self.blocks.append(Block("table", text))
        return max(end, position + 1)


def _without_colons(text: str) -> str:
    if not text.endswith("::"):
        return text
    return text[:-2].rstrip() if text[:-2].endswith(" ") or text == "::" else text[:-1]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _dedented(lines: Sequence[str]) -> list[str]:
    return textwrap.dedent("\n".join(lines)).strip("\n").split("\n")


def _paragraph_end(lines: Sequence[str], position: int) -> int:
    """Return the end of the run of lines without a blank one or a deeper indentation."""
    end = position + 1
    while end < len(lines) and lines[end] and lines[end][0] != " ":
        end += 1
    return min(end, len(lines))


def _indented_end(lines: Sequence[str], position: int) -> int:
    end = position
    while end < len(lines) and (not lines[end] or lines[end][0] == " "):
        end += 1
    return end


def _split_options(body: list[str]) -> tuple[dict[str, str], list[str]]:
    options: dict[str, str] = {}
    position = 0
    while position < len(body) and (match := _FIELD.match(body[position])):
        options[match.group(1)] = body[position][match.end() :].strip()
        position += 1
        while options and position < len(body) and body[position].startswith(" "):
            position += 1
    return options, body[position:]
