"""`queryType: semantic` over HTTP: hits are read again by what the service has for that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.querying.shelf import Shelf, app_of, hotels

URL = "/indexes/hotels/docs/search?api-version=2026-04-01"


class Shortest:
    """Takes short passages for good ones; a rule whose order is known beforehand."""

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        assert query
        return [4.0 / (1 + len(passage) / 100) for passage in passages]


@pytest.fixture(scope="module")
def client() -> TestClient:
    shelf = Shelf(hotels=hotels(80))
    shelf.reranker = Shortest()
    return TestClient(app_of(shelf))


def search(client: TestClient, **body: Any) -> list[dict[str, Any]]:
    answer = client.post(URL, json={"queryType": "semantic", **body})
    assert answer.status_code == 200, answer.text
    return answer.json()["value"]


def test_the_first_fifty_are_put_in_another_order(client: TestClient) -> None:
    plain = client.post(URL, json={"search": "hotel", "top": 80}).json()["value"]
    found = search(client, search="hotel", top=80)
    assert {hit["hotelId"] for hit in found[:50]} == {hit["hotelId"] for hit in plain[:50]}
    assert [hit["hotelId"] for hit in found[50:]] == [hit["hotelId"] for hit in plain[50:]]
    scores = [hit["@search.rerankerScore"] for hit in found[:50]]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) > 3
    assert all("@search.rerankerScore" not in hit for hit in found[50:])
    by_key = {hit["hotelId"]: hit["@search.score"] for hit in plain}
    assert all(hit["@search.score"] == by_key[hit["hotelId"]] for hit in found)


def test_pages_are_of_the_one_order(client: TestClient) -> None:
    whole = [hit["hotelId"] for hit in search(client, search="hotel", top=70)]
    parts = [
        hit["hotelId"]
        for skip in range(0, 70, 7)
        for hit in search(client, search="hotel", top=7, skip=skip)
    ]
    assert parts == whole


def test_captions_are_passages_of_the_hit(client: TestClient) -> None:
    for hit in search(client, search="harbour", captions="extractive", top=3):
        (caption,) = hit["@search.captions"]
        assert "harbour" in caption["highlights"].lower()
        assert "<em>" in caption["highlights"]
    bare = search(client, search="harbour", captions="extractive|highlight-false", top=3)
    assert all(hit["@search.captions"][0]["highlights"] == "" for hit in bare)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"search": "hotel", "orderby": "rating"}, "InvalidParameter"),
        ({"search": "*"}, "InvalidParameter"),
        ({"search": "hotel", "semanticConfiguration": "none"}, "UnknownSemanticConfiguration"),
        ({"search": "hotel", "answers": "extractive|count-3"}, "NotServed"),
    ],
)
def test_what_semantic_ranking_does_not_take(client: TestClient, body: dict, code: str) -> None:
    answer = client.post(URL, json={"queryType": "semantic", **body})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_without_a_cross_encoder_it_is_refused() -> None:
    client = TestClient(app_of(Shelf(hotels=hotels(3))))
    answer = client.post(URL, json={"queryType": "semantic", "search": "hotel"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "SemanticRankingUnavailable"
