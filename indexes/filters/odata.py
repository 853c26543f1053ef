"""`Filter` -> the text of a `$filter`, as Azure AI Search reads it; the way back from `parse`.

OData has two-valued logic, as `Filter` has, so each node is written as it is. Texts are quoted,
names come from the schema: no other part of the text is the filter's author's.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

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
    Scalar,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_DELIMITERS = "|,;~^\t\x1f\x1e"


def to_odata(part: Filter, name: Callable[[str], str] = str) -> str:
    """Return a filter's text. `name` turns a column's name, or path, into the field's."""
    return _text(part, name, (f"x{n}" for n in count()))


def _text(part: Filter, name: Callable[[str], str], variables: Iterator[str]) -> str:
    match part:
        case Constant(value):
            return "true" if value else "false"
        case IsNull(field):
            return f"{name(field)} eq null"
        case Compare(field, operator, value):
            return f"{name(field)} {operator} {literal(value)}"
        case In(field, values):
            return _members(name(field), values)
        case AnyOf(field, values):
            own = next(variables)
            inner = _members(own, values)
            return inner if inner == "false" else f"{name(field)}/any({own}: {inner})"
        case NotEmpty(field):
            return f"{name(field)}/any()"
        case Any(field, inner):
            own = next(variables)

            def within(path: str) -> str:
                return own if path == ITEM else f"{own}/{path}"

            return f"{name(field)}/any({own}: {_text(inner, within, variables)})"
        case Not(inner):
            return f"not ({_text(inner, name, variables)})"
        case And(parts):
            return " and ".join(f"({_text(p, name, variables)})" for p in parts) or "true"
        case Or(parts):
            return " or ".join(f"({_text(p, name, variables)})" for p in parts) or "false"


def visible_to(groups: Iterable[str]) -> Filter:
    """Return the filter: the row may be read by these groups, or by everybody."""
    return AnyOf("groups", tuple(sorted({*groups, PUBLIC})))


def both(*parts: Filter | None) -> Filter | None:
    """Join filters by `and`, without nesting deeper; None when there is none."""
    flat: list[Filter] = []
    for part in parts:
        if part is not None:
            flat += part.parts if isinstance(part, And) else (part,)
    return None if not flat else flat[0] if len(flat) == 1 else And(tuple(flat))


def literal(value: Scalar) -> str:
    """Return a value as it stands in a filter."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case _:
            return "'" + value.replace("'", "''") + "'"


def _members(name: str, values: tuple[str, ...]) -> str:
    """Return the test for one of many texts: `search.in` where a delimiter is left to part them."""
    whole = [value for value in dict.fromkeys(values) if value]
    free = next((d for d in _DELIMITERS if not any(d in value for value in whole)), None)
    single = [value for value in dict.fromkeys(values) if free is None or not value]
    tests = [f"{name} eq {literal(value)}" for value in single]
    if free is not None and whole:
        tests.append(f"search.in({name}, {literal(free.join(whole))}, '{free}')")
    return " or ".join(tests) or "false"
