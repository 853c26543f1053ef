"""Which shapes a lambda over plain values may have: those that Azure AI Search executes.

Source: "Troubleshooting OData collection filters in Azure AI Search".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from indexes.filters.literals import split
from indexes.filters.scope import fail

if TYPE_CHECKING:
    from indexes.filters.parse import Raw

Shape = list[list[str]]
"""Operators of comparisons: ORs of ANDs for `any`, ANDs of ORs for `all`."""

_OPPOSITE = {"eq": "ne", "ne": "eq", "gt": "le", "ge": "lt", "lt": "ge", "le": "gt"}
_RULES = {
    "strings": "Over strings any takes eq and search.in joined by or; all takes ne and not "
    "search.in joined by and.",
    "bools": "Over bools any and all take one test: f, not f, f eq true, f ne true.",
    "values": "Over numbers and times any takes comparisons as ORs of ANDs, all as ANDs of ORs; "
    "within any, ne stands alone or under or; within all, eq stands alone or under and.",
}


def strings(raw: Raw) -> tuple[str, ...]:
    """Return the values that the body of an `any` asks for, or that of an `all` refuses."""
    _, variable, body = raw.parts
    positive = raw.kind == "any"
    values: dict[str, None] = {}
    for part in body.parts if body.kind == ("or" if positive else "and") else (body,):
        test = part.parts[0] if part.kind == "not" else part
        if test.kind not in {"compare", "in"}:
            _refuse(raw, "strings")
        if test.parts[0].parts != (variable,):
            written = "/".join(test.parts[0].parts)
            fail(test.parts[0], f"{written} within a lambda over {variable}", "Use its variable.")
        asks = part.kind != "not"
        if test.kind == "compare":
            if test.parts[1] not in {"eq", "ne"} or test.parts[2].kind != "string":
                _refuse(raw, "strings")
            asks = asks is (test.parts[1] == "eq")
            values[test.parts[2].parts[0]] = None
        else:
            values.update(dict.fromkeys(split(test.parts[1], test.parts[2])))
        if asks is not positive:
            _refuse(raw, "strings")
    return tuple(values)


def check_bools(raw: Raw) -> None:
    """Raise ConfigError unless the body is one test."""
    body = raw.parts[2]
    test = body.parts[0] if body.kind == "not" else body
    if test.kind not in {"flag", "compare"} or _null(test):
        _refuse(raw, "bools")


def check_values(raw: Raw) -> None:
    """Raise ConfigError unless comparisons of numbers or times are joined as Azure takes them."""
    alone = "ne" if raw.kind == "any" else "eq"
    for joined in _shape(raw, raw.parts[2], negated=False):
        if len(joined) > 1 and alone in joined:
            _refuse(raw, "values")


def _shape(raw: Raw, body: Raw, *, negated: bool) -> Shape:
    if body.kind == "not":
        return _shape(raw, body.parts[0], negated=not negated)
    if body.kind == "compare" and not _null(body):
        return [[_OPPOSITE[body.parts[1]] if negated else body.parts[1]]]
    if body.kind not in {"and", "or"}:
        _refuse(raw, "values")
    parts = [_shape(raw, part, negated=negated) for part in body.parts]
    outer = ("or" if raw.kind == "any" else "and") == body.kind
    if outer is not negated:
        return [joined for part in parts for joined in part]
    if any(len(part) > 1 for part in parts):
        _refuse(raw, "values")
    return [[test for part in parts for joined in part for test in joined]]


def _null(test: Raw) -> bool:
    return test.kind == "compare" and test.parts[2].kind == "null"


def _refuse(raw: Raw, rule: str) -> NoReturn:
    fail(raw, f"a lambda of a shape that {raw.kind} does not take", _RULES[rule])
