"""The parts of a definition that say how vectors are searched, and which texts are re-ranked.

Vectors are compared exactly or nearly so by cosine: what only trades exactness for speed (HNSW's
numbers, compression with all dimensions) is kept and read back; what would change results (another
metric, fewer dimensions) is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from indexes.search.azure_types import (
    TEXTS,
    DefinitionError,
    not_served,
    part_name,
    shown,
)

if TYPE_CHECKING:
    from indexes.search.definition import Definition

_HNSW = {
    "metric": "cosine",
    "m": (4, 4, 10),
    "efConstruction": (400, 100, 1000),
    "efSearch": (500, 100, 1000),
}
_PARAMETERS = {"hnsw": "hnswParameters", "exhaustiveKnn": "exhaustiveKnnParameters"}
_COMPRESSIONS = ("scalarQuantization", "binaryQuantization")
_TRADES = {
    "rescoringOptions": ("enableRescoring", "defaultOversampling", "rescoreStorageMethod"),
    "scalarQuantizationParameters": ("quantizedDataType",),
}
_ORDERS = ("BoostedRerankerScore", "RerankerScore")


def named(data: object, where: str) -> list[dict[str, Any]]:
    """Return a JSON list of objects with a name each, no two the same. None is an empty list."""
    if data is None:
        return []
    if not isinstance(data, list) or not all(isinstance(each, dict) for each in data):
        raise DefinitionError(f"`{where}` is {shown(data)}.", "Give a list of objects.")
    names = [part_name(each.get("name"), f"An entry of `{where}`") for each in data]
    for name in names:
        if names.count(name) > 1:
            raise DefinitionError(f"`{where}` has {name!r} twice.", "Rename one of them.")
    return data


def an_object(data: object, where: str) -> dict[str, Any]:
    """Return a JSON object; None is an empty one."""
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise DefinitionError(f"`{where}` is {shown(data)}.", "Give an object.")
    return data


def known(data: dict[str, Any], names: tuple[str, ...], where: str) -> None:
    """DefinitionError for a property that has a value and is not one of `names`."""
    for each in sorted(data.keys() - set(names)):
        if data[each] not in (None, [], {}):
            raise DefinitionError(
                f"`{where}` has the unknown property {shown(each)}.",
                f"Remove it; known are {', '.join(names)}.",
            )


def vector_search(data: object, definition: Definition) -> dict[str, Any] | None:
    """Return `vectorSearch` with defaults filled in; every vector's profile has to be there."""
    given = an_object(data, "vectorSearch")
    known(given, ("profiles", "algorithms", "vectorizers", "compressions"), "vectorSearch")
    if given.get("vectorizers"):
        raise not_served(
            "`vectorSearch.vectorizers` are not served for an index that clients write.",
            "Remove them and send vectors; Freshground's own indexes take text.",
        )
    algorithms = [_algorithm(e) for e in named(given.get("algorithms"), "vectorSearch.algorithms")]
    packed = [
        _compression(e) for e in named(given.get("compressions"), "vectorSearch.compressions")
    ]
    profiles = [
        _profile(each, {a["name"] for a in algorithms}, {c["name"] for c in packed})
        for each in named(given.get("profiles"), "vectorSearch.profiles")
    ]
    names = {each["name"] for each in profiles}
    for path, each in definition.vectors.items():
        if each.profile not in names:
            raise DefinitionError(
                f"Field '{path}' names the profile {each.profile!r}, which vectorSearch.profiles "
                "does not have.",
                "Add the profile, or name another.",
            )
    if data is None:
        return None
    return {
        "algorithms": algorithms,
        "profiles": profiles,
        "vectorizers": [],
        "compressions": packed,
    }


def _algorithm(data: dict[str, Any]) -> dict[str, Any]:
    where = f"vectorSearch.algorithms['{data['name']}']"
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in _PARAMETERS:
        raise DefinitionError(
            f"`{where}` has the kind {shown(kind)}.", "Kinds: hnsw, exhaustiveKnn."
        )
    known(data, ("name", "kind", *_PARAMETERS.values()), where)
    given = an_object(data.get(_PARAMETERS[kind]), f"{where}.{_PARAMETERS[kind]}")
    known(given, tuple(_HNSW) if kind == "hnsw" else ("metric",), where)
    metric = given.get("metric")
    if metric not in (None, "cosine"):
        raise not_served(
            f"`{where}` has the metric {shown(metric)}, which is not served.",
            "Use cosine; for vectors of length 1 all metrics order alike.",
        )
    found: dict[str, Any] = {"metric": "cosine"}
    if kind == "hnsw":
        for name in ("m", "efConstruction", "efSearch"):
            default, low, high = _HNSW[name]  # type: ignore[misc]
            value = default if given.get(name) is None else given[name]
            if type(value) is not int or not int(low) <= value <= int(high):
                raise DefinitionError(
                    f"`{where}.{name}` is {shown(value)}.",
                    f"Use a whole number from {low} to {high}.",
                )
            found[name] = value
    return {"name": data["name"], "kind": kind, _PARAMETERS[kind]: found}


