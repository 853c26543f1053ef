"""Releases asked over HTTP: how fresh they are, who counts the questions, what canaries answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.search.documents import SearchClient
from azure.search.documents.models import VectorizableTextQuery
from starlette.testclient import TestClient

from freshground.service.api.principal import Principal
from freshground.service.api.service import Service
from freshground.service.asking import canary
from tests.project import NOON, Project
from tests.querying.shelf import ADMIN, app_of, served

pytestmark = pytest.mark.slow
V = "api-version=2026-04-01"
HOUR = timedelta(hours=1)


@contextmanager
def asked(project: Project, who: Principal = ADMIN) -> Iterator[tuple[TestClient, Service]]:
    service = Service(project.context())
    service.follower.look()
    try:
        yield TestClient(app_of(service, who)), service
    finally:
        service.close()


@pytest.fixture
def published(quick: Project) -> Project:
    quick.fill(4)
    quick.refresh(later=timedelta(0))
    return quick


def test_every_answer_says_how_fresh_it_is(published: Project) -> None:
    with asked(published) as (client, _):
        published.clock.advance(HOUR)
        paths = ("docs?search=theft", "docs/$count?", "docs/suggest?search=po&suggesterName=words")
        for path in (*paths, "docs/none?"):
            answer = client.get(f"/indexes/docs/{path}&{V}".replace("?&", "?"))
            told = {k: v for k, v in answer.headers.items() if k.startswith("x-freshground")}
            assert told == {
                "x-freshground-index": "docs",
                "x-freshground-release": "1",
                "x-freshground-as-of": NOON.isoformat().replace("+00:00", "Z"),
                "x-freshground-staleness": "3600",
                "x-freshground-sla": "fresh",
            }, path
        hit = client.get(f"/indexes/docs/docs?{V}&search=theft").json()["value"][0]
        assert hit["release"] == 1
        assert {"source_uri", "source_modified_at", "indexed_at"} <= hit.keys()


def test_an_answer_that_is_too_old_is_no_answer(published: Project) -> None:
    with asked(published) as (client, service):
        published.clock.advance(7 * HOUR)
        for path in ("docs?search=theft", "docs/x?", "docs/$count?"):
            url = f"/indexes/docs/{path}&{V}".replace("?&", "?")
            answer = client.get(url, headers={"x-freshground-max-staleness": "6h"})
            assert answer.status_code == 503
            error = answer.json()["error"]
            assert error["code"] == "TooStale"
            assert "25200 s old" in error["message"]
            accepted = client.get(url, headers={"x-freshground-max-staleness": "8h"})
            assert accepted.status_code in {200, 404}
        assert service.context.lake.queries.per_hour("docs", HOUR) == 2, "refused ones count too"
        now = published.clock.now()
        told = service.context.lake.traffic.over("docs", now, now)
        assert (told.queries, told.errors) == (2, 1), "somebody wanted an answer"


def test_the_client_hears_of_it_at_once(published: Project) -> None:
    with asked(published) as (client, _), served(client.app) as address:
        published.clock.advance(7 * HOUR)
        with (
            SearchClient(address, "docs", AzureKeyCredential("any")) as sdk,
            pytest.raises(HttpResponseError, match="25200 s old"),
        ):
            list(sdk.search("theft", headers={"x-freshground-max-staleness": "6h"}))


def test_questions_are_counted_and_kept_as_those_of_the_command_line(published: Project) -> None:
    with asked(published) as (client, service):
        search = f"/indexes/docs/docs/search?{V}"
        query = {"kind": "text", "text": "storm and theft now", "fields": "vector"}
        assert client.post(search, json={"search": "storm"}).status_code == 200
        assert client.post(search, json={"search": "x", "vectorQueries": [query]}).is_success
        filtered = {"vectorQueries": [{**query, "text": "storm"}], "filter": "tokens gt 0"}
        assert client.post(search, json=filtered).is_success
        assert client.get(f"/indexes/docs/docs/$count?{V}").is_success
        wrong = {"search": "x", "filter": "nonsense"}
        assert client.post(search, json=wrong).status_code == 400
        context = service.context
        assert context.lake.queries.per_hour("docs", HOUR) == 4
        now = published.clock.now()
        told = context.lake.traffic.over("docs", now, now)
        assert (told.queries, told.errors) == (3, 0), "what is asked wrongly tells of nothing"
        assert told.p50_s is not None
    space = context.encoder(context.settings.index("docs")).space.id
    today = published.clock.now().date()
    found = context.lake.queries.questions("docs", space, today, today)
    assert sorted((q.words, q.best is None) for q in found) == [(1, True), (4, False)]
    best = next(q.best for q in found if q.best is not None)
    assert -1 <= best <= 1


def test_the_nearest_hit_is_told_by_its_cosine(published: Project) -> None:
    with asked(published) as (client, service):
        url = f"/indexes/docs/docs/search?{V}"
        text = client.get(f"/indexes/docs/docs?{V}&$top=1").json()["value"][0]["text"]
        query = {"kind": "text", "text": text, "fields": "vector"}
        hit = client.post(url, json={"vectorQueries": [query], "top": 1}).json()["value"][0]
    context = service.context
    today = published.clock.now().date()
    space = context.encoder(context.settings.index("docs")).space.id
    (question,) = context.lake.queries.questions("docs", space, today, today)
    assert 1 / (2 - question.best) == pytest.approx(hit["@search.score"], abs=1e-6)


def test_old_releases_bear_their_number(published: Project) -> None:
    published.write("new.md", "# Hail\n\nA new clause on hail and what it breaks.\n")
    published.refresh()
    with asked(published) as (client, _):
        for name, release, hits in (("docs", 2, 1), ("docs-v1", 1, 0), ("docs-v2", 2, 1)):
            answer = client.get(f"/indexes/{name}/docs?{V}&search=%22clause+on+hail%22")
            assert answer.headers["x-freshground-release"] == str(release)
            assert len(answer.json()["value"]) == hits


def test_a_session_meets_the_canary_always_or_never(published: Project) -> None:
    published.index(canary={"share": 0.5})
    published.write("new.md", "# Hail\n\nA new clause on hail and what it breaks.\n")
    published.refresh()
    with asked(published) as (client, service):
        index = service.context.settings.index("docs")
        trial = canary.running(service.context, index)
        assert trial is not None
        assert index.canary is not None
        for number in range(12):
            session = f"session {number}"
            wanted = 2 if canary.drawn(trial, index.canary, session) else 1
            for _ in range(2):
                answer = client.post(
                    f"/indexes/docs/docs/search?{V}", json={"search": "hail", "sessionId": session}
                )
                assert answer.headers["x-freshground-release"] == str(wanted)
        arms, _ = canary.measured(service.context, trial)
        assert arms["canary"].queries + arms["live"].queries == 24
        refused = {"search": "hail", "filter": "nonsense"}
        for _ in range(12):
            assert client.post(f"/indexes/docs/docs/search?{V}", json=refused).status_code == 400
        arms, _ = canary.measured(service.context, trial)
        assert arms["canary"].errors == arms["live"].errors == 0, "wrong questions judge nobody"


def test_hybrid_search_of_a_release_by_the_official_client(published: Project) -> None:
    with asked(published) as (client, _), served(client.app) as address:
        text = client.get(f"/indexes/docs/docs?{V}&$top=1").json()["value"][0]["text"]
        with SearchClient(address, "docs", AzureKeyCredential("any")) as sdk:
            query = VectorizableTextQuery(text=text, fields="vector", k_nearest_neighbors=5)
            hits: list[dict[str, Any]] = list(sdk.search(text, vector_queries=[query], top=3))
    assert hits[0]["text"] == text
    assert hits[0]["@search.score"] == 0.032786883413791656
    assert {"vector", "embed_text", "groups"}.isdisjoint(hits[0])


def test_freshness_of_what_one_may_ask(quick: Project) -> None:
    quick.changes["indexes"] = [
        *quick.raw["indexes"], {"id": "other", "sources": ["docs"], "engine": "memory"},
    ]  # fmt: skip
    quick.changes["indexes"][0]["canary"] = {"share": 0.5}
    quick.fill(1)
    quick.refresh()
    quick.write("new.md", "# Hail\n\nA new clause on hail and what it breaks.\n")
    quick.refresh()
    with asked(quick) as (client, _):
        rows = client.get("/freshness").json()["value"]
        assert [(row["index"], row["source"]) for row in rows] == [
            ("docs", None), ("docs", "docs"), ("other", None), ("other", "docs"),
        ]  # fmt: skip
        assert rows[0]["verdict"] == "fresh"
        assert rows[0]["held_by"] == ["release 2 of docs is on canary"]
    narrow = Principal("narrow", "query", frozenset({"sales"}), indexes=frozenset({"docs"}))
    with asked(quick, narrow) as (client, _):
        rows = client.get("/freshness").json()["value"]
        assert {row["index"] for row in rows} == {"docs"}
        assert all(row["held_by"] == [] for row in rows)
