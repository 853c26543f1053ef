"""Every route of the whole service, as it is put together: closed without a key."""

from __future__ import annotations

import re

import httpx
import pytest
from starlette.routing import Route

from freshground.service.api.app import create_app
from freshground.service.api.identity.allowed import OPEN, is_reading
from freshground.service.api.protection.protect import protect
from freshground.service.api.service import Service
from tests.serve.served import running

pytestmark = pytest.mark.slow


@pytest.fixture
def everything(quick):
    """The service over an empty lake; yields its routes' paths, a client, and a query key."""
    quick.changes["serve"] = {"log": {"enabled": False}}
    context = quick.context()
    app = create_app(Service(context))
    protect(app, Service(context))
    _, query = context.lake.keys.create("app", "query")
    routes = {
        route.path: route.methods or set() for route in app.routes if isinstance(route, Route)
    }
    paths = {re.sub(r"\{(\w+)(:\w+)?\}", "docs", path): of for path, of in routes.items()}
    with running(app) as url, httpx.Client(base_url=url, timeout=10) as client:
        yield paths, client, query


def test_it_is_closed_without_a_key(everything) -> None:
    paths, client, _ = everything
    assert len(paths) > 30
    asked = {"api-version": "2026-04-01", "search": "x"}
    for path, methods in paths.items():
        for method in (*methods, "OPTIONS"):
            is_open = path in OPEN and method in ("GET", "HEAD")
            found = client.request(method, path, params=asked)
            assert is_open or found.status_code == 401, (method, path)
            wrong = client.request(method, path, params=asked, headers={"api-key": "fg_x"})
            assert is_open or wrong.status_code == 403, (method, path)


def test_a_query_key_reads_and_does_nothing_else(everything) -> None:
    paths, client, query = everything
    asked = {"api-version": "2026-04-01"}
    writes = 0
    for path, methods in paths.items():
        for method in methods - {"HEAD"}:
            if (method, path) == ("GET", "/mcp"):
                continue  # a stream that stays open
            found = client.request(method, path, params=asked, headers={"api-key": query})
            if not is_reading(method, path) and path not in OPEN:
                writes += 1
                assert found.status_code == 403, (method, path)
                assert found.json()["error"]["code"] == "Forbidden"
            assert found.status_code != 500, (method, path)
    assert writes > 10
