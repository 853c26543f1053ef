"""Which fields and parts of fields a hit shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indexes.search.definition import Definition, Field

    Shape = Mapping[str, "Shape | None"]
    """Names to show; None shows the whole value."""


def shape_of(definition: Definition, select: Sequence[str] | None) -> Shape:
    """Return what `select` asks for, without what is not retrievable; None asks for all."""
    wanted = None if select is None else frozenset(select)
    return _shape(definition.fields, "", wanted)


def _shape(fields: Sequence[Field], prefix: str, wanted: frozenset[str] | None) -> Shape:
    shape: dict[str, Shape | None] = {}
    for each in fields:
        path = f"{prefix}{each.name}"
        if not each.retrievable:
            continue
        whole = wanted is None or path in wanted
        if not each.fields:
            if whole:
                shape[each.name] = None
            continue
        parts = _shape(each.fields, f"{path}/", None if whole else wanted)
        if parts:
            complete = len(parts) == len(each.fields) and not any(parts.values())
            shape[each.name] = None if complete else parts
    return shape


def shaped(document: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """Return a document with those names alone."""
    return {name: _cut(document[name], inner) for name, inner in shape.items()}


def _cut(value: Any, shape: Shape | None) -> Any:
    if shape is None or value is None:
        return value
    if isinstance(value, list):
        return [_cut(item, shape) for item in value]
    return shaped(value, shape)
