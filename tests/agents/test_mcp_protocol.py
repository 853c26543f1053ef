"""The endpoint as the protocol's own client sees it, in both of its generations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from fastapi import FastAPI
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.types import Receive, Scope, Send

from freshground.core.settings import Serve
from freshground.service.api.agents.endpoint import security
from freshground.service.api.principal import Principal
from freshground.service.api.routes import mcp
from tests.agents.on_loopback import served
from tests.agents.shelf import Shelf, managed, row

MODES = ("auto", "legacy")
ROWS = [row("storm", 0, "Storm damage is covered."), row("theft", 0, "Theft of bicycles.")]


class Everybody:
    """In the place of the identity middleware: everybody is the same."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["principal"] = Principal("all", "query", frozenset())
        await self.app(scope, receive, send)


class Shop(Shelf):
    settings = Serve()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    app = FastAPI()
    app.include_router(mcp.router(Shop({"docs": managed(ROWS)})))  # type: ignore[arg-type]
    with served(Everybody(app)) as at:
        yield f"{at}/mcp"


def asked(url: str, mode: str, name: str, arguments: dict[str, Any], **headers: str) -> Any:
    async def run() -> Any:
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(url, http_client=http), mode=mode) as client,
        ):
            return await client.call_tool(name, arguments)

    return anyio.run(run)


@pytest.mark.parametrize("mode", MODES)
def test_tools_are_listed(url: str, mode: str) -> None:
    async def run() -> Any:
        async with Client(url, mode=mode) as client:
            return client.instructions, (await client.list_tools()).tools

    about, tools = anyio.run(run)
    assert "search" in about
    assert [tool.name for tool in tools] == ["search", "fetch"]
    assert all(tool.annotations.read_only_hint for tool in tools)
    search, fetch = (tool.input_schema for tool in tools)
    assert set(search["properties"]) == {"query", "index", "top", "filter"}
    assert search["required"] == ["query"]
    assert fetch["required"] == ["id"]
    assert search["additionalProperties"] is False


@pytest.mark.parametrize("mode", MODES)
def test_search_then_fetch(url: str, mode: str) -> None:
    found = asked(url, mode, "search", {"query": "storm damage", "top": 1})
    assert not found.is_error
    [content] = found.content
    body = json.loads(content.text)
    assert body == found.structured_content
    [result] = body["results"]
    read = asked(url, mode, "fetch", {"id": result["id"]})
    assert json.loads(read.content[0].text)["text"] == "Storm damage is covered."


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("search", {}, "InvalidArguments"),
        ("search", {"query": 1}, "InvalidArguments"),
        ("search", {"query": "storm", "top": 51}, "InvalidArguments"),
        ("search", {"query": "storm", "surprise": 1}, "InvalidArguments"),
        ("search", {"query": ""}, "InvalidQuery"),
        ("search", {"query": "storm", "index": "other"}, "IndexNotFound"),
        ("search", {"query": "storm", "filter": "nothing eq 1"}, "InvalidFilter"),
        ("fetch", {"id": "docs/none"}, "DocumentNotFound"),
        ("fetch", {"id": "none"}, "InvalidId"),
    ],
)
def test_errors_are_the_tools_and_say_what_to_do(
    url: str, name: str, arguments: dict[str, Any], code: str
) -> None:
    found = asked(url, "auto", name, arguments)
    assert found.is_error
    assert found.content[0].text.startswith(f"{code}: ")


def test_a_tool_that_is_not_there(url: str) -> None:
    found = asked(url, "auto", "delete", {})
    assert found.is_error
    assert "UnknownTool" in found.content[0].text


def test_what_is_too_stale_is_refused(url: str) -> None:
    stale = {"x-freshground-max-staleness": "59s"}
    found = asked(url, "auto", "search", {"query": "storm"}, **stale)
    assert found.is_error
    assert found.content[0].text.startswith("TooStale: ")
    wrong = asked(url, "auto", "search", {"query": "storm"}, **{next(iter(stale)): "soon"})
    assert wrong.content[0].text.startswith("InvalidHeader: ")


LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
TAKES = {"accept": "application/json, text/event-stream"}


def test_no_session_is_needed(url: str) -> None:
    found = httpx.post(url, json=LIST, headers=TAKES)
    assert found.status_code == 200
    assert "mcp-session-id" not in found.headers
    assert [tool["name"] for tool in found.json()["result"]["tools"]] == ["search", "fetch"]


def test_another_name_of_this_machine_is_refused(url: str) -> None:
    assert httpx.post(url, json=LIST, headers={**TAKES, "host": "evil.example"}).status_code == 421
    from_page = {**TAKES, "origin": "https://evil.example"}
    assert httpx.post(url, json=LIST, headers=from_page).status_code == 403
    assert httpx.post(url, json=LIST, headers={**TAKES, "host": "localhost:1"}).status_code == 200


def test_large_and_broken_bodies(url: str) -> None:
    long = {**LIST, "params": {"x": "y" * 300_000}}
    assert httpx.post(url, json=long, headers=TAKES).status_code == 413
    headers = {**TAKES, "content-type": "application/json"}
    assert httpx.post(url, content=b"{", headers=headers).status_code == 400


def test_beyond_this_machine_the_key_decides() -> None:
    open_to_others = SimpleNamespace(host="0.0.0.0", tls=SimpleNamespace(names=()))
    assert not security(open_to_others).enable_dns_rebinding_protection  # type: ignore[arg-type]
