"""Whatever a key asks, of whatever endpoint, it is told nothing of what it may not read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.access.worlds import TEAMS, Caller, Document, World, shown
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

pytestmark = pytest.mark.slow

API = "?api-version=2026-04-01"
GROUPS = ("claims", "sales", "o'neil")
WIDER = (
    None,
    "true",
    "groups/any()",
    "groups/any(g: g eq 'claims') or groups/any(g: g eq 'sales') or not groups/any()",
    "groups/all(g: g ne 'claims')",
    "not (groups/any(g: g eq '*'))",
    "team eq 'red' or team ne 'red'",
    "search.in(team, 'red,blue,green')",
    "doc_id ne null or true",
)

_some = st.lists(st.sampled_from(GROUPS), unique=True, max_size=2).map(tuple)
_readers = st.none() | _some | st.just(("*",))
_documents = st.lists(
    st.tuples(_readers, st.sampled_from(TEAMS), st.integers(0, 4), _some | st.just(("*",))),
    min_size=1,
    max_size=14,
)
_callers = st.lists(
    st.tuples(st.none() | _some, st.none() | st.sampled_from(TEAMS)), min_size=2, max_size=3
)


def _world(tmp: Any, documents: Any, callers: Any) -> World:
    made = [
        Document(n, groups, team, fate == 1, left if fate == 2 and groups is not None else None)
        for n, (groups, team, fate, left) in enumerate(documents)
    ]
    keys = [Caller(f"key-{n}", groups, team) for n, (groups, team) in enumerate(callers)]
    return World(Project(tmp, engine="memory"), made, keys)


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(documents=_documents, callers=_callers)
def test_no_endpoint_tells_of_what_its_caller_may_not_read(
    tmp_path_factory: pytest.TempPathFactory, documents: Any, callers: Any
) -> None:
    world = _world(tmp_path_factory.mktemp("world"), documents, callers)
    world.build()
    with world.served() as client:
        for caller in world.callers:
            visible = world.visible(caller)
            client.headers["api-key"] = world.secrets[caller.name]
            for asked, status, text in _answers(client, world):
                assert status < 500, (asked, text)
                assert shown(text) <= visible, (caller, asked, text)
            _everything_else_is_there(client, caller, visible)


def _answers(client: TestClient, world: World) -> Iterator[tuple[str, int, str]]:
    for path, body in _questions(world):
        if body is None:
            found = client.get(path)
        else:
            headers = {"accept": "application/json, text/event-stream"}
            found = client.post(path, json=body, headers=headers)
        yield path if body is None else f"{path} {body}", found.status_code, found.text


def _questions(world: World) -> Iterator[tuple[str, dict[str, Any] | None]]:
    search = f"/indexes('docs')/docs/search.post.search{API}"
    facets = ["team", "document_key", "doc_id", "source_modified_at,interval:day"]
    for where in WIDER:
        extra = {} if where is None else {"filter": where}
        yield search, {"search": "*", "top": 1000, "count": True, "facets": facets, **extra}
        yield search, {"search": "secret*", "count": True, "highlight": "text,title", **extra}
        yield (
            search,
            {
                "search": "fire",
                "vectorQueries": [{"kind": "text", "text": "fire", "fields": "vector", "k": 50}],
                "vectorFilterMode": "postFilter",
                "orderby": "document_key desc",
                **extra,
            },
        )
        yield (
            f"/indexes('docs')/docs/search.post.suggest{API}",
            {"search": "abo", "suggesterName": "words", "top": 100, **extra},
        )
        for mode in ("oneTerm", "twoTerms", "oneTermWithContext"):
            yield (
                f"/indexes('docs')/docs/search.post.autocomplete{API}",
                {"search": "secr", "suggesterName": "words", "autocompleteMode": mode, **extra},
            )
    for index in ("docs", "docs-v1"):
        yield f"/indexes/{index}/docs{API}&search=*&$top=1000", None
        yield f"/indexes/{index}/docs/$count{API}", None
    yield f"/indexes('docs')/search.stats{API}", None
    yield f"/indexes('docs'){API}", None
    yield f"/indexes{API}", None
    yield "/freshness", None
    intent = {"type": "semantic", "search": "fire and water"}
    yield f"/knowledgebases('docs')/retrieve{API}", {"intents": [intent]}
    for tool, arguments in (
        ("search", {"query": "fire and water matter", "top": 50}),
        ("search", {"query": "secret", "filter": "not groups/any()"}),
    ):
        yield "/mcp", _call(tool, arguments)
    for document in world.documents:
        for key in _keys(world, document):
            yield f"/indexes('docs')/docs('{key}'){API}", None
            yield f"/indexes('docs')/docs('{key}'){API}&$select=chunk_id,text,title", None
            yield "/mcp", _call("fetch", {"id": key})
        yield search, {"search": f'"{document.word}"', "highlight": "text"}


def _call(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def _keys(world: World, document: Document) -> list[str]:
    """Return the chunk ids of a document, from the lake: a caller may have learned them before."""
    context = world.project.context()
    index = context.settings.index("docs")
    live = context.releases.live("docs")
    if live is None:
        return []
    reader = context.engine(index).open("docs", live[1].engine_version)
    rows = reader.rows(["chunk_id", "text"]).to_pylist()
    return [row["chunk_id"] for row in rows if document.word in row["text"]]


def _everything_else_is_there(client: TestClient, caller: Caller, visible: set[int]) -> None:
    """A service that shows nothing leaks nothing: what may be read has to come."""
    body = {"search": "*", "top": 1000, "count": True, "facets": ["team"]}
    found = client.post(f"/indexes('docs')/docs/search.post.search{API}", json=body).json()
    assert shown(str(found["value"])) == visible, caller
    assert found["@odata.count"] == len(visible)
    assert sum(each["count"] for each in found["@search.facets"]["team"]) == len(visible)
    counted = client.get(f"/indexes('docs')/docs/$count{API}").text
    assert int(counted.removeprefix("\ufeff")) == len(visible)
