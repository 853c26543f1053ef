"""Staleness over time: a line that climbs, and falls whenever the as-of moves. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from quality.freshness.budget import Step

Point = tuple[float, float | None]
"""Seconds since 1970, and the staleness in seconds; None where nothing was served."""


def sawtooth(steps: Iterable[Step], since: datetime, now: datetime) -> list[Point]:
    """Return the staleness from `since` until `now`, exact: a point before and after each step.

    Nothing before the first step. An as-of after its own moment counts as that moment.
    """
    found: list[Point] = []
    serving: datetime | None = None
    begun = False
    for at, as_of in sorted(steps, key=lambda step: step[0]):
        if at > now:
            break
        if at > since:
            if begun and not found:
                found.append(_point(since, serving))
            if begun:
                found.append(_point(at, serving))
            found.append(_point(at, as_of))
        serving, begun = as_of, True
    if begun:
        if not found:
            found.append(_point(since, serving))
        found.append(_point(now, serving))
    return found


def thinned(points: list[Point], most: int) -> list[Point]:
    """Return at most `most` (8 or more) points: of each stretch of time the least and the greatest.

    So no peak is lost. The first and the last point stay, and one where nothing was served.
    """
    if len(points) <= most:
        return points
    start, end = points[0][0], points[-1][0]
    stretches = max(1, (most - 2) // 3)
    width = (end - start) / stretches or 1.0
    cells: dict[int, list[Point]] = {}
    for point in points[1:-1]:
        cells.setdefault(int((point[0] - start) / width), []).append(point)
    kept = [points[0]]
    for cell in cells.values():
        known = [(value, place) for place, (_, value) in enumerate(cell) if value is not None]
        places = {min(known)[1], max(known)[1]} if known else set()
        places |= (
            {next(place for place, (_, value) in enumerate(cell) if value is None)}
            if len(known) < len(cell)
            else set()
        )
        kept += [cell[place] for place in sorted(places)]
    return [*kept, points[-1]]


def _point(at: datetime, as_of: datetime | None) -> Point:
    seconds = None if as_of is None else max((at - as_of).total_seconds(), 0.0)
    return at.timestamp(), seconds
