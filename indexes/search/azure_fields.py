"""One field of an index as JSON of the REST API 2026-04-01 <-> `Field`.

Defaults are the service's: a simple field is filterable, facetable and retrievable, and sortable
where it has one value; strings are searchable; vectors are searchable and not retrievable.
"""

from __future__ import annotations

from typing import Any

from indexes.search.azure_types import (
    ANALYZERS,
    COMPLEX,
    COMPLEXES,
    MAX_DEPTH,
    MAX_DIMENSIONS,
    MIN_DIMENSIONS,
    TEXTS,
    TYPES,
    VECTORS,
    DefinitionError,
    field_name,
    not_served,
    shown,
)
from indexes.search.definition import Field

_FLAGS = ("searchable", "filterable", "retrievable", "stored", "sortable", "facetable", "key")
_KNOWN = frozenset(
    {
        *_FLAGS,
        *("name", "type", "hidden", "analyzer", "indexAnalyzer", "searchAnalyzer", "normalizer"),
        *("dimensions", "vectorSearchProfile", "vectorEncoding", "synonymMaps", "fields"),
    }
)


def fields_of(data: object, where: str, *, depth: int = 1, many: bool = False) -> tuple[Field, ...]:
    """Return the fields of a JSON list; `where` is whose they are, for errors.

    `many`: whether one row may hold several of them, below a collection. DefinitionError names
    the field and what to do.
    """
    if depth > MAX_DEPTH:
        raise DefinitionError(
            f"{where} lies deeper than {MAX_DEPTH} levels.", "Nest complex fields less deeply."
        )
    if not isinstance(data, list) or not data:
        raise DefinitionError(
            f"`fields` of {where} is {shown(data)}.", "Give a list of at least one field."
        )
    found = tuple(_field(each, where, depth, many=many) for each in data)
    seen: set[str] = set()
    for each in found:
        if each.name.lower() in seen:
            raise DefinitionError(
                f"{where} has two fields of the name {each.name!r}.", "Rename one of them."
            )
        seen.add(each.name.lower())
    return found


def _field(data: object, where: str, depth: int, *, many: bool) -> Field:
    if not isinstance(data, dict):
        raise DefinitionError(f"{where} has a field that is {shown(data)}.", "Give an object.")
    name = field_name(data.get("name"), where)
    what = f"Field '{name}'" if depth == 1 else f"Field '{name}' of {where}"
    for unknown in sorted(data.keys() - _KNOWN):
        if data[unknown] not in (None, [], {}):
            raise DefinitionError(
                f"{what} has the unknown property {shown(unknown)}.",
                "Remove it; the properties are those of the REST API 2026-04-01.",
            )
    kind = _type(data, what)
    _refused(data, what)
    if kind in (COMPLEX, COMPLEXES):
        return _complex(data, name, kind, what, depth, many=many)
    if data.get("fields"):
        raise DefinitionError(
            f"{what} has parts, but its type is {kind}.",
            f"Make its type {COMPLEX}, or remove them.",
        )
    if kind in VECTORS:
        return _vector(data, name, kind, what, depth)
    return _simple(data, name, kind, what, depth, many=many)


def _type(data: dict[str, Any], what: str) -> str:
    kind = data.get("type")
    if isinstance(kind, str) and kind in TYPES:
        return kind
    if isinstance(kind, str) and "Geography" in kind:
        raise not_served(
            f"{what} has the type {kind}: places are not served.",
            "Keep latitude and longitude as Edm.Double.",
        )
    if kind in ("Collection(Edm.Byte)", "Collection(Edm.Single)[]"):
        raise not_served(
            f"{what} has the type {kind}: vectors of packed bits are not served.",
            f"Use one of {', '.join(VECTORS)}.",
        )
    raise DefinitionError(f"{what} has the type {shown(kind)}.", f"Types: {', '.join(TYPES)}.")


