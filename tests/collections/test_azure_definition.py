"""Definitions as clients write them, and as they read them back."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshground.core.errors import ConfigError
from indexes.search.azure_changes import ChangeRefused, check_change
from indexes.search.azure_definition import definition_json, definition_of
from indexes.search.azure_types import ANALYZERS, TYPES, DefinitionError
from indexes.search.definition import Definition
from indexes.search.managed import definition as managed_definition

KEY = {"name": "id", "type": "Edm.String", "key": True}
VECTORS = {
    "algorithms": [{"name": "h", "kind": "hnsw"}],
    "profiles": [{"name": "p", "algorithm": "h"}],
}
VECTOR = {
    "name": "v", "type": "Collection(Edm.Single)", "dimensions": 3, "vectorSearchProfile": "p",
}  # fmt: skip


def index(*fields: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"name": "things", "fields": [KEY, *fields], **parts}


def field(**properties: Any) -> dict[str, Any]:
    return index({"name": "f", "type": "Edm.String", **properties})


def flags(definition: Definition, path: str) -> str:
    each = definition.paths[path]
    names = ("searchable", "filterable", "sortable", "facetable", "retrievable")
    return "".join(name[0] for name in names if getattr(each, name))


def test_defaults_are_those_of_the_service():
    found = definition_of(
        index(
            {"name": "text", "type": "Edm.String"},
            {"name": "tags", "type": "Collection(Edm.String)"},
            {"name": "n", "type": "Edm.Int32"},
            VECTOR,
            {"name": "rooms", "type": "Collection(Edm.ComplexType)",
             "fields": [{"name": "note", "type": "Edm.String"},
                        {"name": "n", "type": "Edm.Int64"}]},
            vectorSearch=VECTORS,
        )
    )  # fmt: skip
    seen = {path: flags(found, path) for path in found.paths if path != "rooms"}
    assert seen == {
        "id": "sfsfr", "text": "sfsfr", "tags": "sffr", "n": "fsfr", "v": "s",
        "rooms/note": "sffr", "rooms/n": "ffr",
    }  # fmt: skip
    assert found.paths["text"].analyzer == "simple"
    assert found.key.name == "id"


def test_what_is_read_back_has_every_property_in_the_service_s_order_and_can_be_written_again():
    found = definition_of(index(VECTOR, vectorSearch=VECTORS, description="Things."))
    read = definition_json(found)
    assert list(read) == [
        "name", "description", "defaultScoringProfile", "fields", "scoringProfiles", "corsOptions",
        "suggesters", "analyzers", "normalizers", "tokenizers", "tokenFilters", "charFilters",
        "encryptionKey", "similarity", "semantic", "vectorSearch",
    ]  # fmt: skip
    assert list(read["fields"][0]) == [
        "name", "type", "searchable", "filterable", "retrievable", "stored", "sortable",
        "facetable", "key", "indexAnalyzer", "searchAnalyzer", "analyzer", "normalizer",
        "dimensions", "vectorSearchProfile", "vectorEncoding", "synonymMaps",
    ]  # fmt: skip
    assert read["vectorSearch"]["algorithms"] == [
        {"name": "h", "kind": "hnsw",
         "hnswParameters": {"metric": "cosine", "m": 4, "efConstruction": 400, "efSearch": 500}}
    ]  # fmt: skip
    assert definition_of({**read, "@odata.etag": '"0x1"', "@odata.context": "x"}) == found


def test_a_definition_that_no_client_wrote_can_be_read_and_written():
    managed = managed_definition("docs", {}, 8, "german")
    copied = definition_of(definition_json(managed))
    assert copied.fields == tuple(replace(field, kept=True) for field in managed.fields)
    assert definition_json(managed)["fields"][5]["analyzer"] == "de.lucene"


@pytest.mark.parametrize("kind", [t for t in TYPES if "Complex" not in t])
def test_every_type_is_taken(kind):
    number = {"dimensions": 2, "vectorSearchProfile": "p"}
    vector = kind in ("Collection(Edm.Single)", "Collection(Edm.Half)",
                      "Collection(Edm.Int16)", "Collection(Edm.SByte)")  # fmt: skip
    given_ = {"name": "f", "type": kind, **(number if vector else {})}
    found = definition_of(index(given_, vectorSearch=VECTORS))
    assert found.paths["f"].is_vector == vector


@pytest.mark.parametrize("name", ["en.microsoft", "de.lucene", "standard.lucene", "simple"])
def test_analyzers_are_ours_by_another_name(name):
    found = definition_of(field(analyzer=name))
    assert found.paths["f"].analyzer == ANALYZERS[name]
    assert definition_json(found)["fields"][1]["analyzer"] == name


def deep(levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {"name": "f", "type": "Edm.String"}
    for _ in range(levels):
        found = {"name": "f", "type": "Edm.ComplexType", "fields": [found]}
    return found


WRONG = {
    "no object": [],
    "no name": {"fields": [KEY]},
    "name in capitals": {"name": "Things", "fields": [KEY]},
    "two dashes": {"name": "a--b", "fields": [KEY]},
    "no fields": {"name": "things"},
    "no key": {"name": "things", "fields": [{"name": "f", "type": "Edm.String"}]},
    "two keys": field(key=True),
    "key is a number": {"name": "things", "fields": [{**KEY, "type": "Edm.Int32"}]},
    "key not retrievable": {"name": "things", "fields": [{**KEY, "retrievable": False}]},
    "name twice": index(KEY),
    "name of the service": index({"name": "azureSearchX", "type": "Edm.String"}),
    "unknown type": field(type="Edm.Text"),
    "a single number": field(type="Edm.Single"),
    "searchable number": field(type="Edm.Int32", searchable=True),
    "sortable collection": field(type="Collection(Edm.Int32)", sortable=True),
    "flag is no boolean": field(filterable="yes"),
    "hidden and retrievable": field(hidden=True, retrievable=True),
    "unknown property": field(colour=1),
    "unknown property of the index": index(colour=1),
    "dimensions of a string": field(dimensions=3),
    "analyzer of a number": field(type="Edm.Int32", analyzer="en.lucene"),
    "half an analyzer": field(indexAnalyzer="en.lucene"),
    "parts of a string": field(fields=[KEY]),
    "complex without parts": field(type="Edm.ComplexType"),
    "complex that is filterable": field(type="Edm.ComplexType", fields=[KEY], filterable=True),
    "too deep": index(deep(11)),
    "vector without dimensions": index({**VECTOR, "dimensions": None}, vectorSearch=VECTORS),
    "vector of one": index({**VECTOR, "dimensions": 1}, vectorSearch=VECTORS),
    "vector without its profile": index(VECTOR),
    "vector that is filterable": index({**VECTOR, "filterable": True}, vectorSearch=VECTORS),
    "vector that is not searchable": index({**VECTOR, "searchable": False}, vectorSearch=VECTORS),
    "vector retrievable, not stored": index(
        {**VECTOR, "stored": False, "retrievable": True}, vectorSearch=VECTORS
    ),
    "profile without its algorithm": index(
        vectorSearch={"profiles": [{"name": "p", "algorithm": "x"}]}
    ),
    "hnsw out of bounds": index(
        vectorSearch={"algorithms": [{"name": "h", "kind": "hnsw", "hnswParameters": {"m": 99}}]}
    ),
    "suggester without fields": index(suggesters=[{"name": "s", "sourceFields": []}]),
    "suggester over nothing": index(suggesters=[{"name": "s", "sourceFields": ["x"]}]),
    "two suggesters": index(suggesters=[{"name": n, "sourceFields": ["id"]} for n in "ab"]),
    "semantic over nothing": index(semantic={"configurations": [{"name": "s"}]}),
    "semantic default": index(semantic={"defaultConfiguration": "s"}),
}  # fmt: skip

NOT_SERVED = {
    "places": field(type="Edm.GeographyPoint"),
    "packed bits": field(type="Collection(Edm.Byte)"),
    "normalizer": field(normalizer="lowercase"),
    "synonyms": field(synonymMaps=["s"]),
    "keyword": field(analyzer="keyword"),
    "two analyzers": field(indexAnalyzer="simple", searchAnalyzer="standard.lucene"),
    "scoring profiles": index(scoringProfiles=[{"name": "s"}]),
    "default profile": index(defaultScoringProfile="s"),
    "origins": index(corsOptions={"allowedOrigins": ["*"]}),
    "analyzers": index(analyzers=[{"name": "a"}]),
    "encryption": index(encryptionKey={"keyVaultUri": "x"}),
    "classic": index(similarity={"@odata.type": "#Microsoft.Azure.Search.ClassicSimilarity"}),
    "k1": index(similarity={"@odata.type": "#Microsoft.Azure.Search.BM25Similarity", "k1": 2}),
    "metric": index(vectorSearch={"algorithms": [
        {"name": "h", "kind": "hnsw", "hnswParameters": {"metric": "dotProduct"}}]}),
    "vectorizers": index(vectorSearch={"vectorizers": [{"name": "x", "kind": "azureOpenAI"}]}),
    "truncation": index(vectorSearch={"compressions": [
        {"name": "c", "kind": "scalarQuantization", "truncationDimension": 2}]}),
    "nested vector": index({"name": "c", "type": "Edm.ComplexType", "fields": [VECTOR]},
                           vectorSearch=VECTORS),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused(name):
    with pytest.raises(DefinitionError) as caught:
        definition_of(WRONG[name])
    assert caught.value.code == "InvalidDefinition"
    assert caught.value.found
    assert caught.value.do


@pytest.mark.parametrize("name", NOT_SERVED)
def test_what_is_not_served_is_refused_by_name(name):
    with pytest.raises(DefinitionError) as caught:
        definition_of(NOT_SERVED[name])
    assert caught.value.code == "NotServed"
    assert caught.value.do


def test_errors_name_the_field_and_whose_it_is():
    part = {"name": "city", "type": "Edm.Int32", "searchable": True}
    with pytest.raises(DefinitionError, match="Field 'city' of Field 'address'"):
        definition_of(index({"name": "address", "type": "Edm.ComplexType", "fields": [part]}))


def test_what_only_trades_exactness_for_speed_is_kept():
    packed = {"name": "c", "kind": "scalarQuantization",
              "rescoringOptions": {"enableRescoring": True}}  # fmt: skip
    profile = {"name": "p", "algorithm": "h", "compression": "c"}
    found = definition_of(
        index(vectorSearch={**VECTORS, "profiles": [profile], "compressions": [packed]})
    )
    assert definition_json(found)["vectorSearch"]["compressions"] == [packed]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
WHOLE = index(
    VECTOR,
    {"name": "text", "type": "Edm.String", "analyzer": "en.lucene"},
    {"name": "a", "type": "Edm.ComplexType", "fields": [{"name": "b", "type": "Edm.Int32"}]},
    vectorSearch={**VECTORS, "compressions": [{"name": "c", "kind": "binaryQuantization"}]},
    suggesters=[{"name": "s", "searchMode": "analyzingInfixMatching", "sourceFields": ["text"]}],
    semantic={"configurations": [{"name": "s", "prioritizedFields": {
        "titleField": {"fieldName": "text"},
        "prioritizedContentFields": [{"fieldName": "text"}]}}]},
    similarity={"@odata.type": "#Microsoft.Azure.Search.BM25Similarity", "k1": 1.2, "b": 0.75},
)  # fmt: skip


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) \
        else ()  # fmt: skip
    return [path, *(found for key, value in below for found in places(value, (*path, key)))]


def replaced(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    found = copy.copy(data)
    found[path[0]] = replaced(data[path[0]], path[1:], value)
    return found


@pytest.mark.slow
@given(st.data())
@settings(max_examples=60)
def test_any_json_gives_a_definition_or_a_config_error(data):
    """Each part of a good definition in turn is replaced by something else."""
    whole: Any = WHOLE
    for _ in range(data.draw(st.integers(1, 3))):
        where = data.draw(st.sampled_from(places(whole)))
        whole = replaced(whole, where, data.draw(json_values))
    try:
        found = definition_of(whole)
    except ConfigError as error:
        assert error.found  # noqa: PT017 - either is right
        return
    read = orjson.loads(orjson.dumps(definition_json(found)))
    assert definition_of(read) == found


def test_json_that_is_nested_without_end_is_refused():
    nested: Any = "x"
    for _ in range(5000):
        nested = [nested]
    for where in places(WHOLE):
        with pytest.raises(ConfigError):
            definition_of(replaced(WHOLE, where, nested))


def change(**parts: Any) -> Definition:
    return definition_of({**definition_json(definition_of(WHOLE)), **parts})


def fields_with(name: str, **properties: Any) -> list[dict[str, Any]]:
    fields = copy.deepcopy(definition_json(definition_of(WHOLE))["fields"])
    for each in fields:
        if each["name"] == name:
            each.update(properties)
    return fields


def test_fields_may_come_and_what_queries_alone_read_may_change():
    old = definition_of(WHOLE)
    new = {"name": "new", "type": "Edm.String"}
    part = {"name": "a", "type": "Edm.ComplexType",
            "fields": [{"name": "b", "type": "Edm.Int32"}, new]}  # fmt: skip
    fields = definition_json(old)["fields"]
    more = {**definition_json(old)["vectorSearch"]}
    more["profiles"] = [*more["profiles"], {"name": "q", "algorithm": "h"}]
    for changed in (
        change(fields=[*fields, new]),
        change(fields=[part if each["name"] == "a" else each for each in fields]),
        change(fields=fields_with("text", retrievable=False)),
        change(semantic=None, description="New."),
        change(fields=[*fields, {**VECTOR, "name": "w", "vectorSearchProfile": "q"}],
               vectorSearch=more),
    ):  # fmt: skip
        check_change(old, changed)
    bare = dataclasses.replace(old, suggesters={}, raw={**old.raw, "suggesters": []})
    over_new = [{"name": "s", "sourceFields": ["new"]}]
    check_change(bare, change(fields=[*fields, new], suggesters=over_new))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (lambda: change(fields=fields_with("text", filterable=False)), "'text' cannot be changed"),
        (lambda: change(fields=fields_with("text", analyzer=None)), "'text' cannot be changed"),
        (lambda: change(fields=fields_with("v", dimensions=4)), "'v' cannot be changed"),
        (lambda: change(fields=fields_with("v", stored=False)), "'v' cannot be changed"),
        (lambda: change(fields=fields_with("a", fields=[KEY | {"key": False}])), "'a/b' cannot"),
        (lambda: change(fields=definition_json(definition_of(WHOLE))["fields"][:-1]), "'a' cannot"),
        (lambda: change(suggesters=[]), "suggester 's'"),
        (lambda: change(vectorSearch={**VECTORS, "compressions": []}), "compressions"),
        (lambda: change(similarity=None), "similarity"),
    ],
)
def test_all_else_needs_a_rebuild(changed, said):
    with pytest.raises(ChangeRefused, match="must be rebuilt") as caught:
        check_change(definition_of(WHOLE), changed())
    assert said in caught.value.found
