"""Syntax -> meaning: names become fields, literals become values of the field's type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from indexes.filters import lambdas
from indexes.filters.ast import And, Any, AnyOf, Compare, Constant, Filter, In, Not, NotEmpty, Or
from indexes.filters.literals import compared, is_string, split
from indexes.filters.scope import Bound, Scope, fail, is_collection

if TYPE_CHECKING:
    from indexes.filters.parse import Raw


class Resolver:
    """Checks raw syntax against a scope. Recursion is bounded by the parser's depth limit."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

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
                return compared(raw, self._scope.find(raw.parts[0]))
            case "in":
                return self._member(raw)
            case "any" | "all":
                return self._lambda(raw)
            case "nonempty":
                return NotEmpty(self._collection(raw).path)
        raise AssertionError(raw.kind)

    def _flag(self, raw: Raw) -> Filter:
        field = self._scope.find(raw.parts[0])
        if not pa.types.is_boolean(field.kind):
            fail(raw, f"the field {field.full} alone, which is no bool", "Compare it with a value.")
        return Compare(field.path, "eq", value=True)

    def _member(self, raw: Raw) -> Filter:
        path, values, delimiters = raw.parts
        field = self._scope.find(path)
        if not is_string(field.kind):
            fail(raw, f"search.in on {field.full}, which is no string field", "Use eq or any.")
        return In(field.path, split(values, delimiters))

    def _collection(self, raw: Raw) -> Bound:
        field = self._scope.find(raw.parts[0])
        if not is_collection(field.kind):
            fail(raw, f"any or all on {field.full}, which is no collection", "Compare it directly.")
        return field

    def _lambda(self, raw: Raw) -> Filter:
        field = self._collection(raw)
        item = field.kind.value_type
        if is_string(item):
            held = AnyOf(field.path, lambdas.strings(raw))
            return held if raw.kind == "any" else Not(held)
        if pa.types.is_boolean(item):
            lambdas.check_bools(raw)
        elif not pa.types.is_struct(item):
            lambdas.check_values(raw)
        _, variable, body = raw.parts
        inner = Resolver(self._scope.inside(field, variable)).resolve(body)
        return Any(field.path, inner) if raw.kind == "any" else Not(Any(field.path, Not(inner)))
