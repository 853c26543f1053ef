"""Values that are replaced wherever they stand, found in one pass however many they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quality.admission.matches import lowered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_STARTS = re.compile(r"[^\W_]+|[^\w\s]|_")
"""Where a value may begin: not within a word."""

_FIRST = 3
"""Characters by which values are told apart before they are compared; shorter ones are none."""


class Repeats:
    """Values in lower case, and what takes the place of each."""

    def __init__(self, puts: Mapping[str, str]) -> None:
        self._puts = puts
        lengths: dict[str, set[int]] = {}
        for value in puts:
            lengths.setdefault(value[:_FIRST], set()).add(len(value))
        self._lengths = {first: sorted(of, reverse=True) for first, of in lengths.items()}

    def within(
        self, text: str, taken: Sequence[tuple[int, int, str]]
    ) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and put of values that stand in a text as whole words, in order.

        Of those that begin at one place the longest. None overlaps another, or a span of `taken`,
        which are in order.
        """
        if not self._puts:
            return
        lower = lowered(text)
        free = ahead = 0
        for match in _STARTS.finditer(lower):
            start = match.start()
            lengths = self._lengths.get(lower[start : start + _FIRST], ())
            if not lengths or start < free:
                continue
            while ahead < len(taken) and taken[ahead][1] <= start:
                ahead += 1
            until = taken[ahead][0] if ahead < len(taken) else len(lower)
            for length in lengths:
                end = start + length
                put = self._puts.get(lower[start:end]) if end <= until else None
                if put is not None and not (
                    lower[end - 1 : end + 1].isalnum() and end < len(lower)
                ):
                    yield start, end, put
                    free = end
                    break
