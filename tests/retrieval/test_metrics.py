from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.errors import ConfigError
from quality.retrieval import METRICS, AnswerSpan, RankedDoc, evaluate


def doc(name, **chunk):
    return RankedDoc(document=f"id-{name}", names=(f"id-{name}", name), **chunk)


def engine(*hits):
    """Return a search that always finds the same hits, and the list of depths asked for."""
    asked = []

    def search(text, n):
        asked.append(n)
        return list(hits[:n])

    return search, asked


def one(hits, grades):
    search, _ = engine(*hits)
    return evaluate(search, {"q": "?"}, {"q": grades}).questions[0]


def test_metrics_by_hand():
    result = one([doc("x"), doc("a"), doc("x"), doc("y"), doc("b")], {"a": 1, "b": 1, "c": 1})
    # Documents in order: x, a, y, b; the second hit of x is no new document.
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert result.ndcg_10 == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert result.recall_5 == pytest.approx(2 / 3)
    assert result.mrr_10 == 0.5
    assert (result.relevant, result.seen) == (3, 2)


def test_grades_are_linear_gains_and_zero_is_irrelevant():
    result = one([doc("b"), doc("z"), doc("a")], {"a": 3, "b": 1, "z": 0})
    assert result.ndcg_10 == pytest.approx((1 + 3 / 2) / (3 + 1 / math.log2(3)))
    assert result.mrr_10 == 1
    assert result.relevant == 2


@pytest.mark.parametrize(
    ("rank", "expected"),
    [
        (5, (1 / math.log2(6), 1, 1, 1, 1 / 5)),
        (6, (1 / math.log2(7), 0, 1, 1, 1 / 6)),
        (10, (1 / math.log2(11), 0, 1, 1, 1 / 10)),
        (11, (0, 0, 0, 1, 0)),
        (100, (0, 0, 0, 1, 0)),
        (101, (0, 0, 0, 0, 0)),
    ],
)
def test_the_cuts(rank, expected):
    hits = [doc(f"x{i}") for i in range(rank - 1)] + [doc("a")]
    result = one(hits, {"a": 1})
    assert tuple(getattr(result, metric) for metric in METRICS) == pytest.approx(expected)


def test_more_than_ten_relevant_documents_can_be_ranked_perfectly():
    names = [f"a{i}" for i in range(15)]
    result = one([doc(name) for name in names], dict.fromkeys(names, 1))
    assert result.ndcg_10 == 1
    assert result.recall_5 == pytest.approx(5 / 15)


@given(st.permutations([f"d{i}" for i in range(12)]), st.integers(1, 12))
def test_all_metrics_are_shares(order, relevant):
    result = one([doc(name) for name in order], {f"d{i}": 1 + i for i in range(relevant)})
    assert all(0 <= getattr(result, metric) <= 1 + 1e-12 for metric in METRICS)
    assert result.recall_100 == 1


def test_names_match_by_any_of_a_documents_names_and_count_once():
    assert one([doc("a")], {"id-a": 1}).ndcg_10 == 1
    assert one([doc("a")], {"a": 1}).ndcg_10 == 1
    twins = [RankedDoc("one", ("k",)), RankedDoc("two", ("k",))]
    assert one(twins, {"k": 1}).ndcg_10 == 1
    assert one([doc("a")], {"A": 1}).seen == 0


def test_a_search_is_asked_deeper_only_while_documents_are_wanting():
    # 60 chunks of each document: 100 hits hold two documents.
    hits = [doc(f"d{i // 60}") for i in range(900)]
    search, asked = engine(*hits)
    report = evaluate(search, {"q": "?"}, {"q": {"d9": 1}})
    assert asked == [100, 200, 400, 800]
    assert report.questions[0].recall_10 == 1
    search, asked = engine(*hits)
    evaluate(search, {"q": "?"}, {"q": {"d1": 1}})
    assert asked == [100]
    search, asked = engine(*hits[:30])
    evaluate(search, {"q": "?"}, {"q": {"never": 1}})
    assert asked == [100]


def test_the_first_answer_keeps_the_order_of_what_it_holds():
    first = [doc("x"), *[doc("y")] * 99]
    deeper = [doc("a"), doc("y"), doc("x"), *[doc("y")] * 100]
    result = evaluate(
        lambda _, n: first if n == 100 else deeper[:n], {"q": "?"}, {"q": {"a": 1}}
    ).questions[0]
    assert result.mrr_10 == pytest.approx(1 / 3)


def test_queries_without_judgements_are_counted_and_left_out():
    search, _ = engine(doc("a"))
    queries = {"1": "?", "2": "?", "3": "?"}
    report = evaluate(search, queries, {"1": {"a": 1}, "2": {"a": 0}, "9": {"a": 1}})
    assert [question.query_id for question in report.questions] == ["1"]
    assert report.unjudged == 2
    with pytest.raises(ConfigError, match="None of the 3"):
        evaluate(search, queries, {"9": {"a": 1}})
    with pytest.raises(ConfigError, match="answer spans"):
        evaluate(search, queries, {"1": {"a": 1}}, spans={})


def test_the_report_holds_means():
    search, _ = engine(doc("a"), doc("b"))
    report = evaluate(search, {"1": "?", "2": "?"}, {"1": {"a": 1}, "2": {"b": 1}})
    assert report.mean("mrr_10") == 0.75
    data = report.to_json()
    assert data["level"] == "document"
    assert (data["questions"], data["relevant"], data["seen"]) == (2, 2, 2)
    assert data["ndcg_10"] == pytest.approx((1 + 1 / math.log2(3)) / 2)
    with pytest.raises(ConfigError, match="mrr_99"):
        report.mean("mrr_99")


# --- spans ---------------------------------------------------------------------------------------


def by_span(hits, *answers):
    search, _ = engine(*hits)
    return evaluate(search, {"q": "?"}, {}, {"q": answers}).questions[0]


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (0, 10, False),
        (0, 11, True),
        (10, 20, True),
        (12, 13, True),
        (19, 30, True),
        (20, 30, False),
    ],
)
def test_a_chunk_counts_when_it_overlaps_the_answer(start, end, found):
    hit = doc("a", start=start, end=end, text="something else")
    assert by_span([hit], AnswerSpan("a", 10, 20, "the answer")).seen == found


def test_a_chunk_counts_when_it_holds_the_answers_text():
    answer = AnswerSpan("a", 1000, 1010, "The  answer\nis 42")
    assert by_span([doc("a", start=0, end=9, text="so the answer is 42.")], answer).seen == 1
    assert by_span([doc("a", text="so the answer is 42.")], answer).seen == 1
    assert by_span([doc("b", text="so the answer is 42.")], answer).seen == 0
    assert by_span([doc("a", text="anything")], AnswerSpan("a", 1000, 1010)).seen == 0


def test_hits_are_ranked_one_by_one_and_an_answer_counts_once():
    hits = [
        doc("a", start=0, end=5),
        doc("a", start=5, end=10),
        doc("a", start=8, end=15),
        doc("a", start=30, end=40),
    ]
    result = by_span(hits, AnswerSpan("a", 7, 9), AnswerSpan("a", 30, 31))
    assert result.mrr_10 == 0.5
    assert result.recall_5 == 1
    ideal = 1 + 1 / math.log2(3)
    assert result.ndcg_10 == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)


def test_two_answers_in_the_first_chunk_are_perfect():
    hits = [doc("a", start=0, end=50)]
    assert by_span(hits, AnswerSpan("a", 1, 2), AnswerSpan("a", 30, 31)).ndcg_10 == 1
