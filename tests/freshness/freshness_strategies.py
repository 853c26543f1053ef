"""Windows, SLAs and moments for the property tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from freshground.core.settings import Sla, Window

START = datetime(2026, 3, 20, tzinfo=UTC)
"""Nine days before Europe's clocks go forward, and after America's did."""

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def minutes(most: int) -> st.SearchStrategy[timedelta]:
    return st.integers(0, most).map(lambda number: timedelta(minutes=number))


moments = st.integers(0, 300 * 24 * 60).map(lambda number: START + timedelta(minutes=number))
"""To the minute, across both changes of the clocks of each zone."""


def wall(number: int) -> str:
    return f"{number // 60:02}:{number % 60:02}"


@st.composite
def windows(draw: st.DrawFn) -> Window:
    opens = draw(st.integers(0, 1439))
    closes = draw(st.integers(0, 1440).filter(lambda number: number != opens))
    days = draw(st.sets(st.sampled_from(DAYS), min_size=1))
    return Window.model_validate(
        {
            "days": sorted(days),
            "from": wall(opens),
            "to": wall(closes),
            "timezone": draw(st.sampled_from(ZONES)),
        }
    )


many_windows = st.lists(windows(), max_size=3).map(tuple)

slas = st.builds(
    lambda staleness, windows, objective: Sla(
        max_staleness=staleness, windows=windows, objective=objective
    ),
    st.integers(1, 8 * 24 * 60).map(lambda number: timedelta(minutes=number)),
    many_windows,
    st.sampled_from([0.5, 0.9, 0.99, 0.999]),
)
