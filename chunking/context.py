"""What is embedded in front of a chunk's text: title, heading path, a table's first row."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunking.boundaries import Span
    from chunking.meter import Meter
    from chunking.pieces import Piece

SEPARATOR = " > "
SHARE = 4
MAX_HEADER = 2_000
"""Characters of a table's header row that are served with a passage."""

_CUT = "…"


class Context:
    """Makes prefixes for the chunks of one document, and remembers what each costs.

    Title and headings take at most a quarter of the encoder's limit, with a table's first row half
    of it: what is larger is shortened (the innermost heading stays longest, a row loses its end).
    """

    def __init__(self, text: str, title: str | None, meter: Meter) -> None:
        self._text = text
        self._title = " ".join((title or "").split())
        self._meter = meter
        self._most = meter.limit // SHARE
        self._clean: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._lines: dict[tuple[str, tuple[str, ...]], str] = {}
        self._rows: dict[tuple[Span, int], str] = {}
        self._costs: dict[str, int] = {"": 0}

    def headings(self, pieces: Sequence[Piece]) -> tuple[str, ...]:
        """Return the path that all content of a chunk shares, without the document's title."""
        paths = [piece.path for piece in pieces if piece.level is None]
        if not paths:
            paths = [pieces[0].path]
        path = paths[0]
        for other in paths[1:]:
            if other is not path:
                path = path[: _shared(path, other)]
        clean = self._clean.get(path)
        if clean is None:
            clean = tuple(" ".join(heading.split()) for heading in path)
            self._clean[path] = clean = clean[clean[:1] == (self._title,) :]
        return clean

    def prefix(self, pieces: Sequence[Piece]) -> str:
        """Return the lines in front of a chunk that starts with `pieces`, line ends included."""
        first = pieces[0]
        opening = self._text[first.start : first.end].split("\n", 1)[0]
        title = "" if " ".join(opening.split()) == self._title else self._title
        key = (title, self.headings(pieces))
        lines = self._lines.get(key)
        if lines is None:
            lines = self._lines[key] = self._shortened(*key)
        return lines + self._header_line(first, 2 * self._most - self.cost(lines))

    def table_header(self, first: Piece) -> str | None:
        """Return the header row of the table that a chunk from `first` goes on with, else None."""
        if first.header is None:
            return None
        row = self._text[slice(*first.header)]
        return row if len(row) <= MAX_HEADER else row[: MAX_HEADER - 1] + _CUT

    def _header_line(self, first: Piece, room: int) -> str:
        """Return a table's header row as a line, its end cut off where it takes too much."""
        if first.header is None:
            return ""
        key = (first.header, room)
        line = self._rows.get(key)
        if line is None:
            row = self._text[slice(*first.header)]
            line = f"{row}\n"
            if self.cost(line) > room:
                line = self._cut_down(row, room)
            self._rows[key] = line
        return line

    def cost(self, prefix: str) -> int:
        """Return the encoder tokens of a prefix, special tokens left out."""
        cost = self._costs.get(prefix)
        if cost is None:
            cost = self._meter.encoder_tokens([prefix])[0] - self._meter.special
            self._costs[prefix] = cost
        return cost

    def _shortened(self, title: str, path: tuple[str, ...]) -> str:
        choices = [
            (title, path),
            *((title, path[-keep:]) for keep in (2, 1) if keep < len(path)),
            ("", path[-1:]),
        ]
        for name, headings in choices:
            lines = "".join(f"{part}\n" for part in (name, SEPARATOR.join(headings)) if part)
            if self.cost(lines) <= self._most:
                return lines
        return self._cut_down(path[-1] if path else title, self._most)

    def _cut_down(self, line: str, most: int) -> str:
        """Return the longest start of a line that fits, by bisection; "" when none does."""
        # A token of a heading is seldom longer than this; it keeps a heading of megabytes cheap.
        low, high = 0, min(len(line), 16 * most)
        while low < high:
            middle = (low + high + 1) // 2
            if self.cost(f"{line[:middle].rstrip()}{_CUT}\n") <= most:
                low = middle
            else:
                high = middle - 1
        return f"{line[:low].rstrip()}{_CUT}\n" if low else ""


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
