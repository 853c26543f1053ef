"""`Filter` -> a SQL predicate that DataFusion, and so Lance, evaluates.

Every predicate made here is true or false, never null. Identifiers and strings are quoted; no
other part of the text comes from the filter's author.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from freshground.core.errors import ConfigError
from freshground.core.records import PUBLIC
from indexes.filters.ast import (
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
    Scalar,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_OPERATORS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_LEAST = -(2**63)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_sql(part: Filter) -> str:
    """Return a predicate over the row's columns.

    ConfigError for what no column of an index row needs: parts of complex fields, and lambdas over
    other collections than those of strings.
    """
    match part:
        case Constant(value):
            return "(1 = 1)" if value else "(1 = 0)"
        case IsNull(field):
            return f"({identifier(field)} IS NULL)"
        case Compare():
            return _compare(part)
        case In(field, values):
            if not values:
                return "(1 = 0)"
            name = identifier(field)
            return f"({name} IS NOT NULL AND {name} IN ({_list(values)}))"
        case AnyOf(field, values):
            return _any_of(field, values)
        case NotEmpty(field):
            name = identifier(field)
            return f"({name} IS NOT NULL AND coalesce(array_length({name}), 0) > 0)"
        case Any(field, _):
            raise ConfigError(
                f"The filter has a lambda over {field}, which this engine does not take.",
                "Lambdas over collections of strings are taken.",
            )
        case Not(inner):
            return f"({to_sql(inner)} IS NOT TRUE)"
        case And(parts):
            return f"({' AND '.join(to_sql(inner) for inner in parts)})"
        case Or(parts):
            return f"({' OR '.join(to_sql(inner) for inner in parts)})"


def visible_sql(groups: Iterable[str]) -> str:
    """Return the predicate: the row may be read by these groups, or by everybody."""
    return _any_of("groups", (*sorted({*groups, PUBLIC}),))


def members_sql(field: str, values: Iterable[str]) -> str:
    """Return the predicate: a string column holds one of the values."""
    return to_sql(In(field, tuple(values)))


def identifier(name: str) -> str:
    """Return a column name as a quoted identifier."""
    if "/" in name:
        raise ConfigError(
            f"The filter has {name}, a part of a complex field, which this engine does not take.",
            "Filter by top-level fields.",
        )
    return "`" + name.replace("`", "``") + "`"


def string(value: str) -> str:
    """Return a text as a SQL literal: only the quote is special."""
    return "'" + value.replace("'", "''") + "'"


def _list(values: Iterable[str]) -> str:
    return ", ".join(string(value) for value in values)


def _any_of(field: str, values: tuple[str, ...]) -> str:
    if not values:
        return "(1 = 0)"
    name = identifier(field)
    found = f"array_has_any({name}, make_array({_list(values)}))"
    return f"({name} IS NOT NULL AND coalesce({found}, false))"


def _compare(part: Compare) -> str:
    name = identifier(part.field)
    left = name
    if isinstance(part.value, float) and part.value == 0:
        # Arrow orders -0.0 below 0.0; adding zero makes both the same.
        left = f"({name} + 0.0)"
    test = f"{left} {_OPERATORS[part.operator]} {_literal(part.value)}"
    return (
        f"({name} IS NULL OR {test})"
        if part.operator == "ne"
        else f"({name} IS NOT NULL AND {test})"
    )


def _literal(value: Scalar) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            # The parser reads a minus and then a number, which must itself fit into 64 bits.
            return str(value) if value > _LEAST else f"({_LEAST + 1} - 1)"
        case float():
            if math.isinf(value):
                return f"CAST('{value}' AS DOUBLE)"
            return "0.0" if value == 0 else f"CAST({value!r} AS DOUBLE)"
        case datetime():
            # As a number: a timestamp literal is read in nanoseconds, which end in 2262.
            micros = (value - _EPOCH) // timedelta(microseconds=1)
            return f"""arrow_cast({micros}, 'Timestamp(Microsecond, Some("UTC"))')"""
        case _:
            return string(value)
