"""A whole index: JSON of the REST API 2026-04-01 (`SearchIndex`) <-> `Definition`."""

from __future__ import annotations

import dataclasses
from typing import Any

from indexes.search.azure_fields import field_json, fields_of
from indexes.search.azure_types import (
    COMPLEXES,
    MAX_COMPLEX_COLLECTIONS,
    MAX_DESCRIPTION,
    MAX_FIELDS,
    DefinitionError,
    index_name,
    not_served,
    shown,
)
from indexes.search.azure_vectors import an_object, known, named, semantic, vector_search
from indexes.search.definition import Definition

_NOT_SERVED = {
    "scoringProfiles": "Remove them and boost fields in the query.",
    "defaultScoringProfile": "Remove it.",
    "corsOptions": "Remove them and let a reverse proxy answer browsers.",
    "analyzers": "Remove them and use a language's analyzer.",
    "tokenizers": "Remove them and use a language's analyzer.",
    "tokenFilters": "Remove them and use a language's analyzer.",
    "charFilters": "Remove them and clean the text before it is written.",
    "normalizers": "Remove them; filters compare strings exactly.",
    "encryptionKey": "Remove it and encrypt the lake's storage.",
}
_SERVED = ("name", "description", "fields", "suggesters", "similarity", "semantic", "vectorSearch")
_BM25 = {"@odata.type": "#Microsoft.Azure.Search.BM25Similarity", "k1": None, "b": None}
_DEFAULTS = {"k1": 1.2, "b": 0.75}


def definition_of(data: object) -> Definition:
    """Return the definition that a client wrote.

    DefinitionError (a ConfigError) names the field and what to do; its `code` is NotServed for
    what Azure has and this service has not.
    """
    if not isinstance(data, dict):
        raise DefinitionError(f"The definition is {shown(data)}.", "Give an object.")
    for name, do in _NOT_SERVED.items():
        if data.get(name) not in (None, [], {}, ""):
            raise not_served(f"`{name}` of an index is not served.", do)
    given = {key: value for key, value in data.items() if not key.startswith("@odata.")}
    known(given, (*_SERVED, *_NOT_SERVED), "index")
    name = index_name(data.get("name"))
    definition = Definition(name, fields_of(data.get("fields"), f"The index '{name}'"))
    _check_whole(definition)
    suggesters = [_suggester(e, definition) for e in named(data.get("suggesters"), "suggesters")]
    if len(suggesters) > 1:
        raise DefinitionError(
            f"The index has {len(suggesters)} suggesters.", "Keep one: it may have many fields."
        )
    raw = _raw(
        definition,
        written=data,
        description=_description(data.get("description")),
        suggesters=suggesters,
        similarity=_similarity(data.get("similarity")),
        semantic=semantic(data.get("semantic"), definition),
        vectorSearch=vector_search(data.get("vectorSearch"), definition),
    )
    paths = {each["name"]: tuple(each["sourceFields"]) for each in suggesters}
    return dataclasses.replace(definition, suggesters=paths, raw=raw)


def definition_json(definition: Definition) -> dict[str, Any]:
    """Return a definition as a client reads it: its `raw`, or made from its fields.

    A definition that no client wrote gets the profile `default`-like entries that its vectors
    name, so that what is read can be written back.
    """
    if definition.raw:
        return {**definition.raw, "name": definition.name}
    profiles = list(dict.fromkeys(f.profile or "default" for f in definition.vectors.values()))
    algorithms = [{"name": "exact", "kind": "exhaustiveKnn"}]
    vectors = {
        "algorithms": algorithms,
        "profiles": [{"name": name, "algorithm": "exact"} for name in profiles],
    }
    fields = tuple(
        dataclasses.replace(each, profile=each.profile or "default") if each.is_vector else each
        for each in definition.fields
    )
    whole = dataclasses.replace(definition, fields=fields)
    suggesters = [
        {"name": name, "searchMode": "analyzingInfixMatching", "sourceFields": list(paths)}
        for name, paths in definition.suggesters.items()
    ]
    return _raw(
        whole,
        written=None,
        description=None,
        suggesters=suggesters,
        similarity=dict(_BM25),
        semantic=None,
        vectorSearch=vector_search(vectors, whole) if profiles else None,
    )


