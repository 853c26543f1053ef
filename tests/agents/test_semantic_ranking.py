"""A cross-encoder reorders hits. The model is random, but it is one: nothing is made up for it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from freshground.core.errors import ConfigError
from freshground.core.settings import RerankerSettings
from freshground.service.api.errors import ApiError
from freshground.service.api.queries import searching, semantic
from freshground.service.api.queries.bodies import Asked
from freshground.service.api.queries.searching import Searched
from freshground.service.api.queries.semantic_asked import SemanticAsked
from indexes.rerank import HIGHEST, Reranker
from indexes.search.definition import Definition, Field
from indexes.search.plain import PlainView
from indexes.search.plan import Found, Order, SearchPlan
from tests.agents import tiny_cross_encoder

pytestmark = pytest.mark.slow

QUERY = "storm claims"
TEXTS = [
    "Water and theft.",
    "Storm claims are reported within days.",
    "The policy.",
    "A flood. Claims under it.",
]


def hits(count: int) -> list[Found]:
    return [Found(f"k{n}", n, 1 / (n + 1), {}) for n in range(count)]


@pytest.fixture(scope="module")
def reranker(cross_encoder: Path) -> Reranker:
    return Reranker(cross_encoder, 64)


def test_scores_are_the_models_own(reranker: Reranker, cross_encoder: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(cross_encoder).eval()
    tokens = AutoTokenizer.from_pretrained(cross_encoder)
    found = reranker.scores(QUERY, TEXTS)
    assert len({round(score, 4) for score in found}) == len(TEXTS)
    for text, score in zip(TEXTS, found, strict=True):
        with torch.no_grad():
            logit = model(**tokens(QUERY, text, return_tensors="pt")).logits[0, 0]
        assert score == pytest.approx(HIGHEST * float(torch.sigmoid(logit)), abs=1e-4)
        assert 0 <= score <= HIGHEST


def test_no_passages_need_no_model(tmp_path: Path) -> None:
    assert Reranker(tmp_path / "nothing").scores(QUERY, []) == []


def test_hits_come_in_the_order_of_their_scores(reranker: Reranker) -> None:
    found = semantic.reread(reranker.scores, QUERY, hits(4), TEXTS)
    expected = reranker.scores(QUERY, TEXTS)
    assert [each.score for each in found] == sorted(expected, reverse=True)
    assert [each.hit.key for each in found] == [f"k{n}" for n in np.argsort(expected)[::-1]]
    assert all(each.text == TEXTS[each.hit.position] for each in found)


def test_only_the_first_fifty_are_read_again() -> None:
    asked: list[int] = []

    def scores(query: str, passages: list[str]) -> list[float]:
        asked.append(len(passages))
        return [float(n) for n in range(len(passages))]

    found = semantic.reread(scores, QUERY, hits(60), ["x"] * 60)
    assert asked == [50]
    assert [each.hit.position for each in found] == [*range(49, -1, -1), *range(50, 60)]
    assert [each.score for each in found[50:]] == [None] * 10


def test_a_caption_is_a_sentence_of_the_text(reranker: Reranker) -> None:
    texts = [*TEXTS, "", "..."]
    found = semantic.captions(reranker.scores, QUERY, texts)
    assert found[4:] == [None, None]
    for caption, text in zip(found[:4], texts, strict=False):
        assert caption is not None
        assert caption["text"] in text
    assert found[1] == {
        "text": "Storm claims are reported within days.",
        "highlights": "<em>Storm</em> <em>claims</em> are reported within days.",
    }
    assert found[2] == {"text": "The policy.", "highlights": ""}


def test_a_caption_comes_from_the_sentences_that_share_words() -> None:
    text = "One. Two. Three. Four. A storm. Five."
    seen: list[str] = []

    def scores(query: str, passages: list[str]) -> list[float]:
        seen.extend(passages)
        return [float(-n) for n in range(len(passages))]

    [found] = semantic.captions(scores, QUERY, [text])
    assert seen == ["A storm.", "One.", "Two."]
    assert found == {"text": "A storm.", "highlights": "A <em>storm</em>."}


def definition(**raw: object) -> Definition:
    fields = (
        Field("id", "Edm.String", key=True),
        Field("title", "Edm.String", searchable=True),
        Field("text", "Edm.String", searchable=True),
        Field("secret", "Edm.String", searchable=True, retrievable=False),
    )
    return Definition("notes", fields, raw=raw)


SEMANTIC = {
    "defaultConfiguration": "usual",
    "configurations": [
        {
            "name": "usual",
            "prioritizedFields": {
                "titleField": {"fieldName": "title"},
                "prioritizedContentFields": [{"fieldName": "text"}],
            },
        },
        {"name": "titles", "prioritizedFields": {"titleField": {"fieldName": "title"}}},
    ],
}


def test_a_configuration_names_the_fields() -> None:
    index = definition(semantic=SEMANTIC)
    assert semantic.semantic_fields(index, None) == ("title", "text")
    assert semantic.semantic_fields(index, "titles") == ("title",)
    with pytest.raises(ApiError) as refused:
        semantic.semantic_fields(index, "other")
    assert refused.value.code == "UnknownSemanticConfiguration"
    assert "titles, usual" in refused.value.message


def test_without_a_configuration_what_may_be_shown_is_read() -> None:
    assert semantic.semantic_fields(definition(), None) == ("title", "text")


def wanted(plan: SearchPlan, **more: object) -> Asked:
    said = {"query": QUERY, "configuration": None, "captions": False, "highlighted": True, **more}
    return Asked(plan, semantic=SemanticAsked(**said))  # type: ignore[arg-type]


NOTES = [{"id": f"n{n}", "title": f"Note {n}", "text": text} for n, text in enumerate(TEXTS)]
VIEW = PlainView(definition(), NOTES)


def ranked(reranker: Reranker | None, plan: SearchPlan, **more: object) -> Searched:
    asked = wanted(plan, **more)
    assert asked.semantic is not None
    return searching._reread(reranker, VIEW, asked, asked.semantic)


def test_pages_are_cut_after_reranking(reranker: Reranker) -> None:
    texts = [f"{row['title']}\n{row['text']}" for row in NOTES]
    expected = sorted(reranker.scores(QUERY, texts), reverse=True)
    whole = ranked(reranker, SearchPlan(count=True))
    assert whole.result.matches == len(NOTES)
    assert [extra["@search.rerankerScore"] for extra in whole.extras] == pytest.approx(expected)
    keys = [hit.key for hit in whole.result.hits]
    for skip in range(4):
        page = ranked(reranker, SearchPlan(skip=skip, top=2, select=("id",)))
        assert [hit.key for hit in page.result.hits] == keys[skip : skip + 2]
        assert set(page.result.hits[0].document) == {"id"}


def test_captions_come_where_they_are_asked_for(reranker: Reranker) -> None:
    found = ranked(reranker, SearchPlan(), captions=True)
    told = {
        hit.key: extra["@search.captions"][0]
        for hit, extra in zip(found.result.hits, found.extras, strict=True)
    }
    assert told["n1"]["highlights"].startswith("<em>Storm</em>")
    plain = ranked(reranker, SearchPlan(), captions=True, highlighted=False)
    assert all(not extra["@search.captions"][0]["highlights"] for extra in plain.extras)


def test_what_cannot_be_ranked_is_named(reranker: Reranker) -> None:
    for model, plan, code in (
        (None, SearchPlan(), "SemanticRankingUnavailable"),
        (reranker, SearchPlan(order=(Order("title"),)), "InvalidParameter"),
    ):
        with pytest.raises(ApiError) as refused:
            ranked(model, plan)
        assert (refused.value.status, refused.value.code) == (400, code)


def test_the_refusal_says_what_to_do() -> None:
    refused = semantic.unavailable()
    assert (refused.status, refused.code) == (400, "SemanticRankingUnavailable")
    assert "serve: {reranker: {path: FOLDER}}" in refused.message
    assert json.loads(json.dumps(refused.body()))["error"]["code"] == refused.code


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no config.json"):
        Reranker(tmp_path).scores(QUERY, TEXTS)


def test_a_broken_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ConfigError, match="cannot be loaded"):
        Reranker(tmp_path).scores(QUERY, TEXTS)


def test_a_classifier_is_refused(tmp_path: Path) -> None:
    folder = tiny_cross_encoder.save(tmp_path / "classifier", outputs=3)
    with pytest.raises(ConfigError, match="3 outputs"):
        Reranker(folder).scores(QUERY, TEXTS)


def test_settings_name_a_folder() -> None:
    assert RerankerSettings(path="models/ours").max_length == 512
    with pytest.raises(ValueError, match="max_length"):
        RerankerSettings(path="x", max_length=1)