def _refused(data: dict[str, Any], what: str) -> None:
    if data.get("normalizer") is not None:
        raise not_served(
            f"{what} has the normalizer {shown(data['normalizer'])}: normalizers are not served.",
            "Remove it; filters compare strings exactly.",
        )
    if data.get("synonymMaps") not in (None, []):
        raise not_served(f"{what} has synonym maps, which are not served.", "Remove synonymMaps.")
    if data.get("vectorEncoding") is not None:
        raise not_served(
            f"{what} has a vectorEncoding, which is not served.",
            "Remove it and write vectors as numbers.",
        )


def _complex(
    data: dict[str, Any], name: str, kind: str, what: str, depth: int, *, many: bool
) -> Field:
    for each in sorted(_KNOWN - {"name", "type", "fields", "synonymMaps"}):
        if data.get(each) not in (None, False):
            raise DefinitionError(
                f"{what} is complex and has `{each}`.", "Set it on its parts, or remove it."
            )
    parts = fields_of(data.get("fields"), what, depth=depth + 1, many=many or kind == COMPLEXES)
    return Field(name, kind, fields=parts)


def _vector(data: dict[str, Any], name: str, kind: str, what: str, depth: int) -> Field:
    if depth > 1:
        raise not_served(
            f"{what} is a vector within a complex field, which is not served.",
            "Move it to the top level.",
        )
    dimensions, profile = data.get("dimensions"), data.get("vectorSearchProfile")
    if type(dimensions) is not int or not MIN_DIMENSIONS <= dimensions <= MAX_DIMENSIONS:
        raise DefinitionError(
            f"{what} is a vector and its `dimensions` are {shown(dimensions)}.",
            f"Set them to a whole number from {MIN_DIMENSIONS} to {MAX_DIMENSIONS}.",
        )
    if not isinstance(profile, str) or not profile:
        raise DefinitionError(
            f"{what} is a vector and its `vectorSearchProfile` is {shown(profile)}.",
            "Name a profile of vectorSearch.profiles.",
        )
    if not _flag(data, "searchable", what, default=True):
        raise DefinitionError(f"{what} is a vector and not searchable.", "Set `searchable`.")
    for each in ("filterable", "sortable", "facetable", "key"):
        if _flag(data, each, what, default=False):
            raise DefinitionError(f"{what} is a vector and cannot be {each}.", f"Unset `{each}`.")
    if data.get("analyzer") or data.get("indexAnalyzer") or data.get("searchAnalyzer"):
        raise DefinitionError(f"{what} is a vector and has an analyzer.", "Remove it.")
    retrievable = _retrievable(data, what, default=False)
    if not _flag(data, "stored", what, default=True) and retrievable:
        raise DefinitionError(
            f"{what} is retrievable but not stored.", "Unset `retrievable`, or set `stored`."
        )
    return Field(
        name, kind, searchable=True, retrievable=retrievable, dimensions=dimensions, profile=profile
    )


def _simple(
    data: dict[str, Any], name: str, kind: str, what: str, depth: int, *, many: bool
) -> Field:
    several = many or kind.startswith("Collection(")
    text = kind in TEXTS
    for each in ("dimensions", "vectorSearchProfile"):
        if data.get(each) is not None:
            raise DefinitionError(
                f"{what} has `{each}`, but its type {kind} is no vector.",
                "Remove it, or use Collection(Edm.Single).",
            )
    key = _flag(data, "key", what, default=False)
    if key and (kind != "Edm.String" or depth > 1):
        raise DefinitionError(
            f"{what} is the key, but no Edm.String at the top level.",
            "Make a top-level Edm.String the key.",
        )
    searchable = _flag(data, "searchable", what, default=text)
    if searchable and not text:
        raise DefinitionError(
            f"{what} is searchable, but its type is {kind}.",
            "Unset `searchable`: only strings and vectors can be searched.",
        )
    sortable = _flag(data, "sortable", what, default=not several)
    if sortable and several:
        raise DefinitionError(
            f"{what} is sortable, but a document may hold several of its values.",
            "Unset `sortable`.",
        )
    retrievable = _retrievable(data, what, default=True)
    if key and not retrievable:
        raise DefinitionError(f"{what} is the key and not retrievable.", "Set `retrievable`.")
    if not _flag(data, "stored", what, default=True):
        raise DefinitionError(
            f"{what} is not stored, which only vectors can be.", "Unset `retrievable` instead."
        )
    return Field(
        name,
        kind,
        key=key,
        searchable=searchable,
        filterable=_flag(data, "filterable", what, default=True),
        sortable=sortable,
        facetable=_flag(data, "facetable", what, default=True),
        retrievable=retrievable,
        analyzer=_analyzer(data, what, searchable=searchable),
    )


