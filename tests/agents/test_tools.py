"""`search` and `fetch`, as chat products' connectors use them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from freshground.core.errors import TooStale
from freshground.service.api.agents import tools
from freshground.service.api.errors import ApiError
from tests.agents.shelf import CALLER, Shelf, collection, managed, row

FIRST = "Storm damage is covered up to 900 euros. Other things are not."
SECOND = "Other things are not. Claims are reported within three days."
SHELF = Shelf(
    {
        "docs": managed(
            [
                row("storm", 0, FIRST),
                row("storm", 1, SECOND, FIRST.index("Other")),
                row("storm", 2, "A last word.", 200),
                row("theft", 0, "Theft of bicycles."),
            ]
        ),
        "more": managed([row("trams", 0, "Storm: trams do not run.")], "more"),
        "notes": collection(
            [{"id": "n1", "body": "Storm notes.", "url": "https://notes.example/1"}]
        ),
    }
)


def test_results_have_the_shape_that_connectors_read() -> None:
    found = tools.search(SHELF, CALLER, "is storm damage covered", index="docs", top=2)
    assert len(found["results"]) == 2
    first = found["results"][0]
    assert set(first) == {"id", "title", "url", "text", "metadata"}
    assert first["id"] == "docs/storm-0"
    assert first["title"] == "About storm"
    assert first["url"] == "https://docs.example/storm"
    assert "Storm damage is covered" in first["text"]
    assert first["metadata"]["release"] == 7
    assert first["metadata"]["source_modified_at"] == "2026-11-20T12:00:00Z"
    assert found["freshness"] == [
        {
            "index": "docs",
            "release": 7,
            "as_of": "2026-11-20T11:59:00Z",
            "staleness_s": 60.0,
            "sla": "fresh",
            "due_at": None,
            "deadline": None,
        }
    ]


def test_without_an_index_all_managed_ones_are_searched() -> None:
    found = tools.search(SHELF, CALLER, "storm", top=3)
    assert [each["id"].split("/")[0] for each in found["results"][:2]] == ["docs", "more"]
    assert [each["index"] for each in found["freshness"]] == ["docs", "more"]


def test_questions_are_counted() -> None:
    shelf = Shelf(SHELF.served)
    tools.search(shelf, CALLER, "storm")
    tools.search(shelf, CALLER, "storm", index="notes")
    assert shelf.asked == ["docs", "more"]
    assert [(told[0], told[2]) for told in shelf.questions] == [
        ("docs", "storm"),
        ("more", "storm"),
    ]


def test_every_result_can_be_fetched() -> None:
    for index in (None, "docs", "notes"):
        for each in tools.search(SHELF, CALLER, "storm", index=index)["results"]:
            found = tools.fetch(SHELF, CALLER, each["id"])
            assert found["id"] == each["id"]
            assert set(found) == {"id", "title", "text", "url", "metadata"}


def test_a_document_is_put_together_without_doubles() -> None:
    found = tools.fetch(SHELF, CALLER, "docs/storm-1")
    assert found["text"] == (
        "Storm damage is covered up to 900 euros. Other things are not. Claims are reported within "
        "three days.\n\nA last word."
    )
    assert found["metadata"]["whole"] is True
    assert found["metadata"]["passages"] == [0, 2, 3]
    assert found["metadata"]["found"] == [FIRST.index("Other"), FIRST.index("Other") + len(SECOND)]
    assert found["metadata"]["freshness"]["release"] == 7


def test_a_long_document_is_cut_around_the_passage() -> None:
    rows = [row("book", n, f"Chapter {n}.", n * 100, tokens=3000) for n in range(9)]
    shelf = Shelf({"docs": managed(rows)})
    found = tools.fetch(shelf, CALLER, "docs/book-4")
    assert found["text"] == "Chapter 4.\n\nChapter 5."
    assert found["metadata"]["whole"] is False
    assert found["metadata"]["passages"] == [4, 5, 9]
    assert tools.fetch(shelf, CALLER, "docs/book-8")["text"] == "Chapter 7.\n\nChapter 8."


def test_a_key_alone_needs_its_index() -> None:
    assert tools.fetch(SHELF, CALLER, "storm-0", index="docs")["id"] == "docs/storm-0"
    assert tools.fetch(SHELF, CALLER, "docs/storm-0", index="docs")["id"] == "docs/storm-0"
    for wrong in ("storm-0", "/storm-0", "docs/"):
        with pytest.raises(ApiError) as refused:
            tools.fetch(SHELF, CALLER, wrong)
        assert refused.value.code == "InvalidId"


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(ApiError) as refused:
        tools.fetch(SHELF, CALLER, "docs/storm-9")
    assert (refused.value.status, refused.value.code) == (404, "DocumentNotFound")
    with pytest.raises(ApiError) as refused:
        tools.search(SHELF, CALLER, "storm", index="nothing")
    assert refused.value.code == "IndexNotFound"


@pytest.mark.parametrize(("query", "top"), [("", 5), ("  ", 5), ("x" * 10_001, 5)])
def test_queries_have_bounds(query: str, top: int) -> None:
    with pytest.raises(ApiError) as refused:
        tools.search(SHELF, CALLER, query, top=top)
    assert refused.value.code == "InvalidQuery"


@pytest.mark.parametrize("top", [0, 51])
def test_top_has_bounds(top: int) -> None:
    with pytest.raises(ApiError) as refused:
        tools.search(SHELF, CALLER, "storm", top=top)
    assert refused.value.code == "InvalidTop"


def test_what_is_too_stale_is_no_answer() -> None:
    strict = replace(CALLER, accepted=timedelta(seconds=59))
    with pytest.raises(TooStale):
        tools.search(SHELF, strict, "storm", index="docs")
    with pytest.raises(TooStale):
        tools.fetch(SHELF, strict, "docs/storm-0")
    fair = replace(CALLER, accepted=timedelta(seconds=60))
    assert tools.search(SHELF, fair, "storm", index="docs")["results"]


def test_a_snippet_is_short() -> None:
    shelf = Shelf({"docs": managed([row("long", 0, "storm " * 900)])})
    [found] = tools.search(shelf, CALLER, "storm", index="docs")["results"]
    assert len(found["text"]) <= tools.SNIPPET
