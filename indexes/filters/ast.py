"""What a filter means, whichever engine runs it.

The logic has two values: a comparison with a missing value is false, `ne` of a missing value is
true, and `not` turns one into the other. Every renderer must keep to that: in an access filter a
third value is a leak.

Fields are paths: parts of a complex field are `Address/City`, and without a value where the complex
field has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ITEM = ""
"""The path of a collection's item itself, in the body of `Any` over plain values."""

Scalar = str | int | float | bool | datetime
Operator = Literal["eq", "ne", "gt", "ge", "lt", "le"]


@dataclass(frozen=True, slots=True)
class Constant:
    """True or false for every row."""

    value: bool


@dataclass(frozen=True, slots=True)
class IsNull:
    """The field has no value."""

    field: str


@dataclass(frozen=True, slots=True)
class Compare:
    """A field against a literal of the field's own type. A null field satisfies only `ne`."""

    field: str
    operator: Operator
    value: Scalar


@dataclass(frozen=True, slots=True)
class In:
    """A string field holds one of the values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A collection of strings holds one of the values; a null collection is an empty one."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotEmpty:
    """A collection holds something."""

    field: str


@dataclass(frozen=True, slots=True)
class Any:
    """An item of a collection satisfies a filter whose paths begin at the item.

    Items are complex, or numbers, times and bools, whose own path is ITEM; strings have `AnyOf`.
    """

    field: str
    part: Filter


@dataclass(frozen=True, slots=True)
class Not:
    """The part is false."""

    part: Filter


@dataclass(frozen=True, slots=True)
class And:
    """All parts are true."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part is true."""

    parts: tuple[Filter, ...]


Filter = Constant | IsNull | Compare | In | AnyOf | NotEmpty | Any | Not | And | Or


def fields_of(part: Filter) -> frozenset[str]:
    """Return the paths of all fields that a filter reads, from the row: `Rooms/Type`."""
    match part:
        case Constant():
            return frozenset()
        case Not(inner):
            return fields_of(inner)
        case And(parts) | Or(parts):
            return frozenset().union(*(fields_of(inner) for inner in parts))
        case Any(field, inner):
            inside = fields_of(inner) or {ITEM}
            return frozenset(f"{field}/{path}" if path else field for path in inside)
        case _:
            return frozenset({part.field})


def columns_of(part: Filter) -> frozenset[str]:
    """Return the names of the top-level fields that a filter reads."""
    return frozenset(path.split("/")[0] for path in fields_of(part))
