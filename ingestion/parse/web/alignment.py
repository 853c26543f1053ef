"""Where in a page's own blocks the extracted paragraphs stand.

Both are words in the order of the page, so a paragraph is looked for behind the one before it.
Where its words stand at several places, the longest run that agrees is taken, then the nearest.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORD = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\\w+")
GRAM = 3
MAX_PLACES = 40
MAX_RUN = 60
NEAR = 80
"""Words behind the last one found within which a paragraph of one or two words is looked for."""


def words(text: str) -> list[str]:
    """Return the words of a text in lower case; each sign of a script without spaces is one."""
    return _WORD.findall(text.lower())


def covered(units: Sequence[Sequence[str]], paragraphs: Sequence[Sequence[str]]) -> list[int]:
    """Return how many words of each unit of the page belong to the paragraphs.

    Units and paragraphs are lists of words.
    """
    page = [word for unit in units for word in unit]
    owner = [place for place, unit in enumerate(units) for _ in unit]
    index: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for start in range(len(page) - GRAM + 1):
        index[tuple(page[start : start + GRAM])].append(start)
    taken = bytearray(len(page))
    cursor = 0
    for paragraph in paragraphs:
        position = 0
        while position < len(paragraph):
            start, length = _best(page, index, paragraph, position, cursor, taken)
            if not length:
                position += 1
                continue
            taken[start : start + length] = b"\x01" * length
            position += length
            cursor = start + length
    counts = [0] * len(units)
    for place, is_taken in zip(owner, taken, strict=True):
        counts[place] += is_taken
    return counts


def _best(
    page: list[str],
    index: dict[tuple[str, ...], list[int]],
    paragraph: Sequence[str],
    position: int,
    cursor: int,
    taken: bytearray,
) -> tuple[int, int]:
    """Return start and length of the run in the page that agrees best; length 0 for none."""
    left = len(paragraph) - position
    if left < GRAM:
        return _near(page, paragraph[position:], cursor, taken)
    places = index.get(tuple(paragraph[position : position + GRAM]), [])
    first = bisect_left(places, cursor)
    best = (0, 0)
    for start in [*places[first : first + MAX_PLACES], *places[max(0, first - MAX_PLACES) : first]]:
        if taken[start]:
            continue
        length = _run(page, start, paragraph, position)
        if length > best[1]:
            best = (start, length)
            if length >= min(left, MAX_RUN):
                break
    start, length = best
    return start, _run(page, start, paragraph, position, len(paragraph)) if length else 0


def _run(
    page: list[str], start: int, paragraph: Sequence[str], position: int, most: int = MAX_RUN
) -> int:
    length = 0
    end = min(len(page) - start, len(paragraph) - position, most)
    while length < end and page[start + length] == paragraph[position + length]:
        length += 1
    return length


def _near(page: list[str], rest: Sequence[str], cursor: int, taken: bytearray) -> tuple[int, int]:
    """Return where one or two words stand shortly behind the cursor."""
    size = len(rest)
    for start in range(cursor, min(cursor + NEAR, len(page) - size + 1)):
        if not taken[start] and page[start : start + size] == list(rest):
            return start, size
    return 0, 0
