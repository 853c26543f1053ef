"""`facets` as clients write them: `tags,count:5,sort:-value`, `rating,values:1|2|3`."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from freshground.service.api.errors import ApiError
from freshground.service.api.queries.paths import field_for
from indexes.search.plan import Facet

if TYPE_CHECKING:
    from indexes.search.definition import Definition

COUNT_MOST = 1_000_000
EXACT = 2**53
INTERVALS = (1e-6, 1e15)
"""Widths of an interval of numbers: beyond, numbers cannot be told apart, or counted in 64 bits."""

_SORTS = frozenset({"count", "-count", "value", "-value"})
_TIMES = ("minute", "hour", "day", "week", "month", "quarter", "year")
_NUMBERS = frozenset({"Edm.Int32", "Edm.Int64", "Edm.Double"})
_OFFSET_MOST = 14 * 60
_OPTIONS = frozenset({"count", "sort", "values", "interval", "timeoffset"})
_OFFSET = re.compile(r"([+-]?)(\d{1,2}):([0-5]\d)", re.ASCII)


def facet(definition: Definition, text: str) -> Facet:
    """Return one facet. ApiError 400 for one that is wrong, or not served."""
    path, *told = (part.strip() for part in text.split(","))
    kind = field_for(definition, path, "facetable", "facets").type
    kind = kind.removeprefix("Collection(").removesuffix(")")
    options: dict[str, str] = {}
    for part in told:
        name, colon, value = part.partition(":")
        if not colon or name not in _OPTIONS:
            raise _wrong(text, f"{part[:60]!r} is none of {', '.join(sorted(_OPTIONS))}")
        if name in options:
            raise _wrong(text, f"{name} is given twice")
        options[name] = value.strip()
    alone = [name for name in ("values", "interval") if name in options]
    if len(alone) > 1 or (alone and {"count", "sort"} & options.keys()):
        raise _wrong(text, "values, interval, and count with sort exclude each other")
    if "timeoffset" in options and "interval" not in options:
        raise _wrong(text, "timeoffset belongs to an interval of time")
    found: dict[str, Any] = {}
    if "count" in options:
        found["count"] = _count(text, options["count"])
    if "sort" in options:
        if options["sort"] not in _SORTS:
            raise _wrong(text, f"sort is one of {', '.join(sorted(_SORTS))}")
        found["sort"] = options["sort"]
    if "values" in options:
        values = (_bound(text, kind, each.strip()) for each in options["values"].split("|"))
        found["values"] = tuple(sorted(set(values)))
    if "interval" in options:
        found["interval"] = _interval(text, kind, options["interval"])
    if "timeoffset" in options:
        found["offset"] = _offset(text, kind, options["timeoffset"])
    return Facet(path, **found)


def _wrong(text: str, why: str) -> ApiError:
    return ApiError(400, "InvalidFacet", f"Facet {text[:200]!r}: {why}.")


def _count(text: str, value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise _wrong(text, "count is a whole number")
    return min(int(value[:9]), COUNT_MOST)  # 0: as many values as there are


def _bound(text: str, kind: str, value: str) -> Any:
    try:
        if kind in _NUMBERS and math.isfinite(number := float(value)):
            return int(number) if number.is_integer() and abs(number) < EXACT else number
        if kind == "Edm.DateTimeOffset":
            at = datetime.fromisoformat(value)
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    else:
        if kind not in _NUMBERS:
            raise _wrong(text, f"values needs a field of numbers or times, this one is {kind}")
    raise _wrong(text, f"{value[:40]!r} is no {kind}")


def _interval(text: str, kind: str, value: str) -> float | str:
    if kind == "Edm.DateTimeOffset":
        if value in _TIMES:
            return value
        raise _wrong(text, f"interval is one of {', '.join(_TIMES)}")
    if kind not in _NUMBERS:
        raise _wrong(text, f"interval needs a field of numbers or times, this one is {kind}")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    low, high = INTERVALS
    if not low <= number <= high:
        raise _wrong(text, f"interval is a number from {low:g} to {high:g}")
    return number


def _offset(text: str, kind: str, value: str) -> int:
    found = _OFFSET.fullmatch(value)
    if kind != "Edm.DateTimeOffset" or found is None:
        raise _wrong(text, "timeoffset is such as -08:00, on a field of times")
    minutes = int(found[2]) * 60 + int(found[3])
    if minutes > _OFFSET_MOST:
        raise _wrong(text, "timeoffset lies between -14:00 and 14:00")
    return -minutes if found[1] == "-" else minutes
