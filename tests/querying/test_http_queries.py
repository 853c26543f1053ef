"""The protocol as curl and older clients speak it: paths, versions, ids, errors, pages, headers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from starlette.testclient import TestClient

from freshground.core.errors import ConfigError, Fatal, Retriable, TooStale
from freshground.service.api.principal import Principal
from freshground.service.api.routing import both, forms
from freshground.service.api.versions import PREVIEW, STABLE
from tests.querying.shelf import Shelf, app_of

V = "api-version=2026-04-01"


@pytest.fixture(scope="module")
def http(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, trust_env=False) as client:
        yield client


def error_of(answer: httpx.Response) -> dict[str, Any]:
    error = answer.json()["error"]
    assert set(error) <= {"code", "message", "details"}
    return error


@pytest.mark.parametrize(
    "path",
    [
        "/indexes('hotels')/docs/search.post.search",
        "/indexes('hotels')/docs/search",
        "/indexes/hotels/docs/search.post.search",
        "/indexes/hotels/docs/search",
        "/indexes%28%27hotels%27%29/docs/search.post.search",
    ],
)
def test_all_forms_of_a_path_lead_to_search(http: httpx.Client, path: str) -> None:
    answer = http.post(f"{path}?{V}", json={"search": "pool", "top": 2})
    assert answer.status_code == 200
    assert len(answer.json()["value"]) == 2


@pytest.mark.parametrize(
    "path",
    ["/indexes('hotels')/docs('00003')", "/indexes/hotels/docs/00003",
     "/indexes/hotels/docs('00003')", "/indexes(%27hotels%27)/docs(%2700003%27)"],
)  # fmt: skip
def test_all_forms_of_a_path_lead_to_a_document(http: httpx.Client, path: str) -> None:
    assert http.get(f"{path}?{V}&$select=hotelId,tags").json() == {
        "@odata.context": f"{http.base_url}/indexes('hotels')/$metadata#docs(hotelId,tags)/$entity",
        "hotelId": "00003",
        "tags": ["mountain", "pool"],
    }


def test_quotes_in_names_are_doubled_in_one_form_alone() -> None:
    routes = APIRouter()
    both(routes, "GET", "/indexes('{name}')/docs('{key}')", lambda name, key: [name, key])
    app = app_of(Shelf())
    app.router.routes.clear()
    app.include_router(routes)
    client = TestClient(app)
    assert client.get(f"/indexes('it''s')/docs('a''b')?{V}").json() == ["it's", "a'b"]
    assert client.get(f"/indexes/it''s/docs/a''b?{V}").json() == ["it''s", "a''b"]
    assert client.get(f"/indexes/it''s/docs('a''b')?{V}").json() == ["it''s", "a'b"]


def test_actions_have_short_names_in_the_plain_form() -> None:
    assert forms("/indexes('{name}')/docs/search.index")[-1] == "/indexes/{name}/docs/index"
    assert "/indexes/{name}/stats" in forms("/indexes('{name}')/search.stats")
    assert forms("/aliases('{name}')") == ("/aliases('{name}')", "/aliases/{name}")


@pytest.mark.parametrize("version", [*STABLE, *PREVIEW, "2024-05-01-Preview"])
def test_versions_are_taken_alike(http: httpx.Client, version: str) -> None:
    answer = http.get(f"/indexes/hotels/docs/$count?api-version={version}")
    assert (answer.status_code, answer.text) == (200, "40")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("query", ["", "?api-version=", "?api-version=2015-02-28"])
def test_other_versions_are_refused(http: httpx.Client, query: str) -> None:
    answer = http.get(f"/indexes/hotels/docs/$count{query}")
    assert answer.status_code == 400
    assert "2026-04-01" in error_of(answer)["message"]


def test_a_search_by_address(http: httpx.Client) -> None:
    answer = http.get(
        "/indexes/hotels/docs",
        params=[
            ("api-version", "2020-06-30"), ("search", "pool"), ("$filter", "rating ge 2"),
            ("$orderby", "rating desc,hotelId"), ("$select", "hotelId,rating"), ("$top", "3"),
            ("$skip", "1"), ("$count", "true"), ("facet", "category"),
            ("facet", "rating,interval:1"),
            ("searchFields", "hotelName"), ("searchMode", "all"), ("highlight", "hotelName"),
        ],
    )  # fmt: skip
    found = answer.json()
    asked = {
        "search": "pool", "filter": "rating ge 2", "orderby": "rating desc,hotelId",
        "select": "hotelId,rating", "top": 3, "skip": 1, "count": True,
        "facets": ["category", "rating,interval:1"], "searchFields": "hotelName",
        "searchMode": "all", "highlight": "hotelName",
    }  # fmt: skip
    assert found == http.post(f"/indexes/hotels/docs/search?{V}", json=asked).json()
    assert found["@odata.context"].endswith("/indexes('hotels')/$metadata#docs(hotelId,rating)")
    assert set(found["@search.facets"]) == {"category", "rating"}


def test_pages_by_address_follow_the_link(http: httpx.Client) -> None:
    seen: list[str] = []
    link: str | None = f"/indexes/many-hotels/docs?{V}&search=pool&$select=hotelId&$count=true"
    while link:
        page = http.get(link).json()
        assert "@search.nextPageParameters" not in page
        seen += [hit["hotelId"] for hit in page["value"]]
        link = page.get("@odata.nextLink")
    assert len(seen) == len(set(seen)) == page["@odata.count"] > 600


def test_the_last_page_names_no_other(http: httpx.Client) -> None:
    url = f"/indexes/hotels/docs/search?{V}"
    first = http.post(url, json={"top": 2_000}).json()
    assert len(first["value"]) == 40
    assert "@odata.nextLink" not in first
    page = http.post(f"/indexes/many-hotels/docs/search?{V}", json={"skip": 2_550}).json()
    assert len(page["value"]) == 50
    assert "@search.nextPageParameters" not in page


def test_what_follows_a_page_is_the_same_question(http: httpx.Client) -> None:
    asked = {"search": "pool", "filter": "rating ge 1", "facets": ["category"], "top": 1_500}
    page = http.post(f"/indexes/many-hotels/docs/search?{V}", json=asked).json()
    assert "@search.nextPageParameters" not in page  # 650 match, and all are here
    asked = {"search": "*", "orderby": "hotelId", "top": 1_500}
    page = http.post(f"/indexes/many-hotels/docs/search?{V}", json=asked).json()
    assert page["@search.nextPageParameters"] == {**asked, "skip": 1_000, "top": 500}
    link = page["@odata.nextLink"]
    assert link == f"{http.base_url}/indexes('many-hotels')/docs/search.post.search?{V}"
    rest = http.post(link, json=page["@search.nextPageParameters"]).json()
    assert len(rest["value"]) == 500
    assert rest["value"][0]["hotelId"] == "01000"


def test_answers_name_their_request(http: httpx.Client) -> None:
    sent = {"x-ms-client-request-id": "abc-1"}
    for path in (f"/indexes/hotels/docs/$count?{V}", "/nowhere", "/indexes/hotels/docs/$count"):
        answer = http.get(path, headers=sent)
        assert answer.headers["x-ms-client-request-id"] == "abc-1"
        assert len(answer.headers["request-id"]) == 36
        assert answer.headers["elapsed-time"].isdigit()


def test_clients_may_leave_the_metadata_out(http: httpx.Client) -> None:
    answer = http.get(
        f"/indexes/hotels/docs?{V}", headers={"accept": "application/json;odata.metadata=none"}
    )
    assert "@odata.context" not in answer.json()
    assert answer.headers["content-type"].startswith("application/json")


def test_a_missing_document_is_404_with_nothing_in_it(http: httpx.Client) -> None:
    answer = http.get(f"/indexes('hotels')/docs('none')?{V}")
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "NotFound"),
        ("PATCH", f"/indexes/hotels/docs/search?{V}", 405, "MethodNotAllowed"),
        ("GET", f"/indexes/nothing/docs?{V}", 404, "IndexNotFound"),
        ("GET", f"/indexes/hotels/docs?{V}&$select=nope", 400, "UnknownField"),
        ("GET", f"/indexes/hotels/docs?{V}&$top=1&$top=2", 400, "InvalidParameter"),
        ("GET", f"/indexes/hotels/docs?{V}&nonsense=1", 400, "UnknownParameter"),
        ("GET", f"/indexes/hotels/docs/00001?{V}&$filter=x", 400, "UnknownParameter"),
        ("GET", f"/indexes/hotels/docs/00001?{V}&$select=owner", 400, "FieldNotUsable"),
        ("GET", f"/indexes/hotels/docs/$count?{V}&search=a", 400, "UnknownParameter"),
        ("GET", f"/indexes/hotels/docs/suggest?{V}&search=a", 400, "InvalidParameter"),
        ("GET", f"/indexes/hotels/docs/suggest?{V}&search=a&suggesterName=x", 400,
         "InvalidParameter"),
    ],
)  # fmt: skip
def test_errors_have_azures_shape(
    http: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    answer = http.request(method, path)
    assert (answer.status_code, error_of(answer)["code"]) == (status, code)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b'"x"', b"null", b'{"a":"\xff"}'])
def test_a_body_that_is_no_object_is_refused(http: httpx.Client, body: bytes) -> None:
    answer = http.post(f"/indexes/hotels/docs/search?{V}", content=body)
    assert (answer.status_code, error_of(answer)["code"]) == (400, "InvalidRequestBody")


def test_our_errors_become_answers() -> None:
    raised = {
        "config": (ConfigError("Wrong.", "Mend it."), 400, "InvalidRequest"),
        "stale": (TooStale("Old."), 503, "TooStale"),
        "later": (Retriable("Busy."), 503, "ServiceUnavailable"),
        "fatal": (Fatal("Broken."), 500, "InternalError"),
        "defect": (KeyError("text of a document"), 500, "InternalError"),
    }
    routes = APIRouter()

    def fail(kind: str) -> None:
        raise raised[kind][0]

    both(routes, "GET", "/fail/{kind}", fail, versioned=False)
    app = app_of(Shelf())
    app.include_router(routes)
    client = TestClient(app, raise_server_exceptions=False)
    for kind, (error, status, code) in raised.items():
        answer = client.get(f"/fail/{kind}")
        assert (answer.status_code, error_of(answer)["code"]) == (status, code)
        assert answer.headers["request-id"]
        if kind == "defect":
            assert "document" not in answer.text
        else:
            assert error_of(answer)["message"] == str(error)
    assert client.get("/fail/later").headers["retry-after"] == "1"
    assert client.get("/fail/stale").headers["retry-after-ms"] == "1"


def test_an_index_that_clients_write_is_of_unknown_age(http: httpx.Client) -> None:
    for path in ("docs", "docs/00001", "docs/$count", "docs/suggest"):
        answer = http.get(
            f"/indexes/hotels/{path}?{V}", headers={"x-freshground-max-staleness": "6h"}
        )
        assert (answer.status_code, error_of(answer)["code"]) == (503, "TooStale"), path
        assert "at most 21600 s" in error_of(answer)["message"]
    for wrong in ("soon", "1" * 400 + "w"):
        answer = http.get(
            f"/indexes/hotels/docs?{V}", headers={"x-freshground-max-staleness": wrong}
        )
        assert (answer.status_code, error_of(answer)["code"]) == (400, "InvalidHeader")


def test_who_asks_is_who_is_answered(shelf: Shelf) -> None:
    who = Principal("narrow", "query", frozenset(), indexes=frozenset({"many-hotels"}))
    client = TestClient(app_of(shelf, who))
    for path in ("docs", "docs/00001", "docs/$count", "docs/suggest", "docs/autocomplete"):
        answer = client.get(f"/indexes/hotels/{path}?{V}")
        assert (answer.status_code, error_of(answer)["code"]) == (403, "IndexForbidden"), path


def test_the_page_describes_every_route(http: httpx.Client) -> None:
    page = http.get("/openapi.json").json()
    paths = page["paths"]
    search = paths["/indexes('{name}')/docs/search.post.search"]["post"]
    assert "vectorQueries" in json.dumps(search["requestBody"])
    assert {"name", "api-version", "x-freshground-max-staleness"} <= {
        each["name"] for each in search["parameters"]
    }
    assert all(not path.startswith("/indexes/{") for path in paths)


def test_times_of_answers(http: httpx.Client) -> None:
    (first,) = http.post(
        f"/indexes/hotels/docs/search?{V}",
        json={"filter": "hotelId eq '00001'", "facets": ["lastRenovated,interval:year"]},
    ).json()["value"]
    at = datetime.fromisoformat(first["lastRenovated"])
    assert at - datetime(2001, 2, 3, 4, 5, tzinfo=UTC) == timedelta(0)