def _check_whole(definition: Definition) -> None:
    keys = [each.name for each in definition.fields if each.key]
    if len(keys) != 1:
        raise DefinitionError(
            f"The index '{definition.name}' has {len(keys)} key fields: {', '.join(keys)}.",
            "Make exactly one top-level Edm.String the key.",
        )
    if len(definition.paths) > MAX_FIELDS:
        raise DefinitionError(
            f"The index has {len(definition.paths)} fields.", f"Use at most {MAX_FIELDS}."
        )
    several = [path for path, each in definition.paths.items() if each.type == COMPLEXES]
    if len(several) > MAX_COMPLEX_COLLECTIONS:
        raise DefinitionError(
            f"The index has {len(several)} complex collections.",
            f"Use at most {MAX_COMPLEX_COLLECTIONS}.",
        )


def _suggester(data: dict[str, Any], definition: Definition) -> dict[str, Any]:
    where = f"suggesters['{data['name']}']"
    known(data, ("name", "searchMode", "sourceFields"), where)
    mode = data.get("searchMode") or "analyzingInfixMatching"
    if mode != "analyzingInfixMatching":
        raise DefinitionError(
            f"`{where}.searchMode` is {shown(mode)}.", "Use analyzingInfixMatching."
        )
    paths = data.get("sourceFields")
    if not isinstance(paths, list) or not paths:
        raise DefinitionError(
            f"`{where}.sourceFields` is {shown(paths)}.", "Name at least one searchable string."
        )
    for path in paths:
        if not isinstance(path, str) or path not in definition.texts:
            raise DefinitionError(
                f"`{where}` names the field {shown(path)}, which is no searchable string of the "
                "index.",
                "Name one that is.",
            )
    return {"name": data["name"], "searchMode": mode, "sourceFields": list(paths)}


def _description(data: object) -> str | None:
    if data is None or (isinstance(data, str) and len(data) <= MAX_DESCRIPTION):
        return data
    raise DefinitionError(
        f"`description` is {shown(data)}.", f"Use a text of at most {MAX_DESCRIPTION} characters."
    )


def _similarity(data: object) -> dict[str, Any]:
    given = an_object(data, "similarity")
    if not given:
        return dict(_BM25)
    kind = given.get("@odata.type")
    if kind != _BM25["@odata.type"]:
        raise not_served(
            f"`similarity` is {shown(kind)}, which is not served.", f"Use {_BM25['@odata.type']}."
        )
    known(given, tuple(_BM25), "similarity")
    for name, default in _DEFAULTS.items():
        value = given.get(name)
        if value is not None and (isinstance(value, bool) or value != default):
            raise not_served(
                f"`similarity.{name}` is {shown(value)}, which is not served.",
                f"Use {default}, or remove it.",
            )
    return {name: given.get(name) for name in _BM25}


def _raw(definition: Definition, *, written: dict[str, Any] | None, **parts: Any) -> dict[str, Any]:
    by_name = {each["name"]: each for each in written["fields"]} if written else {}
    return {
        "name": definition.name,
        "description": parts["description"],
        "defaultScoringProfile": None,
        "fields": [field_json(each, by_name.get(each.name)) for each in definition.fields],
        "scoringProfiles": [],
        "corsOptions": None,
        "suggesters": parts["suggesters"],
        "analyzers": [],
        "normalizers": [],
        "tokenizers": [],
        "tokenFilters": [],
        "charFilters": [],
        "encryptionKey": None,
        "similarity": parts["similarity"],
        "semantic": parts["semantic"],
        "vectorSearch": parts["vectorSearch"],
    }
