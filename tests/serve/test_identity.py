"""No key, no data: over real HTTP, in every way that a request can be put."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from freshground.core.clock import ManualClock
from freshground.core.errors import Fatal
from freshground.lake.keys import Keys, new_secret
from freshground.service.api.errors import ApiError
from freshground.service.api.identity.allowed import is_reading
from freshground.service.api.identity.ring import BELIEVED, KeyRing
from tests.project import NOON
from tests.serve.served import API, COUNT, DATA, SEARCH
from tests.serve.test_api_keys import _Memory

pytestmark = pytest.mark.slow


def test_who_is_let_in(protected) -> None:
    with protected() as (client, handlers):
        _, query = handlers.context.lake.keys.create("app", "query", groups=["hr"])
        _, admin = handlers.context.lake.keys.create("root", "admin")

        def status(method: str, path: str, **headers: str) -> int:
            return client.request(method, path, headers=headers).status_code

        assert status("POST", SEARCH) == 401
        assert status("POST", SEARCH, **{"api-key": "wrong"}) == 403
        assert status("POST", SEARCH, **{"api-key": new_secret()}) == 403
        assert status("POST", SEARCH, **{"api-key": ""}) == 403
        assert status("POST", SEARCH, **{"api-key": query}) == 200
        assert status("GET", COUNT, **{"api-key": query}) == 200
        assert status("POST", SEARCH, Authorization=f"Bearer {query}") == 200
        assert status("POST", SEARCH, Authorization=f"Basic {query}") == 401
        assert status("POST", SEARCH, Authorization="Bearer e.y.z") == 401
        assert status("POST", f"{SEARCH}&api-key={query}") == 401
        both = {"api-key": query, "Authorization": f"Bearer {query}"}
        assert status("POST", SEARCH, **both) == 400

        writes = f"/indexes('docs')/docs/search.index{API}"
        for method, path in (("POST", writes), ("GET", f"/indexes{API}"), ("GET", "/metrics")):
            assert status(method, path, **{"api-key": query}) == 403
            assert status(method, path) == 401
        assert status("POST", writes, **{"api-key": admin}) == 200
        assert status("GET", f"/indexes{API}", **{"api-key": admin}) == 200

        told = client.get("/freshness", headers={"api-key": query}).json()
        assert (told["name"], told["role"], told["groups"]) == ("app", "query", ["hr"])
        assert client.get("/freshness", headers={"api-key": admin}).json()["groups"] is None

        refused = client.post(SEARCH)
        assert refused.json()["error"]["code"] == "MissingKey"
        assert "request-id" in refused.headers


def test_only_health_needs_no_key(protected) -> None:
    paths = [
        "/docs",
        "/redoc",
        "/openapi.json",
        "/metrics",
        "/nothing",
        "/",
        "/healthz/",
        "//healthz",
    ]
    with protected() as (client, _):
        assert client.get("/healthz").json() == {"status": "ok"}
        for path in paths:
            assert client.get(path).status_code == 401, path
        for method in ("OPTIONS", "POST", "DELETE", "TRACE", "PROPFIND"):
            for path in ("/healthz", "/readyz", SEARCH, "/docs"):
                assert client.request(method, path).status_code == 401, (method, path)
    with protected(docs="open", metrics={"open": True}) as (client, handlers):
        handlers.context.settings = handlers.context.settings.model_copy(update={"indexes": ()})
        assert client.get("/openapi.json").status_code == 200
        assert client.get("/metrics").status_code == 200
        assert client.post(SEARCH).status_code == 401


def test_a_key_named_reads_the_metrics(protected) -> None:
    with protected(metrics={"keys": ["prometheus"]}) as (client, handlers):
        handlers.context.settings = handlers.context.settings.model_copy(update={"indexes": ()})
        keys = handlers.context.lake.keys
        made = {name: keys.create(name, "query")[1] for name in ("prometheus", "other")}
        for name, status in (("prometheus", 200), ("other", 403)):
            headers = {"Authorization": f"Bearer {made[name]}"}
            assert client.get("/metrics", headers=headers).status_code == status


NAMES = st.sampled_from(
    ["api-key", "Api-Key", "authorization", "x-api-key", "cookie", "x-forwarded-user",
     "x-ms-client-principal", "x-original-url", "x-http-method-override", "host", "ocp-apim-key"]
)  # fmt: skip
ASCII = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)
VALUES = st.one_of(
    ASCII,
    ASCII.map(lambda text: f"Bearer {text}"),
    st.builds(new_secret),
    st.sampled_from(["admin", "/healthz", "GET", "null", "Bearer", "Bearer null", "fg_", "*"]),
)
METHODS = st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "PATCH", "DELETE", "QUERY"])
PATHS = st.sampled_from(
    [SEARCH, COUNT, "/freshness", f"/indexes{API}", "/metrics", "/openapi.json", "/broken",
     "/healthz/../freshness", "/healthz/%2e%2e/freshness", "/%66reshness", "/freshness?x=/healthz",
     "/healthz;/freshness", "/HEALTHZ", "/readyz/", "/healthz%00", "/indexes%28%27docs%27%29/docs"]
)  # fmt: skip


@pytest.fixture(scope="module")
def module_client(tmp_path_factory):
    from tests.project import Project
    from tests.serve.served import Handlers, application, running

    project = Project(tmp_path_factory.mktemp("identity"), engine="memory")
    handlers = Handlers(project.context())
    handlers.settings = handlers.settings.model_copy(
        update={"log": handlers.settings.log.model_copy(update={"enabled": False})}
    )
    handlers.context.lake.keys.create("app", "admin")
    _, revoked = handlers.context.lake.keys.create("old", "admin")
    handlers.context.lake.keys.revoke("old")
    app, _ = application(handlers)
    with running(app) as url, httpx.Client(base_url=url) as client:
        client.revoked = revoked
        yield client


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(METHODS, PATHS, st.lists(st.tuples(NAMES, VALUES), max_size=4))
@example("GET", "/freshness", [("api-key", "REVOKED")])
@example("GET", "/freshness", [("authorization", "Bearer REVOKED")])
def test_no_combination_gives_data_without_a_good_key(module_client, method, path, headers) -> None:
    headers = [(name, value.replace("REVOKED", module_client.revoked)) for name, value in headers]
    found = module_client.request(method, path, headers=headers)
    assert found.status_code in (400, 401, 403), found.text
    assert DATA not in found.text


class _Timer:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ring() -> tuple[KeyRing, Keys, _Timer, _Memory]:
    memory, timer = _Memory(), _Timer()
    keys = Keys(memory, ManualClock(NOON))
    return KeyRing(keys, timer), keys, timer, memory


@pytest.mark.anyio
async def test_a_key_is_worthless_a_second_after_it_was_revoked(ring) -> None:
    found, keys, timer, memory = ring
    _, secret = keys.create("app", "query")
    assert (await found.find(secret)).name == "app"
    Keys(memory, ManualClock(NOON)).revoke("app")
    timer.now += 0.5
    assert await found.find(secret) is not None
    timer.now += 0.5
    assert await found.find(secret) is None


@pytest.mark.anyio
async def test_the_lake_is_listed_once_a_second_at_most(ring) -> None:
    found, keys, timer, memory = ring
    listed, looks = memory.list, []
    memory.list = lambda prefix: looks.append(prefix) or listed(prefix)
    for _ in range(50):
        assert await found.find(new_secret()) is None
    assert len(looks) == 1
    timer.now += 1
    await asyncio.gather(*(found.find(new_secret()) for _ in range(50)))
    assert len(looks) == 2
    timer.now += 1
    _, secret = keys.create("app", "query")
    looks.clear()
    assert await found.find(secret) is not None
    assert len(looks) == 1


@pytest.mark.anyio
async def test_keys_that_cannot_be_read_are_believed_for_a_while_only(ring) -> None:
    found, keys, timer, memory = ring

    def fails(_prefix: str) -> list[str]:
        raise Fatal("The lake's store failed.")

    _, secret = keys.create("app", "query")
    assert await found.find(secret) is not None
    memory.list, before = fails, memory.list
    timer.now += BELIEVED
    assert await found.find(secret) is not None
    timer.now += 1
    with pytest.raises(ApiError, match="cannot read its keys") as refused:
        await found.find(secret)
    assert refused.value.status == 503
    memory.list = before
    timer.now += 1
    assert await found.find(secret) is not None


@pytest.mark.anyio
async def test_a_temporary_admin_is_known_to_its_process_alone(ring) -> None:
    found, keys, _, memory = ring
    secret = found.temporary_admin()
    assert (await found.find(secret)).role == "admin"
    assert memory.files == {}
    assert await KeyRing(keys).find(secret) is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/indexes('docs')"),
        ("PUT", "/indexes('docs')"),
        ("DELETE", "/indexes('docs')/docs"),
        ("POST", "/indexes('docs')/docs/search.index"),
        ("POST", "/indexes/docs/docs/index"),
        ("POST", "/indexes('docs')/docs/search.index/docs/search"),
        ("POST", "/indexes"),
        ("GET", "/aliases"),
        ("GET", "/metrics"),
        ("GET", "/servicestats"),
        ("POST", "/mcp/admin"),
        ("GET", "/indexes('docs')/search.stats"),
    ],
)
def test_what_a_query_key_may_not_call(method: str, path: str) -> None:
    assert not is_reading(method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/indexes('docs')/docs"),
        ("GET", "/indexes/docs/docs"),
        ("GET", "/indexes('docs')/docs('a b/c')"),
        ("GET", "/indexes('docs')/docs/$count"),
        ("POST", "/indexes('docs')/docs/search.post.search"),
        ("POST", "/indexes/docs/docs/suggest"),
        ("POST", "/knowledgebases('docs')/retrieve"),
        ("POST", "/mcp"),
        ("GET", "/freshness"),
    ],
)
def test_what_a_query_key_may_call(method: str, path: str) -> None:
    assert is_reading(method, path)