def _compression(data: dict[str, Any]) -> dict[str, Any]:
    where = f"vectorSearch.compressions['{data['name']}']"
    if data.get("kind") not in _COMPRESSIONS:
        raise DefinitionError(
            f"`{where}` has the kind {shown(data.get('kind'))}.",
            f"Kinds: {', '.join(_COMPRESSIONS)}.",
        )
    if data.get("truncationDimension") is not None:
        raise not_served(
            f"`{where}` truncates vectors, which is not served.",
            "Remove truncationDimension, or write shorter vectors.",
        )
    known(data, ("name", "kind", "truncationDimension", *_TRADES), where)
    found = {"name": data["name"], "kind": data["kind"]}
    for part, names in _TRADES.items():
        given = an_object(data.get(part), f"{where}.{part}")
        known(given, names, f"{where}.{part}")
        if not all(isinstance(v, str | int | float | None) for v in given.values()):
            raise DefinitionError(f"`{where}.{part}` is {shown(given)}.", "Use plain values.")
        if given:
            found[part] = given
    return found


def _profile(data: dict[str, Any], algorithms: set[str], packed: set[str]) -> dict[str, Any]:
    where = f"vectorSearch.profiles['{data['name']}']"
    known(data, ("name", "algorithm", "vectorizer", "compression"), where)
    algorithm, compression = data.get("algorithm"), data.get("compression")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise DefinitionError(
            f"`{where}` names the algorithm {shown(algorithm)}.",
            "Name one of vectorSearch.algorithms.",
        )
    if compression is not None and (not isinstance(compression, str) or compression not in packed):
        raise DefinitionError(
            f"`{where}` names the compression {shown(compression)}.",
            "Name one of vectorSearch.compressions, or remove it.",
        )
    if data.get("vectorizer") is not None:
        raise not_served(f"`{where}` has a vectorizer, which is not served.", "Remove it.")
    return {
        "name": data["name"],
        "algorithm": algorithm,
        "vectorizer": None,
        "compression": compression,
    }


def semantic(data: object, definition: Definition) -> dict[str, Any] | None:
    """Return `semantic` with defaults filled in; every field named has to be a searchable text."""
    given = an_object(data, "semantic")
    known(given, ("defaultConfiguration", "configurations"), "semantic")
    found = [
        _configuration(each, definition)
        for each in named(given.get("configurations"), "semantic.configurations")
    ]
    default = given.get("defaultConfiguration")
    if default is not None and default not in [each["name"] for each in found]:
        raise DefinitionError(
            f"`semantic.defaultConfiguration` is {shown(default)}.",
            "Name one of semantic.configurations.",
        )
    return None if data is None else {"defaultConfiguration": default, "configurations": found}


def _configuration(data: dict[str, Any], definition: Definition) -> dict[str, Any]:
    where = f"semantic.configurations['{data['name']}']"
    known(data, ("name", "prioritizedFields", "rankingOrder", "flightingOptIn"), where)
    fields = an_object(data.get("prioritizedFields"), f"{where}.prioritizedFields")
    kinds = ("prioritizedContentFields", "prioritizedKeywordsFields")
    known(fields, ("titleField", *kinds), where)
    title = fields.get("titleField")
    found: dict[str, Any] = {"titleField": _text(title, where, definition) if title else None}
    for kind in kinds:
        listed = fields.get(kind) or []
        if not isinstance(listed, list):
            raise DefinitionError(f"`{where}.{kind}` is {shown(listed)}.", "Give a list.")
        found[kind] = [_text(each, where, definition) for each in listed]
    if not any(found.values()):
        raise DefinitionError(f"`{where}` names no field.", "Name a title, content or keywords.")
    order = data.get("rankingOrder")
    if order not in (None, *_ORDERS):
        raise DefinitionError(
            f"`{where}.rankingOrder` is {shown(order)}.", f"Use {' or '.join(_ORDERS)}."
        )
    return {
        "name": data["name"],
        "rankingOrder": order or _ORDERS[0],
        "prioritizedFields": found,
    }


def _text(data: object, where: str, definition: Definition) -> dict[str, str]:
    path = data.get("fieldName") if isinstance(data, dict) else None
    field = definition.paths.get(path) if isinstance(path, str) else None
    if field is None or field.type not in TEXTS or not field.searchable:
        raise DefinitionError(
            f"`{where}` names the field {shown(path)}, which is no searchable string of the index.",
            "Name one that is, as fieldName.",
        )
    return {"fieldName": str(path)}
