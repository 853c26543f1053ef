"""What is embedded in front of a chunk's text: title, heading path, a table's first row."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunking.meter import Meter
    from chunking.pieces import Piece

SEPARATOR = " > "
SHARE = 4
_CUT = "…"


class Context:
    """Makes prefixes for the chunks of one document, and remembers what each costs.

    Title and headings take at most a quarter of the encoder's limit, a table's first row another:
    what is larger is shortened (the innermost heading stays longest) or, for a row, left out.
    """

    def __init__(self, text: str, title: str | None, meter: Meter) -> None:
        self._text = text
        self._title = " ".join((title or "").split())
        self._meter = meter
        self._most = meter.limit // SHARE
        self._clean: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._lines: dict[tuple[str, tuple[str, ...]], str] = {}
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
        if first.header:
            row = self._text[slice(*first.header)] + "\n"
            if self.cost(row) <= self._most:
                lines += row
        return lines

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
        return self._cut_down(path[-1] if path else title)

    def _cut_down(self, line: str) -> str:
        """Return the longest start of a line that fits, by bisection; "" when none does."""
        # A token of a heading is seldom longer than this; it keeps a heading of megabytes cheap.
        low, high = 0, min(len(line), 16 * self._most)
        while low < high:
            middle = (low + high + 1) // 2
            if self.cost(f"{line[:middle].rstrip()}{_CUT}\n") <= self._most:
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
