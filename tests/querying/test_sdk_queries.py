"""The official client asks over HTTP, sync and aio."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.search.documents import SearchClient
from azure.search.documents.aio import SearchClient as AsyncSearchClient
from azure.search.documents.models import VectorizableTextQuery, VectorizedQuery

from tests.querying.shelf import vector_of

KEY = AzureKeyCredential("any")
RRF_OF_TWO = 0.032786883413791656


@pytest.fixture
def client(address: str) -> Iterator[SearchClient]:
    with SearchClient(address, "hotels", KEY, retry_total=0) as found:
        yield found


@pytest.fixture
def many(address: str) -> Iterator[SearchClient]:
    with SearchClient(address, "many-hotels", KEY, retry_total=0) as found:
        yield found


def near(text: str) -> VectorizedQuery:
    return VectorizedQuery(vector=vector_of(text), k_nearest_neighbors=3, fields="vector")


def test_everything_comes_in_pages_of_fifty(many: SearchClient) -> None:
    found = many.search("*", select=["hotelId"], order_by=["hotelId"], include_total_count=True)
    pages = [list(page) for page in found.by_page()]
    assert [len(page) for page in pages] == [50] * 52
    ids = [hit["hotelId"] for page in pages for hit in page]
    assert ids == [f"{number:05d}" for number in range(2_600)]


def test_a_top_above_a_thousand_comes_in_pages_of_a_thousand(many: SearchClient) -> None:
    found = many.search("*", select=["hotelId"], order_by=["hotelId desc"], top=2_300)
    assert [len(list(page)) for page in found.by_page()] == [1_000, 1_000, 300]


def test_a_top_below_a_thousand_is_all_that_comes(many: SearchClient) -> None:
    found = many.search("*", top=7, skip=3, order_by=["hotelId"], include_total_count=True)
    assert [hit["hotelId"] for hit in found] == [f"{number:05d}" for number in range(3, 10)]
    assert found.get_count() == 2_600


def test_text_filter_order_select(client: SearchClient) -> None:
    found = list(
        client.search(
            "beach",
            filter="category eq 'Luxury' and rating ge 1",
            order_by=["rating desc", "hotelId"],
            select=["hotelId", "rating", "Address/City"],
            search_fields=["hotelName", "tags"],
            search_mode="all",
        )
    )
    assert found
    keys = [(-hit["rating"], hit["hotelId"]) for hit in found]
    assert keys == sorted(keys)
    own = {name for name in found[0] if not name.startswith("@search")}
    assert own == {"hotelId", "rating", "Address"}
    assert found[0]["Address"] == {"City": found[0]["Address"]["City"]}


def test_facets_and_count(client: SearchClient) -> None:
    found = client.search(
        "*",
        facets=["category,sort:value", "rating,values:2|4", "tags,count:3"],
        top=0,
        include_total_count=True,
    )
    assert list(found) == []
    facets = found.get_facets()
    assert [(each["value"], each["count"]) for each in facets["category"]] == [
        ("Boutique", 13), ("Budget", 14), ("Luxury", 13),
    ]  # fmt: skip
    assert sum(each["count"] for each in facets["rating"]) == 40
    assert [each["count"] for each in facets["tags"]] == sorted(
        (each["count"] for each in facets["tags"]), reverse=True
    )
    assert len(facets["tags"]) == 3


def test_highlights(client: SearchClient) -> None:
    found = list(
        client.search(
            "harbour",
            highlight_fields="hotelName,description-2",
            highlight_pre_tag="<b>",
            highlight_post_tag="</b>",
            top=3,
        )
    )
    marked = [hit["@search.highlights"] for hit in found]
    assert all("<b>Harbour</b>" in each["hotelName"][0] for each in marked)
    assert all(len(each.get("description", [])) <= 2 for each in marked)


def test_hybrid_scores_as_azure_does(client: SearchClient) -> None:
    name = client.get_document("00017", selected_fields=["hotelName"])["hotelName"]
    asked = VectorizableTextQuery(text=name, k_nearest_neighbors=20, fields="vector")
    first = next(iter(client.search(f'"{name}"', vector_queries=[asked], top=5)))
    assert first["hotelId"] == "00017"
    assert first["@search.score"] == RRF_OF_TWO


def test_vectors_alone_score_by_cosine(client: SearchClient) -> None:
    asked = near("Beach Pool Hotel 1")
    hits = list(client.search(search_text=None, vector_queries=[asked]))
    assert len(hits) == 3
    assert hits[0]["@search.score"] == pytest.approx(1.0, abs=1e-6)
    assert hits[0]["hotelId"] == "00001"


def test_post_filters_narrow_what_was_found(client: SearchClient) -> None:
    asked = near("Beach Pool Hotel 1")
    kept = client.search(
        vector_queries=[asked], filter="hotelId eq '00001'", vector_filter_mode="postFilter"
    )
    assert [hit["hotelId"] for hit in kept] == ["00001"]
    other = {"vector_queries": [asked], "filter": "hotelId eq '00030'"}
    assert list(client.search(**other, vector_filter_mode="strictPostFilter")) == []
    assert [hit["hotelId"] for hit in client.search(**other)] == ["00030"]


def test_one_document_and_how_many(client: SearchClient) -> None:
    document = client.get_document("00003")
    assert document["hotelId"] == "00003"
    assert document["lastRenovated"] == "2003-04-03T04:05:00Z"
    assert {"owner", "notes"}.isdisjoint(document)
    assert document["Address"] == {"City": "Paris"}
    assert set(client.get_document("00003", selected_fields=["hotelId"])) == {"hotelId"}
    assert client.get_document_count() == 40
    with pytest.raises(ResourceNotFoundError):
        client.get_document("nobody")


def test_suggestions(client: SearchClient) -> None:
    found = client.suggest("harb", "sg", select=["hotelId"], top=4)
    assert 0 < len(found) <= 4
    assert all("harb" in each["@search.text"].lower() for each in found)
    assert all("hotelId" in each for each in found)
    words = client.autocomplete("harb", "sg", mode="oneTerm")
    assert [each["text"] for each in words] == ["harbour"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"filter": "nope eq 1"}, "nope"),
        ({"filter": "rating gt"}, "filter"),
        ({"filter": "hotelName eq 'x'"}, "hotelName"),
        ({"order_by": ["description"]}, "not sortable"),
        ({"facets": ["description"]}, "not facetable"),
        ({"select": ["owner"]}, "not retrievable"),
        ({"select": ["Address/Secret"]}, "not retrievable"),
        ({"search_fields": ["rating"]}, "not searchable"),
        ({"highlight_fields": "notes"}, "not retrievable"),
        ({"skip": 100_001}, "100000"),
        ({"query_type": "full"}, "not served"),
        ({"scoring_profile": "fresh"}, "scoringProfile"),
        ({"query_type": "semantic", "semantic_configuration_name": "s"}, "cross-encoder"),
        ({"vector_queries": [VectorizedQuery(vector=[1.0], fields="vector")]}, "16"),
        ({"vector_queries": [VectorizedQuery(vector=[0.0] * 16, fields="vector")]}, "zero"),
    ],
)
def test_what_is_wrong_or_not_served_is_said(client: SearchClient, asked: dict, said: str) -> None:
    with pytest.raises(HttpResponseError) as caught:
        list(client.search("pool", **asked))
    assert caught.value.status_code == 400
    assert said in str(caught.value.error.message)


def test_an_unknown_index_is_not_found(address: str) -> None:
    with (
        SearchClient(address, "nothing", KEY, retry_total=0) as client,
        pytest.raises(ResourceNotFoundError, match="no index or alias 'nothing'"),
    ):
        list(client.search("pool"))


def test_the_asynchronous_client_asks_alike(address: str, client: SearchClient) -> None:
    async def ask() -> tuple[list, int, dict, list, list]:
        async with AsyncSearchClient(address, "many-hotels", KEY, retry_total=0) as many:
            hits = await many.search(
                "pool", facets=["category"], include_total_count=True, select=["hotelId"]
            )
            ids = [hit["hotelId"] async for hit in hits]
            count = await hits.get_count()
            facets = await hits.get_facets()
            suggested = await many.suggest("harb", "sg")
            completed = await many.autocomplete("harb", "sg")
            assert (await many.get_document("00001"))["hotelId"] == "00001"
            assert await many.get_document_count() == 2_600
        return ids, count, facets, suggested, completed

    ids, count, facets, suggested, completed = asyncio.run(ask())
    assert len(ids) == len(set(ids)) == count > 600
    assert sum(each["count"] for each in facets["category"]) == count
    assert suggested
    assert completed[0]["text"] == "harbour"
