"""Syntax -> meaning: names become columns, literals become values of the column's type."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any, NoReturn

import pyarrow as pa

from freshground.core.errors import ConfigError
from indexes.filters.ast import (
    And,
    AnyOf,
    Compare,
    Constant,
    Filter,
    In,
    IsNull,
    Not,
    NotEmpty,
    Operator,
    Or,
)

if TYPE_CHECKING:
    from lark import Token

    from indexes.filters.parse import Raw

_PLAIN_EXPONENTS = range(-40, 21)
"""Powers of ten that are safe to write out; beyond, a number is tiny or exceeds 64 bits."""
_ORDERING = {"gt", "ge", "lt", "le"}


class Resolver:
    """Checks raw syntax against a schema. Recursion is bounded by the parser's depth limit."""

    def __init__(self, schema: pa.Schema, filterable: frozenset[str]) -> None:
        self._types = {field.name: field.type for field in schema}
        self._filterable = filterable

    def resolve(self, raw: Raw) -> Filter:
        """Return the meaning of a piece of syntax; ConfigError where it has none."""
        match raw.kind:
            case "and":
                return And(tuple(self.resolve(part) for part in raw.parts))
            case "or":
                return Or(tuple(self.resolve(part) for part in raw.parts))
            case "not":
                return Not(self.resolve(raw.parts[0]))
            case "constant":
                return Constant(raw.parts[0])
            case "flag":
                return self._flag(raw)
            case "compare":
                return self._compare(raw)
            case "in":
                name, values, delimiters = raw.parts
                if not _is_string(self._type(name)):
                    _fail(
                        name, f"search.in on {name!s}, which is no string field", "Use eq or any."
                    )
                return In(str(name), _split(values, delimiters))
            case "any":
                return AnyOf(self._collection(raw.parts[0]), self._lambda(raw, "or"))
            case "all":
                return Not(AnyOf(self._collection(raw.parts[0]), self._lambda(raw, "and")))
            case "nonempty":
                return NotEmpty(self._collection(raw.parts[0]))
        raise AssertionError(raw.kind)

    def _type(self, name: Token) -> pa.DataType:
        text = str(name)
        if text not in self._types:
            known = ", ".join(sorted(self._filterable & self._types.keys())) or "none"
            _fail(name, f"the unknown field {text!r}", f"Fields that can be filtered: {known}.")
        if text not in self._filterable:
            _fail(
                name,
                f"the field {text!r}, which cannot be filtered",
                "Declare it under the index's `fields` with `filter: true`.",
            )
        return self._types[text]

    def _collection(self, name: Token) -> str:
        if not pa.types.is_list(self._type(name)):
            _fail(name, f"any or all on {name!s}, which is no collection", "Compare it directly.")
        return str(name)

    def _flag(self, raw: Raw) -> Filter:
        name = raw.parts[0]
        if not pa.types.is_boolean(self._type(name)):
            _fail(name, f"the field {name!s} alone, which is no bool", "Compare it with a value.")
        return Compare(str(name), "eq", value=True)

    def _compare(self, raw: Raw) -> Filter:
        name, operator, literal = raw.parts
        kind, field = self._type(name), str(name)
        if pa.types.is_list(kind):
            _fail(name, f"a comparison of the collection {field}", f"Use {field}/any(x: x eq 'v').")
        if literal.kind == "null":
            if operator in _ORDERING:
                return Constant(value=False)
            return IsNull(field) if operator == "eq" else Not(IsNull(field))
        if literal.kind not in _literals(kind):
            _fail(
                name,
                f"a literal of type {literal.kind} compared with {field}, {_described(kind)}",
                f"Compare {field} with a literal of its own type.",
            )
        value = literal.parts[0]
        if pa.types.is_integer(kind):
            return _integer(field, operator, Decimal(value), kind.bit_width)
        if pa.types.is_floating(kind):
            value = float(value)
            if math.isinf(value):
                _fail(name, f"a number that is too large for {field}", "Use a smaller one.")
        elif pa.types.is_timestamp(kind):
            value = _time(name, value)
        elif pa.types.is_boolean(kind) and operator in _ORDERING:
            _fail(name, f"{operator} on the bool {field}", "Use eq or ne.")
        return Compare(field, operator, value)

    def _lambda(self, raw: Raw, joined: str) -> tuple[str, ...]:
        """Return the values that the body of an `any` asks for, or that of an `all` refuses."""
        _, variable, body = raw.parts
        values: dict[str, None] = {}
        for part in body.parts if body.kind == joined else (body,):
            inner = part
            wanted = "eq"
            if joined == "and":
                wanted = "ne"
                if part.kind == "not" and part.parts[0].kind == "in":
                    inner = part.parts[0]
                elif part.kind == "in":
                    inner = None
            if inner is None or inner.kind not in {"compare", "in"}:
                self._bad_lambda(raw)
            if str(inner.parts[0]) != str(variable):
                _fail(inner.parts[0], f"{inner.parts[0]!s} within a lambda over {variable!s}", "")
            if inner.kind == "in":
                values.update(dict.fromkeys(_split(inner.parts[1], inner.parts[2])))
            elif inner.parts[1] == wanted and inner.parts[2].kind == "string":
                values[inner.parts[2].parts[0]] = None
            else:
                self._bad_lambda(raw)
        return tuple(values)

    def _bad_lambda(self, raw: Raw) -> NoReturn:
        do = (
            "any takes eq and search.in joined by or; all takes ne and not search.in joined by and."
        )
        _fail(raw.parts[0], f"a lambda of a shape that {raw.kind} does not take", do)


def _fail(token: Token, found: str, do: str) -> NoReturn:
    raise ConfigError(f"The filter has {found}, at character {(token.start_pos or 0) + 1}.", do)


def _is_string(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


_KINDS = (
    (pa.types.is_integer, "an int", {"int", "float"}),
    (pa.types.is_floating, "a float", {"int", "float"}),
    (pa.types.is_boolean, "a bool", {"boolean"}),
    (pa.types.is_timestamp, "a datetime", {"datetime"}),
    (_is_string, "a string", {"string"}),
)


def _described(kind: pa.DataType) -> str:
    return next((text for test, text, _ in _KINDS if test(kind)), f"a {kind}")


def _literals(kind: pa.DataType) -> set[str]:
    """Return the kinds of literal that a column of a type is compared with."""
    return next((literals for test, _, literals in _KINDS if test(kind)), set())


def _split(values: str, delimiters: str) -> tuple[str, ...]:
    """Split at each delimiter character, dropping empty pieces and repeats."""
    if delimiters:
        for character in delimiters[1:]:
            values = values.replace(character, delimiters[0])
        pieces = values.split(delimiters[0])
    else:
        pieces = [values]
    return tuple(dict.fromkeys(piece for piece in pieces if piece))


def _time(name: Token, text: str) -> datetime:
    """Return the literal as UTC, digits below a microsecond cut off."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        _fail(name, f"{text}, which is no point in time", "Write 2024-12-31T00:00:00Z.")


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
