"""Windows: local hours, across changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from freshground.core.settings import Window
from quality.freshness.windows import first_inside, inside, seconds_inside
from tests.freshness.freshness_strategies import DAYS, many_windows, moments, windows

BERLIN = {"timezone": "Europe/Berlin"}


def window(**written: object) -> Window:
    return Window.model_validate(written)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(found: list[Window], start: str, end: str) -> float:
    return seconds_inside(found, at(start), at(end)) / 3600


def test_office_hours_across_the_start_of_summer_time() -> None:
    office = [window(days="mon-fri", **{"from": "08:00", "to": "18:00"}, **BERLIN)]
    assert inside(office, at("2026-03-27T07:00"))
    assert not inside(office, at("2026-03-27T17:00"))
    assert first_inside(office, at("2026-03-27T17:00")) == at("2026-03-30T06:00")
    assert hours(office, "2026-03-27T00:00", "2026-03-31T00:00") == 20


@pytest.mark.parametrize(
    ("written", "day", "length"),
    [
        ({}, "2026-03-29", 23),
        ({}, "2026-10-25", 25),
        ({"from": "02:30", "to": "08:00"}, "2026-03-29", 5),
        ({"from": "01:00", "to": "02:30"}, "2026-03-29", 1),
        ({"from": "02:10", "to": "02:50"}, "2026-03-29", 0),
        ({"from": "01:00", "to": "03:00"}, "2026-10-25", 3),
    ],
)
def test_local_times_that_are_skipped_or_shown_twice(
    written: dict[str, str], day: str, length: float
) -> None:
    one_day = [window(days="sun", **written, **BERLIN)]
    start = at(f"{day}T00:00") - timedelta(days=1)
    found = seconds_inside(one_day, start, start + timedelta(days=3))
    assert found == length * 3600


def test_a_window_that_a_change_of_clocks_skips_opens_a_week_later() -> None:
    skipped = [window(days="sun", **{"from": "02:10", "to": "02:50"}, **BERLIN)]
    assert first_inside(skipped, at("2026-03-28T00:00")) == at("2026-04-05T00:10")


def test_over_midnight_belongs_to_the_day_it_starts_on() -> None:
    night = [window(days="fri", **{"from": "22:00", "to": "06:00"})]
    assert inside(night, at("2026-11-21T05:59"))
    assert not inside(night, at("2026-11-21T22:00"))
    assert hours(night, "2026-11-16T00:00", "2026-11-23T00:00") == 8


def test_no_windows_mean_always() -> None:
    assert inside([], at("2026-11-21T05:59"))
    assert hours([], "2026-11-16T00:00", "2026-11-17T06:00") == 30


def shown(found: Window, moment: datetime) -> bool:
    """What somebody says who looks at the local clock alone."""
    local = moment.astimezone(ZoneInfo(found.timezone))
    time = f"{local.hour:02}:{local.minute:02}"
    today, before = DAYS[local.weekday()], DAYS[local.weekday() - 1]
    if found.opens < found.closes:
        return today in found.days and found.opens <= time < found.closes
    return (today in found.days and time >= found.opens) or (
        before in found.days and time < found.closes
    )


@given(windows(), moments)
def test_inside_is_what_the_local_clock_shows(found: Window, moment: datetime) -> None:
    zone = ZoneInfo(found.timezone)
    near = [moment + timedelta(minutes=number) for number in (-60, -30, 0, 30, 60)]
    walls = [one.astimezone(zone).replace(tzinfo=None, fold=0) for one in near]
    # Around a time that is shown twice the clock alone cannot say.
    assume(all(b - a == timedelta(minutes=30) or b - a > timedelta(minutes=30)
               for a, b in zip(walls, walls[1:], strict=False)))  # fmt: skip
    assert inside([found], moment) == shown(found, moment)


@given(many_windows, moments, moments, moments)
def test_seconds_add_up(
    found: tuple[Window, ...], one: datetime, two: datetime, three: datetime
) -> None:
    start, middle, end = sorted([one, two, three])
    whole = seconds_inside(found, start, end)
    assert whole == seconds_inside(found, start, middle) + seconds_inside(found, middle, end)
    assert 0 <= whole <= (end - start).total_seconds()
    assert seconds_inside(found, end, start) == 0


@given(many_windows, moments, st.integers(0, 240))
def test_seconds_are_the_minutes_that_are_inside(
    found: tuple[Window, ...], start: datetime, length: int
) -> None:
    counted = sum(inside(found, start + timedelta(minutes=number)) for number in range(length))
    assert seconds_inside(found, start, start + timedelta(minutes=length)) == counted * 60


@given(many_windows, moments)
def test_the_first_moment_inside(found: tuple[Window, ...], moment: datetime) -> None:
    first = first_inside(found, moment)
    assert first >= moment
    assert inside(found, first)
    assert seconds_inside(found, moment, first) == 0
    assert first_inside(found, first) == first
    assert inside(found, moment) == (first == moment)
