"""The paired comparison: what it concludes from results, whatever made them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.regression import POWER, compare, severity
from quality.retrieval import QuestionResult

SCORES = st.lists(
    st.tuples(st.floats(0, 1, width=32), st.floats(0, 1, width=32)), min_size=1, max_size=60
)


def results(scores: list[float]) -> list[QuestionResult]:
    return [
        QuestionResult(f"q{n:03d}", score, float(score > 0), 1.0, 1.0, score, 1, 1)
        for n, score in enumerate(scores)
    ]


def test_the_same_answers_are_never_inferior() -> None:
    measured = compare(results([0.5, 1.0, 0.0]), results([0.5, 1.0, 0.0]))
    assert (measured.low, measured.high, measured.difference) == (0, 0, 0)
    assert not measured.won
    assert not measured.lost
    assert not measured.inferior(0.0)


def test_a_loss_beyond_the_margin_is_found_and_one_within_it_passes() -> None:
    live = [1.0] * 400
    fewer = [0.0] * 2 + [1.0] * 398
    measured = compare(results(live), results(fewer))
    assert measured.lost == ("q000", "q001")
    assert not measured.inferior(0.02), measured
    many = [0.0] * 20 + [1.0] * 380
    assert compare(results(live), results(many)).inferior(0.02)


def test_wins_elsewhere_make_up_for_losses_only_as_far_as_chance_allows() -> None:
    live = [1.0] * 20 + [0.0] * 20 + [0.5] * 60
    swapped = [0.0] * 20 + [1.0] * 20 + [0.5] * 60
    measured = compare(results(live), results(swapped))
    assert measured.difference == 0
    assert measured.inferior(0.02), "a loss of 2 points is not ruled out by a mean of zero"


def test_the_interval_is_of_the_size_that_theory_says() -> None:
    live = [0.5] * 1000
    other = [0.5 + (0.2 if n % 2 else -0.2) for n in range(1000)]
    measured = compare(results(live), results(other), resamples=4000)
    expected = 1.645 * 0.2 / 1000**0.5
    assert measured.high == pytest.approx(expected, rel=0.1)
    assert measured.low == pytest.approx(-expected, rel=0.1)


@given(SCORES)
def test_bounds_hold_the_mean_and_sides_swap(pairs: list[tuple[float, float]]) -> None:
    old, new = results([a for a, _ in pairs]), results([b for _, b in pairs])
    forth, back = compare(old, new, resamples=200), compare(new, old, resamples=200)
    assert forth == compare(old, new, resamples=200), "the same seed says the same"
    assert -1 <= forth.low <= forth.high <= 1
    assert forth.difference == pytest.approx(-back.difference, abs=1e-12)
    assert set(forth.lost) == set(back.won)
    assert len(forth.won) + len(forth.lost) <= forth.questions


def test_losses_are_named_the_greatest_first() -> None:
    measured = compare(results([1, 1, 1, 0.2]), results([0.9, 0.0, 1, 0.7]))
    assert measured.lost == ("q001", "q000")
    assert measured.won == ("q003",)


def test_other_questions_are_no_pair() -> None:
    with pytest.raises(ValueError, match="same questions"):
        compare(results([1.0]), results([1.0, 1.0]))


@pytest.mark.parametrize(
    ("setting", "questions", "means"),
    [
        ("auto", POWER - 1, "warning"),
        ("auto", POWER, "critical"),
        ("critical", 3, "critical"),
        ("warning", 900, "warning"),
    ],
)
def test_few_questions_warn_unless_told_to_stop(setting: str, questions: int, means: str) -> None:
    assert severity(setting, questions) == means
