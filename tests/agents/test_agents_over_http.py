"""The whole service under the official clients: what a key may not read reaches no agent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.search.documents.indexes import SearchIndexClient
from azure.search.documents.knowledgebases import KnowledgeBaseRetrievalClient
from azure.search.documents.knowledgebases.models import (
    KnowledgeBaseRetrievalRequest,
    KnowledgeRetrievalSemanticIntent,
    SearchIndexKnowledgeSourceParams,
)
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from freshground.service.api.app import create_app
from freshground.service.api.protection.protect import protect
from freshground.service.api.service import Service
from tests.access.worlds import Caller, Document, World, shown
from tests.agents.on_loopback import served
from tests.project import Project

pytestmark = pytest.mark.slow

DOCUMENTS = [
    Document(0, ("red",), "red"),
    Document(1, ("blue",), "red"),
    Document(2, ("*",), "red"),
    Document(3, None, "red"),
    Document(4, ("red", "blue"), "blue"),
    Document(5, ("red",), "red", taken_down=True),
    Document(6, ("red", "blue"), "red", left=("blue",)),
]
RED = Caller("red", ("red",))
BLUE = Caller("blue", ("blue",))
NONE = Caller("none", ())
TEAM = Caller("team", ("red", "blue"), team="blue")
ADMIN = Caller("admin", None)
CALLERS = [RED, BLUE, NONE, TEAM, ADMIN]
QUESTION = "fire and water matter of the team"


class Place:
    """The service: its address, its keys, and who may see what."""

    def __init__(self, url: str, world: World, service: Service) -> None:
        self.url = url
        self.world = world
        self.service = service

    def key(self, caller: Caller) -> str:
        return self.world.secrets[caller.name]

    def tool(self, caller: Caller, name: str, **arguments: Any) -> Any:
        async def run() -> Any:
            async with (
                httpx2.AsyncClient(headers={"api-key": self.key(caller)}) as http,
                Client(streamable_http_client(f"{self.url}/mcp", http_client=http)) as client,
            ):
                return await client.call_tool(name, arguments)

        return anyio.run(run)

    def base(self, caller: Caller, name: str = "docs") -> KnowledgeBaseRetrievalClient:
        return KnowledgeBaseRetrievalClient(
            self.url, AzureKeyCredential(self.key(caller)), knowledge_base_name=name
        )

    def post(self, caller: Caller, path: str, body: Any, **headers: str) -> httpx.Response:
        return httpx.post(
            f"{self.url}{path}",
            json=body,
            params={"api-version": "2026-04-01"},
            headers={"api-key": self.key(caller), **headers},
        )


@contextmanager
def serving(project: Project) -> Iterator[Place]:
    world = World(project, DOCUMENTS, CALLERS)
    world.build()
    service = Service(project.context())
    service.follower.look()
    app = create_app(service)
    made = protect(app, service)
    with served(app) as url:
        yield Place(url, world, service)
    service.close()
    made.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    project = Project(tmp_path_factory.mktemp("agents"), "memory")
    with serving(project) as found:
        yield found


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_search_shows_what_the_key_may_read(place: Place, caller: Caller) -> None:
    found = place.tool(caller, "search", query=QUESTION, top=50)
    assert not found.is_error, found
    text = found.content[0].text
    assert shown(text) == place.world.visible(caller)
    assert json.loads(text)["freshness"][0]["index"] == "docs"


def test_fetch_reads_no_further_than_search(place: Place) -> None:
    every = json.loads(place.tool(ADMIN, "search", query=QUESTION, top=50).content[0].text)
    for result in every["results"]:
        [number] = shown(result["title"])
        for caller in CALLERS:
            found = place.tool(caller, "fetch", id=result["id"])
            if number in place.world.visible(caller):
                assert shown(json.loads(found.content[0].text)["text"]) == {number}
            else:
                assert found.is_error
                assert found.content[0].text.startswith("DocumentNotFound: ")
                assert not shown(found.content[0].text)


def test_a_callers_filter_widens_nothing(place: Place) -> None:
    wide = "team eq 'red' or groups/any(g: g eq 'red') or true"
    for where in (wide, "groups/any(g: g eq 'red')"):
        found = place.tool(BLUE, "search", query=QUESTION, top=50, filter=where)
        assert shown(found.content[0].text) <= place.world.visible(BLUE)


def test_without_a_key_there_are_no_tools(place: Place) -> None:
    listed = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"accept": "application/json, text/event-stream"}
    assert httpx.post(f"{place.url}/mcp", json=listed, headers=headers).status_code == 401
    headers["authorization"] = f"Bearer {place.key(NONE)}"
    assert httpx.post(f"{place.url}/mcp", json=listed, headers=headers).status_code == 200


def request(*intents: str, **more: Any) -> KnowledgeBaseRetrievalRequest:
    return KnowledgeBaseRetrievalRequest(
        intents=[KnowledgeRetrievalSemanticIntent(search=intent) for intent in intents], **more
    )


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_retrieval_shows_what_the_key_may_read(place: Place, caller: Caller) -> None:
    found = place.base(caller).retrieve(request(QUESTION, "part 2", include_activity=True))
    text = found.response[0].content[0].text
    assert shown(text) == place.world.visible(caller)
    assert shown(json.dumps(found.as_dict())) == place.world.visible(caller)
    counts = [each["count"] for each in found.as_dict()["activity"]]
    assert counts == [len(place.world.visible(caller))] * 2


def test_references_tell_where_passages_are_from(place: Place) -> None:
    told: dict[str, str] = {}
    found = place.base(RED).retrieve(
        request(QUESTION),
        raw_response_hook=lambda response: told.update(response.http_response.headers),
    )
    first = found.references[0]
    assert first.type == "searchIndex"
    assert first.doc_key
    assert first.source_data["release"] == 1
    assert first.source_data["source_uri"]
    assert first.source_data["indexed_at"].endswith("Z")
    assert told["x-freshground-release"] == "1"
    assert told["x-freshground-sla"] == "fresh"
    entries = json.loads(found.response[0].content[0].text)
    assert len(entries) == len(found.references)


def test_source_params_narrow(place: Place) -> None:
    params = SearchIndexKnowledgeSourceParams(
        knowledge_source_name="docs", filter_add_on="team eq 'blue'", include_references=False
    )
    found = place.base(RED).retrieve(request(QUESTION, knowledge_source_params=[params]))
    assert shown(found.response[0].content[0].text) == {4}
    assert not found.references


def test_the_answer_is_bounded(place: Place) -> None:
    found = place.base(ADMIN).retrieve(request(QUESTION, max_output_size_in_tokens=100))
    assert 1 <= len(found.references) < len(place.world.visible(ADMIN))


def test_what_needs_a_model_is_refused_by_name(place: Place) -> None:
    messages = [{"role": "user", "content": [{"type": "text", "text": "fire?"}]}]
    with pytest.raises(HttpResponseError) as refused:
        place.base(RED).retrieve({"messages": messages})
    assert refused.value.status_code == 400
    assert "LanguageModelUnavailable" in str(refused.value)


def test_a_filter_that_is_wrong_is_named(place: Place) -> None:
    params = SearchIndexKnowledgeSourceParams(
        knowledge_source_name="docs", filter_add_on="nothing eq 1"
    )
    with pytest.raises(HttpResponseError, match="InvalidFilter"):
        place.base(RED).retrieve(request(QUESTION, knowledge_source_params=[params]))


RETRIEVE = ("/knowledgebases('docs')/retrieve", "/knowledgebases/docs/retrieve")


@pytest.mark.parametrize("path", RETRIEVE)
def test_what_is_too_stale_is_refused(place: Place, path: str) -> None:
    clock = place.world.project.clock
    before = clock.now()
    clock.advance(timedelta(hours=5))
    try:
        body = request(QUESTION).as_dict()
        assert place.post(RED, path, body, **{"x-freshground-max-staleness": "6h"}).is_success
        found = place.post(RED, path, body, **{"x-freshground-max-staleness": "4h"})
        assert (found.status_code, found.json()["error"]["code"]) == (503, "TooStale")
    finally:
        clock.set(before)


def test_a_token_of_somebody_else_is_refused(place: Place) -> None:
    other = {"x-ms-query-source-authorization": "Bearer x"}
    found = place.post(ADMIN, RETRIEVE[0], request(QUESTION).as_dict(), **other)
    assert found.status_code == 400
    assert found.json()["error"]["code"] == "QuerySourceAuthorizationNotServed"


def test_definitions_are_read_and_not_written(place: Place) -> None:
    client = SearchIndexClient(place.url, AzureKeyCredential(place.key(ADMIN)))
    [base] = client.list_knowledge_bases()
    assert base.name == "docs"
    assert [source.name for source in base.knowledge_sources] == ["docs"]
    assert client.get_knowledge_base("docs").name == "docs"
    [source] = client.list_knowledge_sources()
    assert source.kind == "searchIndex"
    assert source.search_index_parameters.search_index_name == "docs"
    assert client.get_knowledge_source("docs").name == "docs"
    with pytest.raises(HttpResponseError, match="ManagedKnowledgeBase"):
        client.create_knowledge_base(base)
    with pytest.raises(HttpResponseError, match="ManagedKnowledgeBase"):
        client.delete_knowledge_source("docs")


def test_a_base_that_is_not_there(place: Place) -> None:
    with pytest.raises(ResourceNotFoundError):
        place.base(RED, "other").retrieve(request(QUESTION))
