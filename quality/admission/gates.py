"""Where a text may hold anything that a pattern looks for: most hold nothing, and are done with.

RE2 reads a text once, at a few nanoseconds a character, however many patterns it looks for
together. They are looser than the exact ones, which then run where they were found and nowhere
else: what no gate sees, no exact pattern finds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import re2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MEMORY = 64 << 20
"""Bytes for what RE2 makes of a pattern while it reads: with less it begins again and again."""


def compiled(pattern: str) -> Any:
    """Return a pattern for `Seen.spans`. Case counts unless it says otherwise: `(?i)`."""
    return re2.compile(pattern.encode(), _options())


def _options() -> Any:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.never_capture = True
    return options


class Gates:
    """Patterns by name, looked for together, as for `compiled`."""

    def __init__(self, patterns: dict[str, str]) -> None:
        self._names = tuple(patterns)
        self._set = re2.Set.SearchSet(_options())
        for pattern in patterns.values():
            self._set.Add(pattern.encode())
        self._set.Compile()

    def opened(self, seen: Seen) -> frozenset[str]:
        """Return the names of the patterns that are found in a text."""
        return frozenset(self._names[place] for place in self._set.Match(seen.data) or ())


class Seen:
    """A text as RE2 reads it: UTF-8, with the way back from bytes to characters."""

    def __init__(self, text: str) -> None:
        self.data = text.encode("utf-8", "surrogatepass")
        self._plain = len(self.data) == len(text)

    def spans(self, pattern: Any) -> Iterator[tuple[int, int]]:
        """Yield the spans in characters of what a pattern matches, in their order."""
        spans = (match.span() for match in pattern.finditer(self.data))
        return spans if self._plain else self._characters(spans)

    def _characters(self, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        at = count = 0
        for start, end in spans:
            count += len(self.data[at:start].decode("utf-8", "ignore"))
            length = len(self.data[start:end].decode("utf-8", "ignore"))
            yield count, count + length
            at, count = end, count + length
