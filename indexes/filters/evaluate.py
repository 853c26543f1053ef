"""`Filter` evaluated over one row in plain Python: what the SQL rendering is judged by."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from freshground.core.records import PUBLIC
from indexes.filters.ast import And, AnyOf, Compare, Constant, Filter, In, IsNull, Not, NotEmpty, Or

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_TESTS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def matches(part: Filter, row: Mapping[str, Any]) -> bool:
    """Return whether a row satisfies a filter. Times in the row are aware datetimes."""
    match part:
        case Constant(value):
            return value
        case IsNull(field):
            return row[field] is None
        case Compare(field, test, value):
            found = row[field]
            return test == "ne" if found is None else bool(_TESTS[test](found, value))
        case In(field, values):
            return row[field] in values
        case AnyOf(field, values):
            return any(item in values for item in row[field] or ())
        case NotEmpty(field):
            return bool(row[field])
        case Not(inner):
            return not matches(inner, row)
        case And(parts):
            return all(matches(inner, row) for inner in parts)
        case Or(parts):
            return any(matches(inner, row) for inner in parts)


def visible(row_groups: Collection[str] | None, groups: Collection[str] | None) -> bool:
    """Return whether a row with `row_groups` may be read by `groups`; None means the owner."""
    return groups is None or any(group == PUBLIC or group in groups for group in row_groups or ())
