"""`Filter` evaluated over one row in plain Python: what the SQL rendering is judged by."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING
from typing import Any as Value

from freshground.core.records import PUBLIC
from indexes.filters.ast import (
    ITEM,
    And,
    Any,
    AnyOf,
    Compare,
    Constant,
    Filter,
    In,
    IsNull,
    Not,
    NotEmpty,
    Or,
)

if TYPE_CHECKING:
    from collections.abc import Collection

_TESTS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def matches(part: Filter, row: Value) -> bool:
    """Return whether a row satisfies a filter.

    The row maps names to values: complex ones are mappings, times are aware datetimes.
    """
    match part:
        case Constant(value):
            return value
        case IsNull(field):
            return _value(row, field) is None
        case Compare(field, test, value):
            found = _value(row, field)
            return test == "ne" if found is None else bool(_TESTS[test](found, value))
        case In(field, values):
            return _value(row, field) in values
        case AnyOf(field, values):
            return any(item in values for item in _value(row, field) or ())
        case NotEmpty(field):
            return bool(_value(row, field))
        case Any(field, inner):
            return any(matches(inner, item) for item in _value(row, field) or ())
        case Not(inner):
            return not matches(inner, row)
        case And(parts):
            return all(matches(inner, row) for inner in parts)
        case Or(parts):
            return any(matches(inner, row) for inner in parts)


def _value(row: Value, path: str) -> Value:
    if path == ITEM:
        return row
    for name in path.split("/"):
        if row is None:
            return None
        row = row[name]
    return row


def visible(row_groups: Collection[str] | None, groups: Collection[str] | None) -> bool:
    """Return whether a row with `row_groups` may be read by `groups`; None means the owner."""
    return groups is None or any(group == PUBLIC or group in groups for group in row_groups or ())
