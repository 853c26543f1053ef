"""Grounding: merged over intents, no passage twice, never longer than was asked for."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunking.tokens import count
from freshground.core.clock import ManualClock
from freshground.service.api.agents.asking import ask
from freshground.service.api.agents.grounding import SOURCE_FIELDS, Grounding, answer, ground
from freshground.service.api.agents.retrieval import Retrieval, read_retrieval
from freshground.service.api.errors import ApiError
from tests.agents.shelf import NOON, managed, row

ROWS = [
    row("storm", 0, "Storm damage is covered up to 900 euros.", page_first=3, page_last=4),
    row("storm", 1, "Claims are reported within three days.", 60),
    row("theft", 0, "Theft of bicycles is covered when they were locked."),
    row("water", 0, "Water damage by broken pipes, not by floods."),
    row("copy", 0, "Storm  damage is covered up to 900 EUROS."),
    row("long", 0, "Storm rules. " + "Every paragraph of them is long and dull. " * 60),
]
SERVED = managed(ROWS)


def grounded(*intents: str, **more: object) -> tuple[Grounding, Retrieval]:
    wanted = Retrieval(intents, **more)  # type: ignore[arg-type]
    return ground(SERVED, wanted, ManualClock(NOON), itertools.count().__next__), wanted


def test_passages_come_once_and_tell_where_they_are_from() -> None:
    found, wanted = grounded("storm damage", "locked bicycles")
    body = answer(found, wanted, "docs")
    entries = json.loads(body["response"][0]["content"][0]["text"])
    assert [each["ref_id"] for each in entries] == list(range(len(entries)))
    assert len({each["content"].casefold() for each in entries}) == len(entries)
    assert found.doubles == 1
    references = body["references"]
    assert [each["id"] for each in references] == [str(n) for n in range(len(entries))]
    by_key = {each["docKey"]: each for each in references}
    storm = by_key.get("storm-0") or by_key["copy-0"]
    assert set(storm["sourceData"]) == set(SOURCE_FIELDS)
    assert storm["sourceData"]["release"] == 7
    assert storm["sourceData"]["source_modified_at"] == "2026-11-20T12:00:00Z"
    assert storm["sourceData"]["source_uri"].startswith("https://docs.example/")
    assert "activity" not in body


def test_rankings_are_joined_by_rank() -> None:
    rows = [row("c", 0, "alpha"), row("b", 0, "beta"), row("a", 0, "gamma")]
    wanted = Retrieval(("alpha", "beta"))
    found = ground(managed(rows), wanted, ManualClock(NOON), lambda: 0.0)
    ranks: dict[str, float] = {}
    for intent in wanted.intents:
        for rank, hit in enumerate(ask(managed(rows), intent).hits, 1):
            ranks[hit.key] = ranks.get(hit.key, 0) + 1 / (60 + rank)
    expected = sorted(ranks, key=lambda key: (-ranks[key], key))
    assert expected != sorted(expected)
    assert [hit.key for hit, _ in found.passages] == expected


@given(st.integers(1, 700))
def test_the_budget_holds_to_the_token(budget: int) -> None:
    found, _ = grounded("storm damage covered", output_tokens=budget)
    [tokens] = count([found.text])
    assert tokens == found.tokens
    assert tokens <= max(budget, 1)
    assert len(json.loads(found.text)) == len(found.passages)
    assert len(found.passages) + found.doubles + found.left_out == len(ROWS)


def test_a_passage_too_long_leaves_room_for_others() -> None:
    found, _ = grounded("storm rules paragraph dull", output_tokens=300)
    assert "long-0" not in {hit.key for hit, _ in found.passages}
    assert found.passages
    assert found.left_out >= 1


def test_activity_tells_of_each_intent() -> None:
    found, wanted = grounded("storm", "theft", activity=True)
    records = answer(found, wanted, "docs")["activity"]
    assert [each["id"] for each in records] == [0, 1]
    assert [each["searchIndexArguments"]["search"] for each in records] == ["storm", "theft"]
    assert all(each["knowledgeSourceName"] == "docs" for each in records)
    assert all(each["count"] == len(ROWS) for each in records)
    assert all(each["elapsedMs"] == 1000 for each in records)


def test_time_that_ran_out_is_told() -> None:
    found, wanted = grounded("storm", "theft", "water", activity=True, runtime_s=2)
    assert found.partial
    records = answer(found, wanted, "docs")["activity"]
    assert [each.get("error", {}).get("code") for each in records] == [
        None,
        "OutOfTime",
        "OutOfTime",
    ]
    assert found.passages


def test_references_may_be_left_out() -> None:
    found, wanted = grounded("storm", references=False)
    assert "references" not in answer(found, wanted, "docs")
    found, wanted = grounded("storm", source_data=False)
    assert all("sourceData" not in each for each in answer(found, wanted, "docs")["references"])


INTENT = {"type": "semantic", "search": "storm"}


def test_a_request_is_read() -> None:
    found = read_retrieval(
        {
            "intents": [INTENT, {"search": "theft"}, INTENT],
            "maxRuntimeInSeconds": 60,
            "maxOutputSizeInTokens": 9000,
            "includeActivity": True,
            "outputMode": "extractiveData",
            "retrievalReasoningEffort": {"kind": "minimal"},
            "knowledgeSourceParams": [
                {
                    "kind": "searchIndex",
                    "knowledgeSourceName": "docs",
                    "filterAddOn": "stale eq false",
                    "includeReferences": True,
                    "includeReferenceSourceData": False,
                }
            ],
        },
        "docs",
    )
    assert found == Retrieval(
        ("storm", "theft"), "stale eq false", 9000, 60, activity=True, source_data=False
    )
    assert read_retrieval({"intents": [INTENT], "maxOutputSize": 50}, "docs").output_tokens == 50


PARAMS = {"kind": "searchIndex", "knowledgeSourceName": "docs"}
MESSAGES = [{"role": "user", "content": [{"type": "text", "text": "storm?"}]}]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "InvalidParameter"),
        ({"intents": []}, "InvalidParameter"),
        ({"intents": "storm"}, "InvalidParameter"),
        ({"intents": [INTENT] * 17}, "InvalidParameter"),
        ({"intents": ["storm"]}, "InvalidParameter"),
        ({"intents": [{"type": "keyword", "search": "storm"}]}, "InvalidParameter"),
        ({"intents": [{"type": "semantic", "search": "  "}]}, "InvalidParameter"),
        ({"intents": [{"search": "storm", "boost": 2}]}, "UnknownParameter"),
        ({"messages": MESSAGES}, "LanguageModelUnavailable"),
        ({"intents": [INTENT], "messages": MESSAGES}, "LanguageModelUnavailable"),
        ({"intents": [INTENT], "outputMode": "answerSynthesis"}, "LanguageModelUnavailable"),
        (
            {"intents": [INTENT], "retrievalReasoningEffort": {"kind": "low"}},
            "LanguageModelUnavailable",
        ),
        ({"intents": [INTENT], "maxOutputSizeInTokens": 0}, "InvalidParameter"),
        ({"intents": [INTENT], "maxOutputSizeInTokens": True}, "InvalidParameter"),
        ({"intents": [INTENT], "maxRuntimeInSeconds": "60"}, "InvalidParameter"),
        ({"intents": [INTENT], "surprise": 1}, "UnknownParameter"),
        ({"intents": [INTENT], "knowledgeSourceParams": [PARAMS, PARAMS]}, "InvalidParameter"),
        (
            {"intents": [INTENT], "knowledgeSourceParams": [{**PARAMS, "kind": "web"}]},
            "InvalidParameter",
        ),
        (
            {
                "intents": [INTENT],
                "knowledgeSourceParams": [{**PARAMS, "knowledgeSourceName": "other"}],
            },
            "UnknownKnowledgeSource",
        ),
        (
            {"intents": [INTENT], "knowledgeSourceParams": [{**PARAMS, "rerankerThreshold": 2.1}]},
            "SemanticRankingUnavailable",
        ),
        (
            {"intents": [INTENT], "knowledgeSourceParams": [{**PARAMS, "surprise": 1}]},
            "UnknownParameter",
        ),
    ],
)
def test_what_is_not_served_is_named(body: dict[str, object], code: str) -> None:
    with pytest.raises(ApiError) as refused:
        read_retrieval(body, "docs")
    assert (refused.value.status, refused.value.code) == (400, code)
