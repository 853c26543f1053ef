"""Copies over HTTP: official clients page, count and facet by passages, and see their own."""

from __future__ import annotations

from typing import Any

import pytest

from freshground.service.api.agents import tools
from freshground.service.api.agents.asking import Caller
from freshground.service.api.principal import Principal
from tests.agents.shelf import managed, row
from tests.project import Project
from tests.querying.test_managed_queries import asked

pytestmark = pytest.mark.slow
V = "api-version=2026-04-01"
STORM = "Storm damage to roofs is paid."
X = Principal("x", "query", frozenset({"x"}))


@pytest.fixture
def shared(quick: Project) -> Project:
    places = {"one": {"groups": ["x"]}, "two": {"groups": ["y"]}, "three": "public"}
    quick.changes["sources"] = [
        {"id": name, "type": "files", "url": name, "access": access}
        for name, access in places.items()
    ]
    quick.index(sources=list(places))
    for name in places:
        (quick.root / name).mkdir()
        (quick.root / name / "a.html").write_text(
            f"<html><head><title>From {name}</title></head><body><p>{STORM}</p></body></html>"
        )
        (quick.root / name / "b.md").write_text(f"Roofs of {name} are seen every year.")
    quick.refresh()
    return quick


def values(client: Any, query: str) -> dict[str, Any]:
    answer = client.get(f"/indexes/docs/docs?{V}&{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def addresses(hits: list[dict[str, Any]]) -> list[str]:
    return [
        uri.rsplit("/", 2)[1]
        for hit in hits
        for uri in (hit["source_uri"], *(c["source_uri"] for c in hit.get("@search.copies", ())))
    ]


def test_each_caller_sees_the_passage_once_and_their_own_addresses(shared: Project) -> None:
    with asked(shared, X) as (client, _):
        found = values(client, "search=storm roofs&$count=true&facet=source_id")
        hits = found["value"]
        [storm] = [hit for hit in hits if hit["text"] == STORM]
        assert sorted(addresses([storm])) == ["one", "three"]
        assert storm["@search.copyCount"] == 1
        assert found["@odata.count"] == len(hits) == 3  # the storm, and two roofs
        counts = {f["value"]: f["count"] for f in found["@search.facets"]["source_id"]}
        assert counts == {"one": 2, "three": 2}
        for source, count in counts.items():
            left = values(client, f"search=storm roofs&$count=true&$filter=source_id eq '{source}'")
            assert left["@odata.count"] == count
            assert "two" not in addresses(left["value"])
        pages = [values(client, f"search=storm roofs&$top=1&$skip={n}")["value"] for n in range(4)]
        assert [h["chunk_id"] for p in pages for h in p] == [h["chunk_id"] for h in hits]


def test_what_only_lists_shows_every_row(shared: Project) -> None:
    with asked(shared, X) as (client, _):
        found = values(client, "search=*&$count=true")
        assert found["@odata.count"] == len(found["value"]) == 4
        assert client.get(f"/indexes/docs/docs/$count?{V}").text.lstrip("\ufeff") == "4"
        assert not any("@search.copies" in hit for hit in found["value"])
        same = {hit["passage"] for hit in found["value"] if hit["text"] == STORM}
        assert len(same) == 1


def test_agents_are_given_a_passage_once(shared: Project) -> None:
    with asked(shared, X) as (_, service):
        found = tools.search(service, Caller(X), "storm damage to roofs", index="docs", top=3)
        texts = [result["text"] for result in found["results"]]
        assert len(texts) == len(set(texts)) == 3
        [storm] = [r for r in found["results"] if r["text"] == STORM]
        assert storm["metadata"]["copy_count"] == 1
        told = [storm["url"], *(copy["source_uri"] for copy in storm["metadata"]["copies"])]
        assert sorted(uri.rsplit("/", 2)[1] for uri in told) == ["one", "three"]


@pytest.mark.parametrize("mode", ["adaptive", "rrf"])
def test_retrieval_is_filled_with_different_passages(mode: str) -> None:
    from freshground.service.api.agents.asking import ask

    rows = [row(f"copy{n}", 0, STORM, passage="s") for n in range(30)]
    rows += [row(f"own{n}", 0, f"Storm number {n} of the year.", passage=f"p{n}") for n in range(6)]
    hits = ask(managed(rows, mode=mode), "storm roofs", k=5).hits
    assert len({hit.document["passage"] for hit in hits}) == 5
    assert max(hit.copy_count for hit in hits) == 29
