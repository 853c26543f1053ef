"""The official client administers a served project, over HTTP."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.search.documents.indexes.models import (
    ComplexField,
    HnswAlgorithmConfiguration,
    SearchableField,
    SearchAlias,
    SearchField,
    SearchIndex,
    SearchSuggester,
    SimpleField,
    VectorSearch,
    VectorSearchProfile,
)

from tests.collections.server import serving
from tests.project import Project

pytestmark = pytest.mark.slow

VERSION = {"api-version": "2026-04-01"}


def hotels(name: str = "hotels", *extra: SearchField) -> SearchIndex:
    return SearchIndex(
        name=name,
        fields=[
            SimpleField(name="id", type="Edm.String", key=True, filterable=True),
            SearchableField(name="name", analyzer_name="en.microsoft"),
            SimpleField(name="rating", type="Edm.Double", filterable=True, sortable=True),
            SimpleField(name="groups", type="Collection(Edm.String)", filterable=True),
            SimpleField(name="built", type="Edm.DateTimeOffset", filterable=True),
            ComplexField(name="address", fields=[SimpleField(name="city", type="Edm.String")]),
            SearchField(
                name="vector", type="Collection(Edm.Single)", hidden=False,
                vector_search_dimensions=3, vector_search_profile_name="p",
            ),
            *extra,
        ],
        suggesters=[SearchSuggester(name="sg", source_fields=["name"])],
        vector_search=VectorSearch(
            algorithms=[HnswAlgorithmConfiguration(name="h")],
            profiles=[VectorSearchProfile(name="p", algorithm_configuration_name="h")],
        ),
    )  # fmt: skip


@pytest.fixture
def server(quick: Project):
    with serving(quick) as found:
        yield found


def test_an_index_is_made_read_changed_listed_and_deleted(server):
    client = server.indexes()
    made = client.create_index(hotels())
    assert made.e_tag
    read = client.get_index("hotels")
    assert read.as_dict() == made.as_dict()
    assert [field.name for field in read.fields][:3] == ["id", "name", "rating"]
    assert read.fields[0].retrievable
    assert read.fields[1].analyzer_name == "en.microsoft"
    assert read.vector_search.algorithms[0].parameters.ef_construction == 400
    with pytest.raises(ResourceExistsError):
        client.create_index(hotels())
    read.fields.append(SimpleField(name="stars", type="Edm.Int32", filterable=True))
    changed = client.create_or_update_index(read, match_condition=MatchConditions.IfNotModified)
    assert changed.e_tag != made.e_tag
    with pytest.raises(ResourceModifiedError):
        client.create_or_update_index(read, match_condition=MatchConditions.IfNotModified)
    assert list(client.list_index_names()) == ["hotels"]
    assert [index.name for index in client.list_indexes(select=["name"])] == ["hotels"]
    with pytest.raises(ResourceModifiedError):
        client.delete_index(made, match_condition=MatchConditions.IfNotModified)
    client.delete_index("hotels")
    with pytest.raises(ResourceNotFoundError):
        client.get_index("hotels")
    assert list(client.list_index_names()) == []
    assert client.create_index(hotels()).e_tag not in (made.e_tag, changed.e_tag)


def test_a_change_that_needs_a_rebuild_says_so(server):
    client = server.indexes()
    index = client.create_index(hotels())
    index.fields[2].sortable = False
    with pytest.raises(HttpResponseError) as caught:
        client.create_or_update_index(index)
    assert caught.value.status_code == 400
    assert caught.value.error.code == "OperationNotAllowed"
    assert "Existing field 'rating' cannot be changed" in caught.value.message
    assert "rebuilt" in caught.value.message


def test_documents_are_uploaded_merged_and_deleted(server):
    server.indexes().create_index(hotels())
    client = server.documents("hotels")
    first = {
        "id": "1", "name": "Sea view", "rating": 4.5, "groups": ["*"],
        "built": "2020-01-02T03:04:05+02:00", "address": {"city": "Oslo"}, "vector": [1, 0, 0.5],
    }  # fmt: skip
    assert [r.status_code for r in client.upload_documents([first, {"id": "2"}])] == [201, 201]
    assert [r.status_code for r in client.upload_documents([first])] == [200]
    merged = client.merge_documents([{"id": "1", "rating": None}, {"id": "9", "rating": 1}])
    assert [(r.key, r.succeeded, r.status_code) for r in merged] == [
        ("1", True, 200), ("9", False, 404),
    ]  # fmt: skip
    assert merged[1].error_message
    kept = server.service.collections.get("hotels").snapshot().view()
    names = ["id", "name", "rating", "groups", "built", "address", "vector"]
    position = kept.position("1")
    assert kept.documents([position], names) == [
        {**first, "rating": None, "built": "2020-01-02T01:04:05Z"}
    ]
    assert [r.status_code for r in client.merge_or_upload_documents([{"id": "9"}])] == [201]
    assert [r.status_code for r in client.delete_documents([{"id": "9"}, {"id": "8"}])] == [200] * 2
    assert server.service.collections.get("hotels").snapshot().rows == 2


def test_a_bad_document_fails_alone(server):
    server.indexes().create_index(hotels())
    results = server.documents("hotels").upload_documents(
        [{"id": "1"}, {"id": "2", "vector": [1, 2]}, {"id": "a b"}, {"id": "3", "colour": 1},
         {"id": "4", "rating": "4"}, {"id": "5"}]
    )  # fmt: skip
    assert [r.status_code for r in results] == [201, 400, 400, 400, 400, 201]
    assert [r.key for r in results] == ["1", "2", "a b", "3", "4", "5"]
    assert "3 dimensions" in results[1].error_message


def test_batches_that_are_too_large_are_halved_by_the_client(server):
    server.indexes().create_index(hotels())
    actions = [{"id": str(number)} for number in range(1001)]
    address = f"{server.url}/indexes/hotels/docs/index"
    refused = httpx.post(address, params=VERSION, json={"value": actions})
    assert refused.status_code == 413
    assert len(server.documents("hotels").upload_documents(actions)) == 1001
    assert server.service.collections.get("hotels").snapshot().rows == 1001
    wide = [{"id": str(number), "name": "x" * 20_000} for number in range(1000)]
    assert httpx.post(address, params=VERSION, json={"value": wide}).status_code == 413
    assert httpx.post(address, params=VERSION, json={"value": []}).status_code == 400
    assert httpx.post(address, params=VERSION, content=b"[").status_code == 400


def test_aliases(server):
    client = server.indexes()
    client.create_index(hotels())
    client.create_index(hotels("hotels-2"))
    made = client.create_alias(SearchAlias(name="stay", indexes=["hotels"]))
    assert client.get_alias("stay").as_dict() == made.as_dict()
    server.documents("stay").upload_documents([{"id": "1"}])
    assert client.get_index_statistics("hotels")["documentCount"] == 1
    with pytest.raises(HttpResponseError) as caught:
        client.delete_index("hotels")
    assert caught.value.status_code == 400
    made.indexes = ["hotels-2"]
    moved = client.create_or_update_alias(made, match_condition=MatchConditions.IfNotModified)
    assert moved.indexes == ["hotels-2"]
    with pytest.raises(ResourceModifiedError):
        client.create_or_update_alias(made, match_condition=MatchConditions.IfNotModified)
    client.delete_index("hotels")
    assert list(client.list_alias_names()) == ["stay"]
    for alias in (
        SearchAlias(name="stay", indexes=["hotels-2"]),
        SearchAlias(name="hotels-2", indexes=["hotels-2"]),
        SearchAlias(name="other", indexes=["hotels"]),
        SearchAlias(name="other", indexes=["hotels-2", "hotels-2"]),
        SearchAlias(name="Other", indexes=["hotels-2"]),
    ):
        with pytest.raises(HttpResponseError) as caught:
            client.create_alias(alias)
        assert caught.value.status_code in (400, 409)
    with pytest.raises(HttpResponseError):
        client.create_index(hotels("stay"))
    client.delete_alias("stay")
    with pytest.raises(ResourceNotFoundError):
        client.get_alias("stay")
    assert list(client.list_aliases()) == []


def test_statistics(server):
    client = server.indexes()
    client.create_index(hotels())
    server.documents("hotels").upload_documents([{"id": str(n)} for n in range(3)])
    found = client.get_index_statistics("hotels")
    assert found["documentCount"] == 3
    assert found["storageSize"] > 0
    assert found["vectorIndexSize"] == 3 * 3 * 4
    whole = client.get_service_statistics()
    assert whole["counters"]["documentCount"]["usage"] == 3
    assert whole["counters"]["indexesCount"]["usage"] == 1
    assert whole["limits"]["maxFieldsPerIndex"] == 1000


def test_a_restart_keeps_everything(quick: Project):
    with serving(quick) as server:
        server.indexes().create_index(hotels())
        server.indexes().create_alias(SearchAlias(name="stay", indexes=["hotels"]))
        server.documents("hotels").upload_documents(
            [{"id": str(n), "vector": [n, 1, 0]} for n in range(50)]
        )
        server.documents("hotels").delete_documents([{"id": "7"}])
        before = definition(server)
        rows = everything(server)
    with serving(quick) as server:
        assert definition(server) == before
        assert server.indexes().get_alias("stay").indexes == ["hotels"]
        assert everything(server) == rows
        assert len(rows) == 49


def definition(server) -> dict:
    found = server.indexes().get_index("hotels").as_dict()
    return {name: value for name, value in found.items() if name != "@odata.context"}


def everything(server) -> list[dict]:
    snapshot = server.service.collections.get("hotels").snapshot()
    view = snapshot.view()
    return view.documents(view.positions(), [field.name for field in snapshot.definition.fields])


def test_another_service_sees_what_one_wrote_when_it_looks(quick: Project):
    with serving(quick) as one, serving(quick) as other:
        one.indexes().create_index(hotels())
        one.documents("hotels").upload_documents([{"id": "1"}])
        assert other.indexes().get_index_statistics("hotels")["documentCount"] == 1
        one.documents("hotels").upload_documents([{"id": "2"}])
        quick.clock.advance(timedelta(seconds=2))
        assert other.indexes().get_index_statistics("hotels")["documentCount"] == 2
        other.documents("hotels").merge_documents([{"id": "2", "rating": 1}])
        one.indexes().delete_index("hotels")
        quick.clock.advance(timedelta(seconds=2))
        with pytest.raises(ResourceNotFoundError):
            other.indexes().get_index("hotels")


def test_managed_indexes_are_read_and_never_written(quick: Project):
    quick.fill(2)
    quick.refresh()
    with serving(quick) as server:
        client = server.indexes()
        client.create_index(hotels())
        assert list(client.list_index_names()) == ["docs-v1", "hotels"]
        assert [(a.name, a.indexes) for a in client.list_aliases()] == [("docs", ["docs-v1"])]
        index = client.get_index("docs")
        assert index.name == "docs"
        assert {field.name for field in index.fields} >= {"chunk_id", "text", "source_uri"}
        assert client.get_index_statistics("docs-v1")["documentCount"] > 0
        client.create_alias(SearchAlias(name="pinned", indexes=["docs-v1"]))
        index.name = "copy"
        assert len(client.create_index(index).fields) == len(index.fields)
        for call in (
            lambda: server.documents("docs").upload_documents([{"chunk_id": "1"}]),
            lambda: server.documents("docs-v1").delete_documents([{"chunk_id": "1"}]),
            lambda: server.documents("pinned").delete_documents([{"chunk_id": "1"}]),
            lambda: client.delete_index("docs"),
            lambda: client.create_index(hotels("docs-v7")),
            lambda: client.create_or_update_index(hotels("docs")),
            lambda: client.create_or_update_alias(SearchAlias(name="docs", indexes=["hotels"])),
            lambda: client.delete_alias("docs"),
        ):
            with pytest.raises(HttpResponseError) as caught:
                call()
            assert caught.value.status_code == 403
            assert caught.value.error.code == "ManagedIndex"


def test_query_keys_administer_nothing(server):
    server.indexes().create_index(hotels())
    server.indexes().create_index(hotels("secret"))
    asks = server.indexes("query")
    for call in (
        lambda: asks.create_index(hotels("mine")),
        lambda: asks.create_or_update_index(hotels()),
        lambda: asks.delete_index("hotels"),
        lambda: asks.create_alias(SearchAlias(name="a", indexes=["hotels"])),
        lambda: asks.delete_alias("a"),
        lambda: list(asks.list_aliases()),
        lambda: asks.get_alias("a"),
        lambda: asks.get_index_statistics("hotels"),
        asks.get_service_statistics,
        lambda: server.documents("hotels", "query").upload_documents([{"id": "1"}]),
    ):
        with pytest.raises(HttpResponseError) as caught:
            call()
        assert caught.value.status_code == 403


def test_a_key_for_some_indexes_sees_and_writes_no_others(server):
    client, only = server.indexes(), server.indexes("only")
    client.create_index(hotels())
    client.create_index(hotels("secret"))
    assert list(only.list_index_names()) == ["hotels"]
    assert only.get_service_statistics()["counters"]["indexesCount"]["usage"] == 1
    for call in (
        lambda: only.get_index("secret"),
        lambda: only.delete_index("secret"),
        lambda: only.create_index(hotels("third")),
        lambda: only.create_alias(SearchAlias(name="hotels-a", indexes=["secret"])),
        lambda: only.get_index_statistics("secret"),
        lambda: server.documents("secret", "only").upload_documents([{"id": "1"}]),
    ):
        with pytest.raises(HttpResponseError) as caught:
            call()
        assert caught.value.status_code == 403


def test_both_forms_of_paths_and_answers_without_a_body(server):
    raw = hotels().as_dict()
    with httpx.Client(base_url=server.url, params=VERSION) as client:
        assert client.put("/indexes/hotels", json=raw).status_code == 201
        quiet = client.put("/indexes/hotels", json=raw)
        assert (quiet.status_code, quiet.content) == (204, b"")
        told = client.put(
            "/indexes('hotels')", json=raw, headers={"Prefer": "return=representation"}
        )
        assert told.status_code == 200
        assert told.headers["etag"] == told.json()["@odata.etag"]
        assert client.get("/indexes/hotels").json()["name"] == "hotels"
        assert client.put("/indexes/other", json=raw).status_code == 400
        assert client.get("/indexes", params={**VERSION, "$select": "colour"}).status_code == 400
        gone = client.delete("/indexes/hotels", headers={"If-Match": '"0x0"'})
        assert gone.status_code == 412
        assert client.delete("/indexes/hotels").status_code == 204
        assert client.delete("/indexes/hotels").status_code == 404
