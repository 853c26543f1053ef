"""Values of any file format as plain JSON values, and times as aware datetimes."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from freshground.core.clock import iso, parse_iso

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""From which number an epoch counts in nano-, micro- and milliseconds, and how many a second has.

1e11 seconds is the year 5138, 1e11 milliseconds is 1973.
"""

_DATE_DIGITS = 8


def scrubbed(text: str) -> str:
    """Return a text that UTF-8 can carry: half surrogate pairs become U+FFFD."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: NaN and infinities as null, times as ISO text in UTC.

    Bytes become text where they are UTF-8, else base64. A timedelta becomes seconds.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return scrubbed(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return iso(_aware(value)) if value == value else None  # noqa: PLR0124 NaT is not itself
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, Mapping):
        return {scrubbed(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return _text_of(bytes(value))
    if hasattr(value, "item"):  # a numpy scalar
        return plain(value.item())
    return scrubbed(str(value))


def _number(value: Decimal) -> int | float | None:
    if not value.is_finite():
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _text_of(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(data).decode("ascii")


def _aware(value: datetime) -> datetime:
    at = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    # A pandas Timestamp is a datetime too, with nanoseconds that nothing else here knows.
    return at if type(at) is datetime else datetime.combine(at.date(), at.timetz())


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return the one JSON form of a mapping of plain values, UTF-8."""
    text = json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return text.encode("utf-8")


def as_time(value: Any) -> datetime | None:
    """Return a time given as datetime, date, ISO text or epoch number, in UTC; None for none.

    Raise ValueError for what is no time. Times without a zone are taken as UTC. A number, or a
    text that is one, is an epoch in s, ms, us or ns, told apart by its size; eight digits in a
    text are a date.
    """
    if value is None or value == "":
        return None
    try:
        if isinstance(value, datetime):
            return _aware(value) if value == value else None  # noqa: PLR0124 NaT
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        if isinstance(value, str):
            return _time_of(value.strip())
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return _epoch(float(value))
    except OverflowError:
        pass  # a time that no calendar holds is none
    raise ValueError(f"{value!r} is no time")


def _time_of(text: str) -> datetime | None:
    if len(text) == _DATE_DIGITS and text.isdecimal():
        return parse_iso(text)
    try:
        number = float(text)
    except ValueError:
        return parse_iso(text)
    return _epoch(number)


def _epoch(number: float) -> datetime | None:
    if math.isnan(number):
        return None
    per_second = next((unit for least, unit in _UNITS if abs(number) >= least), 1.0)
    return _EPOCH + timedelta(seconds=number / per_second)


def from_ns(nanoseconds: int) -> datetime | None:
    """Return the time of a file system's nanoseconds, to the microsecond; None past year 9999."""
    try:
        return _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    except OverflowError:
        return None
