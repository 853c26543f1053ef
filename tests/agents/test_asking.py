"""One question, two arms: the same passages in the same order as the fusion they are defined by."""

from __future__ import annotations

import pytest

from freshground.service.api.agents.asking import ask
from freshground.service.api.errors import ApiError
from indexes.fusion import fuse
from indexes.search.text import Words
from tests.agents.shelf import ENCODER, collection, managed, row

ROWS = [
    row("storm", 0, "Storm damage is covered up to 900 euros."),
    row("storm", 1, "Claims are reported within three days.", 60),
    row("theft", 0, "Theft of bicycles is covered when they were locked."),
    row("water", 0, "Water damage by broken pipes, not by floods."),
    row("travel", 0, "Trains and trams within the city."),
]
QUESTION = "is storm damage covered"


def test_managed_indexes_are_fused_by_evidence() -> None:
    served = managed(ROWS)
    view = served.view
    near = view.vector("vector", ENCODER.encode_query(QUESTION), 200)
    words = view.text(Words(QUESTION), {"embed_text": 1.0})
    arms = [
        list(zip(view.keys(arm.positions), arm.scores.tolist(), strict=True))
        for arm in (near, words)
    ]
    expected = fuse(*arms, 3, "adaptive", None, query=QUESTION)
    found = ask(served, QUESTION, k=3)
    assert [(hit.key, hit.score) for hit in found.hits] == [
        (hit.chunk_id, hit.score) for hit in expected
    ]
    assert found.hits[0].key == "storm-0"
    assert found.hits[0].arms["text"][0] == 1
    assert found.nearest == pytest.approx(arms[0][0][1])
    assert [hit.chunk_id for hit in fuse(*arms, 3, "rrf")] == [
        hit.key for hit in ask(managed(ROWS, mode="rrf"), QUESTION, k=3).hits
    ]


def test_documents_hold_what_was_selected_and_may_be_shown() -> None:
    [hit] = ask(managed(ROWS), QUESTION, k=1, select=("title", "groups", "release")).hits
    assert hit.document == {"title": "About storm", "release": 7}
    [hit] = ask(managed(ROWS), QUESTION, k=1).hits
    assert "text" in hit.document
    assert not {"groups", "vector", "embed_text"} & set(hit.document)


@pytest.mark.parametrize("mode", ["adaptive", "rrf"])
def test_a_filter_narrows_both_arms(mode: str) -> None:
    found = ask(managed(ROWS, mode=mode), QUESTION, where="doc_id ne 'storm'")
    assert {hit.document["doc_id"] for hit in found.hits} == {"theft", "water", "travel"}
    assert found.nearest is None


def test_a_wrong_filter_is_named() -> None:
    with pytest.raises(ApiError) as refused:
        ask(managed(ROWS), QUESTION, where="text eq 'x'")
    assert (refused.value.status, refused.value.code) == (400, "InvalidFilter")


def test_a_question_is_no_syntax() -> None:
    found = ask(managed(ROWS), 'storm -damage "broken pipes" +theft', k=5)
    assert {"storm-0", "water-0", "theft-0"} <= {
        hit.key for hit in found.hits if "text" in hit.arms
    }


def test_an_index_that_encodes_nothing_is_asked_by_words() -> None:
    rows = [
        {"id": "a", "body": "storm damage", "v": [1.0, 0.0]},
        {"id": "b", "body": "trams", "v": [0.0, 1.0]},
    ]
    found = ask(collection(rows), "storm")
    assert [hit.key for hit in found.hits] == ["a"]
    assert found.vector is None
    assert "secret" not in found.hits[0].document
