"""The hours in which an SLA counts, by local clocks, across changes to and from summer time.

A local time that the clocks skip is the moment of the skip; of one that they show twice, a window
opens at the first and closes at the second. No windows at all means: always.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from freshground.core.errors import Fatal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from freshground.core.settings import Window

_DAY = timedelta(days=1)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOOK_AHEAD = 8  # weeks: a window comes back each week, unless the clocks skip it


def inside(windows: Sequence[Window], at: datetime) -> bool:
    """Return whether the SLA counts at this moment."""
    return not windows or any(opens <= at < closes for opens, closes in _spans(windows, at, at))


def first_inside(windows: Sequence[Window], at: datetime) -> datetime:
    """Return the first moment inside a window, `at` or later, in UTC."""
    at = at.astimezone(UTC)
    if not windows:
        return at
    for week in range(_LOOK_AHEAD):
        start = at + week * 7 * _DAY
        for opens, closes in _spans(windows, start, start + 7 * _DAY):
            if closes > at:
                return max(opens, at)
    raise Fatal(
        f"No window opens in the {_LOOK_AHEAD} weeks after {at.isoformat()}.",
        "Look at sla.windows in the settings.",
    )


def seconds_inside(windows: Sequence[Window], start: datetime, end: datetime) -> float:
    """Return how many seconds from `start` until `end` lie inside; 0.0 when `end` is earlier."""
    if end <= start:
        return 0.0
    if not windows:
        return (end - start).total_seconds()
    overlaps = (
        min(end, closes) - max(start, opens)
        for opens, closes in _spans(windows, start, end)
        if closes > start and opens < end
    )
    return sum(overlaps, timedelta()).total_seconds()


def _spans(
    windows: Sequence[Window], start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """Return, in UTC and in order, the disjoint spans that may touch [start, end]."""
    merged: list[tuple[datetime, datetime]] = []
    for opens, closes in sorted(span for w in windows for span in _of(w, start, end)):
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return merged


def _of(window: Window, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    zone = ZoneInfo(window.timezone)
    # One over midnight began the day before.
    day = start.astimezone(zone).date() - _DAY
    last = end.astimezone(zone).date()
    from_, to = _minutes(window.opens), _minutes(window.closes)
    over_midnight = to <= from_
    while day <= last:
        if _DAYS[day.weekday()] in window.days:
            opens = _moment(day, from_, zone, fold=0)
            closes = _moment(day + _DAY if over_midnight else day, to, zone, fold=1)
            if opens < closes:
                yield opens, closes
        day += _DAY


def _minutes(wall: str) -> int:
    hours, minutes = wall.split(":")
    return int(hours) * 60 + int(minutes)


def _moment(day: date, minutes: int, zone: ZoneInfo, *, fold: int) -> datetime:
    """Return the UTC moment at which a local clock shows that many minutes after midnight."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    found = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    # The clocks skip it: bisect for the skip, which lies between both readings of the time.
    low = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    high = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
