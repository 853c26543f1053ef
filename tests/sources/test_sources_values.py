"""Plain JSON values and times."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.sources.values import as_time, canonical, from_ns, plain

NOON = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, None),
        (math.inf, None),
        (pd.NaT, None),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (Decimal("7.00"), 7),
        (Decimal("7.25"), 7.25),
        (Decimal("NaN"), None),
        (NOON, "2026-03-04T12:30:00Z"),
        (NOON.replace(tzinfo=None), "2026-03-04T12:30:00Z"),
        (pd.Timestamp(NOON), "2026-03-04T12:30:00Z"),
        (date(2026, 3, 4), "2026-03-04"),
        (timedelta(minutes=2), 120.0),
        (b"abc", "abc"),
        (b"\xff\x00", "/wA="),
        ((1, {2: math.nan}), [1, {"2": None}]),
        ("half \ud83d pair", "half \ufffd pair"),
        (True, True),
    ],
)
def test_plain(value: object, expected: object) -> None:
    assert plain(value) == expected
    json.dumps(plain(value), allow_nan=False)


@pytest.mark.parametrize(
    "value",
    [
        NOON, NOON.replace(tzinfo=None), pd.Timestamp(NOON), "2026-03-04T12:30:00Z",
        "2026-03-04 12:30:00", "2026-03-04T13:30:00+01:00", NOON.timestamp(),
        int(NOON.timestamp() * 1e3), int(NOON.timestamp() * 1e6), int(NOON.timestamp() * 1e9),
        str(int(NOON.timestamp())), Decimal(int(NOON.timestamp())),
        NOON.astimezone(timezone(timedelta(hours=5))),
    ],
)  # fmt: skip
def test_as_time(value: object) -> None:
    found = as_time(value)
    assert found == NOON
    assert type(found) is datetime
    assert found.tzinfo is UTC


def test_eight_digits_in_a_text_are_a_date() -> None:
    assert as_time("20260304") == datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "", math.nan, pd.NaT])
def test_no_time(value: object) -> None:
    assert as_time(value) is None


@pytest.mark.parametrize(
    "value", ["yesterday", True, [], 1e300, "inf", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"time|isoformat"):
        as_time(value)


@settings(deadline=None, max_examples=60)
@given(st.datetimes(timezones=st.just(UTC)))
def test_iso_times_come_back(at: datetime) -> None:
    assert as_time(plain(at)) == at


def test_file_times_keep_microseconds() -> None:
    assert from_ns(1_700_000_000_123_456_789) == datetime(
        2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC
    )
    assert from_ns(10**30) is None


@settings(deadline=None, max_examples=60)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
))  # fmt: skip
def test_canonical_takes_every_plain_value(value: object) -> None:
    data = canonical({"value": plain(value)})
    assert canonical(json.loads(data)) == data
