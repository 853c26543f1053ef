"""Names of fields in requests: each has to exist and to be declared for what it is used for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from freshground.service.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexes.search.definition import Definition, Field

Use = Literal["searchable", "filterable", "sortable", "facetable", "retrievable"]

_VERBS: dict[Use, str] = {
    "searchable": "searched",
    "filterable": "filtered by",
    "sortable": "sorted by",
    "facetable": "used for facets",
    "retrievable": "returned",
}


def field_for(definition: Definition, path: str, use: Use, parameter: str) -> Field:
    """Return a field. ApiError 400 when there is none, or it may not be used so."""
    found = definition.paths.get(path)
    if found is None:
        raise ApiError(
            400,
            "UnknownField",
            f"Parameter '{parameter}': index '{definition.name}' has no field '{path[:128]}'.",
        )
    if not getattr(found, use):
        raise ApiError(
            400,
            "FieldNotUsable",
            f"Parameter '{parameter}': field '{path}' cannot be {_VERBS[use]}: it is not {use} "
            f"in index '{definition.name}'.",
        )
    return found


def selected(
    definition: Definition, names: Sequence[str], parameter: str = "select"
) -> tuple[str, ...] | None:
    """Return the paths of a `select`; None for all, which `*` asks for as well."""
    if not names or "*" in names:
        return None
    for name in names:
        for depth, letter in enumerate(name):  # a part of what may not be returned may not either
            if letter == "/":
                field_for(definition, name[:depth], "retrievable", parameter)
        field_for(definition, name, "retrievable", parameter)
    return tuple(dict.fromkeys(names))