def _flag(data: dict[str, Any], name: str, what: str, *, default: bool) -> bool:
    value = data.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise DefinitionError(f"`{name}` of {what} is {shown(value)}.", "Use true or false.")
    return value


def _retrievable(data: dict[str, Any], what: str, *, default: bool) -> bool:
    hidden = data.get("hidden")
    if hidden is None:
        return _flag(data, "retrievable", what, default=default)
    shows = not _flag(data, "hidden", what, default=False)
    if _flag(data, "retrievable", what, default=shows) != shows:
        raise DefinitionError(f"{what} is hidden and retrievable.", "Give one of the two.")
    return shows


def _analyzer(data: dict[str, Any], what: str, *, searchable: bool) -> str | None:
    name, written, asked = (data.get(k) for k in ("analyzer", "indexAnalyzer", "searchAnalyzer"))
    if (written is None) != (asked is None) or (name is not None and written is not None):
        raise DefinitionError(
            f"{what} has `analyzer` {shown(name)}, `indexAnalyzer` {shown(written)} and "
            f"`searchAnalyzer` {shown(asked)}.",
            "Set `analyzer` alone.",
        )
    if written != asked:
        raise not_served(
            f"{what} is written with the analyzer {shown(written)} and searched with "
            f"{shown(asked)}: that is not served.",
            "Set one `analyzer` for both.",
        )
    name = name if name is not None else written
    if name is not None and not searchable:
        raise DefinitionError(
            f"{what} has an analyzer, but is not searchable.", "Set `searchable`, or remove it."
        )
    if not searchable:
        return None
    if name is not None and (not isinstance(name, str) or name not in ANALYZERS):
        raise not_served(
            f"{what} has the analyzer {shown(name)}, which is not served.",
            f"Analyzers: {', '.join(sorted(ANALYZERS))}.",
        )
    return ANALYZERS[name] if name else "simple"


def field_json(field: Field, data: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a field as a client reads it back: all properties, in the service's order.

    `data` is what the client wrote, of which the analyzers' names and `stored` are kept; without
    it our analyzers are named as Azure's.
    """
    if data is None:
        data = {"analyzer": _NAMES.get(field.analyzer or "")}
    if field.fields:
        written = {each.get("name"): each for each in data.get("fields") or ()}
        parts = [field_json(each, written.get(each.name)) for each in field.fields]
        return {"name": field.name, "type": field.type, "fields": parts}
    stored = data.get("stored")
    return {
        "name": field.name,
        "type": field.type,
        "searchable": field.searchable,
        "filterable": field.filterable,
        "retrievable": field.retrievable,
        "stored": True if stored is None else stored,
        "sortable": field.sortable,
        "facetable": field.facetable,
        "key": field.key,
        "indexAnalyzer": data.get("indexAnalyzer"),
        "searchAnalyzer": data.get("searchAnalyzer"),
        "analyzer": data.get("analyzer"),
        "normalizer": None,
        "dimensions": field.dimensions,
        "vectorSearchProfile": field.profile,
        "vectorEncoding": None,
        "synonymMaps": [],
    }


_NAMES = {ours: name for name, ours in ANALYZERS.items() if name.endswith(".lucene")}
_NAMES["simple"] = "standard.lucene"
