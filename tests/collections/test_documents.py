"""Documents as clients write them: checked, merged, laid into rows; and what a batch does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from indexes.search.columns import schema_of

from freshground.core.errors import ConfigError
from indexes.search.actions import action_of, resolve
from indexes.search.azure_definition import definition_of
from indexes.search.documents import DocumentError, checked, completed, merged, rows_of

SCALARS = ("String", "Int32", "Int64", "Double", "Boolean", "DateTimeOffset")
VECTOR_TYPES = {"single": "Single", "half": "Half", "short": "Int16", "byte": "SByte"}
PARTS = [{"name": "x", "type": "Edm.String"}, {"name": "y", "type": "Edm.Int32"},
         {"name": "in", "type": "Edm.ComplexType", "fields": [{"name": "z", "type": "Edm.Int32"}]},
         {"name": "tags", "type": "Collection(Edm.String)"}]  # fmt: skip
DEFINITION = definition_of(
    {
        "name": "things",
        "fields": [
            {"name": "id", "type": "Edm.String", "key": True},
            {"name": "long", "type": "Edm.String", "filterable": False, "sortable": False,
             "facetable": False},
            *({"name": name, "type": f"Edm.{name}"} for name in SCALARS),
            *({"name": f"{name}s", "type": f"Collection(Edm.{name})"} for name in SCALARS),
            {"name": "one", "type": "Edm.ComplexType", "fields": PARTS},
            {"name": "many", "type": "Collection(Edm.ComplexType)", "fields": PARTS},
            *({"name": name, "type": f"Collection(Edm.{kind})", "dimensions": 2,
               "vectorSearchProfile": "p"} for name, kind in VECTOR_TYPES.items()),
        ],
        "vectorSearch": {"algorithms": [{"name": "h", "kind": "exhaustiveKnn"}],
                         "profiles": [{"name": "p", "algorithm": "h"}]},
    }
)  # fmt: skip


def one(**values: Any) -> Any:
    found = checked(DEFINITION, {"id": "1", **values})
    return next(iter(value for name, value in found.items() if name != "id"))


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("String", "ä", "ä"),
        ("Int32", -(2**31), -(2**31)),
        ("Int64", 2**63 - 1, 2**63 - 1),
        ("Double", 1, 1.0),
        ("Boolean", False, False),
        ("DateTimeOffset", "2020-01-02T03:04:05Z", datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("DateTimeOffset", "2020-01-02T03:04:05.1234567+02:00",
         datetime(2020, 1, 2, 1, 4, 5, 123456, tzinfo=UTC)),
        ("DateTimeOffset", "2020-01-02T03:04-01:00", datetime(2020, 1, 2, 4, 4, tzinfo=UTC)),
        ("Int32s", [1, 2], [1, 2]),
        ("Int32s", None, []),
        ("String", None, None),
        ("one", {"x": "1", "in": None}, {"x": "1", "in": None}),
        ("many", [{"y": 1}, {}], [{"y": 1}, {}]),
        ("long", "x" * 40_000, "x" * 40_000),
    ],
)  # fmt: skip
def test_values_are_taken(name, value, kept):
    assert one(**{name: value}) == kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("String", 1), ("String", "\ud800"), ("String", "x" * 40_000), ("Int32", 2**31),
        ("Int32", 1.0), ("Int32", True), ("Int64", "1"), ("Int64", 2**63), ("Double", "1"),
        ("Double", float("inf")), ("Double", 10**400), ("Boolean", 1), ("DateTimeOffset", 1),
        ("DateTimeOffset", "2020-01-02T03:04:05"), ("DateTimeOffset", "2020-01-02"),
        ("DateTimeOffset", "2020-13-02T03:04:05Z"), ("DateTimeOffset", "0001-01-01T00:00:00+09:00"),
        ("Int32s", 1), ("Int32s", [None]), ("Int32s", ["1"]), ("one", [{}]), ("one", {"q": 1}),
        ("many", {}), ("many", [None]), ("many", [{}] * 3001), ("unknown", 1), ("unknown", None),
        ("single", [1]), ("single", [1, 2, 3]), ("single", ["1", 2]), ("single", [True, 1]),
        ("single", [1e39, 0]), ("single", [10**400, 0]), ("single", {}), ("half", [7e4, 0]),
        ("short", [0.5, 1]), ("short", [40_000, 1]), ("byte", [128, 0]),
    ],
)  # fmt: skip
def test_values_are_refused_with_the_field_s_name(name, value):
    with pytest.raises(DocumentError) as caught:
        one(**{name: value})
    assert name in str(caught.value) or "complex values" in str(caught.value)


@pytest.mark.parametrize("key", [None, "", 1, "a b", "ä", "_a", "a/b", "x" * 1025, "a\n", ["a"]])
def test_bad_keys_are_refused(key):
    with pytest.raises(DocumentError, match="key"):
        checked(DEFINITION, {"id": key})


def test_a_document_may_be_sent_back_as_it_was_read():
    assert checked(DEFINITION, {"id": "a-b_c=", "@search.score": 1.0}) == {"id": "a-b_c="}


def test_rows_have_the_columns_of_the_definition():
    document = checked(
        DEFINITION,
        {"id": "1", "single": [1, 2], "DateTimeOffset": "2020-01-02T03:04:05Z", "Int64": 2**53 + 1,
         "one": {"in": {"z": 1}}, "many": [{"x": "a", "tags": ["b"]}]},
    )  # fmt: skip
    rows = rows_of(DEFINITION, [completed(DEFINITION.fields, d) for d in (document, {"id": "2"})])
    assert rows.schema.equals(schema_of(DEFINITION))
    first, second = rows.to_pylist()
    assert first["single"] == [1, 2]
    assert first["Int64"] == 2**53 + 1
    assert first["one"] == {"x": None, "y": None, "in": {"z": 1}, "tags": []}
    assert first["many"] == [{"x": "a", "y": None, "in": None, "tags": ["b"]}]
    assert {name for name, value in second.items() if value == []} == {
        "many", *(f"{name}s" for name in SCALARS)
    }  # fmt: skip
    assert second["single"] is None
    assert second["one"] is None


def test_merge_keeps_what_is_omitted_clears_by_null_and_replaces_collections():
    old = completed(DEFINITION.fields, checked(DEFINITION, {
        "id": "1", "String": "a", "Double": 1, "Strings": ["a", "b"],
        "one": {"x": "a", "y": 1, "in": {"z": 1}, "tags": ["t"]}, "many": [{"x": "a", "y": 1}],
    }))  # fmt: skip
    new = checked(DEFINITION, {
        "id": "1", "Double": None, "Strings": ["c"], "one": {"y": 2, "in": None},
        "many": [{"x": "b"}],
    })  # fmt: skip
    found = completed(DEFINITION.fields, merged(DEFINITION.fields, old, new))
    assert found["String"] == "a"
    assert found["Double"] is None
    assert found["Strings"] == ["c"]
    assert found["one"] == {"x": "a", "y": 2, "in": None, "tags": ["t"]}
    assert found["many"] == [{"x": "b", "y": None, "in": None, "tags": []}]
    assert merged(DEFINITION.fields, found, checked(DEFINITION, {"id": "1", "one": None}))[
        "one"
    ] is None  # fmt: skip


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner),
    max_leaves=6,
)
names = st.sampled_from([*DEFINITION.paths, "@search.action", "other"])


@given(st.dictionaries(names, json_values, max_size=4))
def test_any_json_is_a_row_or_a_config_error(document):
    try:
        found = checked(DEFINITION, {"id": "1", **document})
    except ConfigError:
        return
    rows = rows_of(DEFINITION, [completed(DEFINITION.fields, found)])
    assert rows.schema.equals(schema_of(DEFINITION))


class Model(dict):
    """What is stored, plainly."""

    has = dict.__contains__
    load = dict.__getitem__


actions = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["a", "b", "c", "no key"]),
        "@search.action": st.sampled_from(["upload", "merge", "mergeOrUpload", "delete", "burn"]),
    },
    optional={
        "String": st.none() | st.text(max_size=2),
        "Int32s": st.none() | st.lists(st.integers(0, 9), max_size=2),
        "one": st.none() | st.fixed_dictionaries({}, optional={"x": st.text(max_size=1)}),
    },
)


@given(st.lists(st.lists(actions, max_size=6), max_size=4))
def test_batches_do_what_their_actions_would_one_by_one(batches):
    whole, single = Model(), Model()
    for batch in batches:
        done = [action_of(DEFINITION, each) for each in batch]
        results, changed = resolve(DEFINITION, done, whole)
        apply(whole, changed)
        alone = []
        for action in done:
            result, changed = resolve(DEFINITION, [action], single)
            apply(single, changed)
            alone += result
        assert results == alone
        assert whole == single
        for given_, result in zip(batch, results, strict=True):
            expected = {"upload": (200, 201), "merge": (200, 404), "mergeOrUpload": (200, 201),
                        "delete": (200,), "burn": (400,)}  # fmt: skip
            bad = given_["id"] == "no key"
            assert result.status in ((400,) if bad else expected[given_["@search.action"]])
            assert result.succeeded == (result.status < 400)


def apply(model: Model, changed: dict[str, Any]) -> None:
    for key, document in changed.items():
        if document is None:
            model.pop(key, None)  # it came and went within the batch
        else:
            model[key] = document


def test_actions_that_are_no_objects_fail_alone():
    done = [action_of(DEFINITION, each) for each in (None, [], "x", {"id": "1"})]
    results, changed = resolve(DEFINITION, done, Model())
    assert [each.status for each in results] == [400, 400, 400, 201]
    assert list(changed) == ["1"]


def test_vectors_are_kept_as_float32():
    found = one(single=[0.1, 1])
    assert found.dtype == np.float32
    assert found.tolist() == [np.float32(0.1), 1.0]
