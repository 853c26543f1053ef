"""What a page of a PDF is made of: runs of text with their boxes.

Distances are in points, with the origin at the lower left of the page as the reader sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text on one line, with its box, and the size and weight of its font.

    `even` says that all its characters are as wide as each other.
    """

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool = False
    even: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page's number from 1, its size as shown, and its segments in the order of the file."""

    number: int
    width: float
    height: float
    segments: tuple[Segment, ...]


def _spaced(row: Sequence[Segment]) -> Iterator[str]:
    even = all(segment.even for segment in row)
    for i, segment in enumerate(row):
        if i and even:
            # The blanks between what is set in one width are part of it.
            yield " " * max(1, round((segment.x0 - row[i - 1].x1) / pitch(segment)))
        elif i and segment.x0 - row[i - 1].x1 > 0.1 * segment.size:
            yield " "
        yield segment.text


def pitch(segment: Segment) -> float:
    """Return how wide a character of a segment is."""
    return max(0.1, (segment.x1 - segment.x0) / max(1, len(segment.text)))


def merged(row: Sequence[Segment]) -> Segment:
    """Return the segments of one line as one."""
    return Segment(
        "".join(_spaced(row)),
        min(s.x0 for s in row),
        min(s.y0 for s in row),
        max(s.x1 for s in row),
        max(s.y1 for s in row),
        max(row, key=lambda s: len(s.text)).size,
        all(s.bold for s in row),
        all(s.even for s in row),
    )
