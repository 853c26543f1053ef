"""Literals of a filter -> values of a field's type, and comparisons that are decided at once."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from indexes.filters.ast import Compare, Constant, Filter, IsNull, Not, Operator
from indexes.filters.scope import fail, is_collection

if TYPE_CHECKING:
    from indexes.filters.parse import Raw
    from indexes.filters.scope import Bound

_PLAIN_EXPONENTS = range(-40, 21)
"""Powers of ten that are safe to write out; beyond, a number is tiny or exceeds 64 bits."""
_ORDERING = {"gt", "ge", "lt", "le"}
_SPECIAL = {"NaN", "INF", "-INF"}


def is_string(kind: pa.DataType) -> bool:
    """Return whether a field of this type holds texts."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


_KINDS = (
    (pa.types.is_integer, "an int", {"int", "float"}),
    (pa.types.is_floating, "a float", {"int", "float"}),
    (pa.types.is_boolean, "a bool", {"boolean"}),
    (pa.types.is_timestamp, "a datetime", {"datetime"}),
    (is_string, "a string", {"string"}),
    (pa.types.is_struct, "a complex field", set()),
)


def described(kind: pa.DataType) -> str:
    """Return a type as messages name it."""
    return next((text for test, text, _ in _KINDS if test(kind)), f"a {kind}")


def split(values: str, delimiters: str) -> tuple[str, ...]:
    """Split at each delimiter character, dropping empty pieces and repeats."""
    if delimiters:
        for character in delimiters[1:]:
            values = values.replace(character, delimiters[0])
        pieces = values.split(delimiters[0])
    else:
        pieces = [values]
    return tuple(dict.fromkeys(piece for piece in pieces if piece))


def compared(raw: Raw, field: Bound) -> Filter:
    """Return a comparison of a field with a literal; ConfigError where they do not fit."""
    _, operator, literal = raw.parts
    kind, path = field.kind, field.path
    shown = field.full
    if is_collection(kind):
        fail(raw, f"a comparison of the collection {shown}", f"Use {shown}/any(x: x eq 'v').")
    if pa.types.is_struct(kind):
        fail(raw, f"a comparison of the complex field {shown}", "Compare one of its parts.")
    if literal.kind == "null":
        if operator in _ORDERING:
            fail(raw, f"{operator} with null", "Compare with null by eq or ne.")
        return IsNull(path) if operator == "eq" else Not(IsNull(path))
    if literal.kind not in next((taken for test, _, taken in _KINDS if test(kind)), set()):
        fail(
            raw,
            f"a literal of type {literal.kind} compared with {shown}, {described(kind)}",
            f"Compare {shown} with a literal of its own type.",
        )
    value = literal.parts[0]
    if pa.types.is_integer(kind):
        if value in _SPECIAL:
            fail(raw, f"{value} compared with {shown}, {described(kind)}", "Use a number.")
        return _integer(path, operator, Decimal(value), kind.bit_width)
    if pa.types.is_floating(kind):
        return _float(raw, path, shown)
    if pa.types.is_timestamp(kind):
        value = _time(raw, value)
    elif pa.types.is_boolean(kind) and operator in _ORDERING:
        fail(raw, f"{operator} on the bool {shown}", "Use eq or ne.")
    return Compare(path, operator, value)


def _float(raw: Raw, path: str, shown: str) -> Filter:
    _, operator, literal = raw.parts
    value = float(literal.parts[0])
    if math.isnan(value):
        # IEEE 754: it differs from everything, itself included.
        return Constant(operator == "ne")
    if math.isinf(value) and literal.parts[0] not in _SPECIAL:
        fail(raw, f"a number that is too large for {shown}", "Use a smaller one, or INF.")
    return Compare(path, operator, value)


def _time(raw: Raw, text: str) -> datetime:
    """Return the literal as UTC, digits below a microsecond cut off."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        fail(raw, f"{text}, which is no point in time", "Write 2024-12-31T00:00:00Z.")


def _integer(field: str, operator: Operator, value: Decimal, bits: int) -> Filter:
    """Compare an integer column with any number, exactly: engines would round to floats."""
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    present: Filter = Not(IsNull(field))
    if value.is_zero() or value.adjusted() in _PLAIN_EXPONENTS:
        whole = value == value.to_integral_value()
        rounding = ROUND_CEILING if operator in {"gt", "ge"} else ROUND_FLOOR
        bound: Any = int(value.to_integral_value(rounding))
    else:
        tiny = value.adjusted() < 0
        whole = not tiny
        negative = value.is_signed()
        if tiny:
            bound = (0 if negative else 1) if operator in {"gt", "ge"} else (-1 if negative else 0)
        else:
            bound = low - 1 if negative else high + 1
    inside = low <= bound <= high
    match operator:
        case "eq":
            return Compare(field, "eq", bound) if whole and inside else Constant(value=False)
        case "ne":
            return Compare(field, "ne", bound) if whole and inside else Constant(value=True)
        case "gt" | "ge":
            if not inside:
                return Constant(value=False) if bound > high else present
            return Compare(field, operator if whole else "ge", bound)
        case _:
            if not inside:
                return Constant(value=False) if bound < low else present
            return Compare(field, operator if whole else "le", bound)
