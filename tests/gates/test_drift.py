"""Drift measures on samples whose truth is known."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality import permutation
from quality.drift import EFFECTS, Documents, Finding, measure

ALPHA = 0.01


def documents(count: int, seed: int, topic: float = 0.0, dimensions: int = 16) -> Documents:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(count, dimensions))
    vectors[:, 0] += topic
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Documents(
        ids=[f"{seed}-{n}" for n in range(count)],
        vectors=vectors.astype(np.float32),
        passages=[f"{seed}/{n}" for n in range(count)],
        lengths=rng.integers(50, 900, count).tolist(),
        language=rng.choice(["en", "de", None], count, p=[0.8, 0.15, 0.05]).tolist(),
        media_type=rng.choice(["text/html", "application/pdf"], count).tolist(),
        nulls={"title": (rng.random(count) < 0.2).tolist()},
    )


def copied(held: Documents, many: int) -> Documents:
    vectors = held.vectors.copy()
    vectors[:many] = vectors[0]
    return replace(held, vectors=vectors, passages=["same"] * many + list(held.passages[many:]))


def tripped(found: list[Finding]) -> set[str]:
    return {f.measure for f in found if f.drifted(ALPHA, EFFECTS[f.measure])}


def test_documents_of_one_kind_do_not_trip() -> None:
    assert tripped(measure(documents(300, 1), documents(300, 2), alpha=ALPHA)) == set()


@pytest.mark.parametrize(
    ("changed", "trips"),
    [
        ({"language": ["fr"] * 100}, "language"),
        ({"media_type": ["text/html"] * 99 + ["message/rfc822"]}, "media_type"),
        ({"nulls": {"title": [True] * 100}}, "nulls"),
        ({"lengths": [12] * 100}, "length"),
    ],
)
def test_each_measure_trips_on_its_own(changed: dict, trips: str) -> None:
    new = replace(documents(100, 3), **changed)
    found = measure(new, documents(300, 4), alpha=ALPHA)
    assert tripped(found) == {trips}
    (finding,) = [f for f in found if f.measure == trips]
    assert len(finding.typical) >= 99, "the documents that make it are named"


def test_another_topic_trips_the_embedding_and_names_its_documents() -> None:
    ours, theirs = documents(60, 5, topic=9), documents(40, 6)
    mixed = replace(
        documents(100, 7),
        ids=[*ours.ids, *theirs.ids],
        vectors=np.concatenate([ours.vectors, theirs.vectors]),
    )
    found = measure(mixed, documents(300, 8), alpha=ALPHA)
    assert tripped(found) == {"embedding"}
    typical = set(found[0].typical)
    assert set(ours.ids) <= typical
    assert len(typical & set(theirs.ids)) < 10, "honest documents of the batch are not blamed"


@pytest.mark.parametrize(("many", "trips"), [(60, True), (20, False)])
def test_copies_trip_from_a_share_on(many: int, trips: bool) -> None:
    new = copied(documents(100, 9), many)
    found = measure(new, documents(300, 10), alpha=ALPHA)
    assert ("repetition" in tripped(found)) is trips
    (finding,) = [f for f in found if f.measure == "repetition"]
    assert set(finding.typical) == set(new.ids[:many])


def test_a_corpus_that_always_repeated_itself_does_not_trip() -> None:
    new, live = copied(documents(100, 11), 60), copied(documents(200, 12), 120)
    assert "repetition" not in tripped(measure(new, live, alpha=ALPHA))


def test_a_small_difference_of_many_documents_is_sure_but_no_drift() -> None:
    found = measure(documents(900, 13, topic=0.5), documents(900, 14), alpha=ALPHA, sample=900)
    (embedding,) = [f for f in found if f.measure == "embedding"]
    assert embedding.p < ALPHA
    assert embedding.effect < EFFECTS["embedding"]
    assert tripped(found) == set()


@pytest.mark.slow
def test_p_values_are_honest() -> None:
    """Where nothing differs, alpha says how often something is found: by one test, and by all."""
    runs, alpha = 300, 0.1
    one = family = 0
    for seed in range(runs):
        found = measure(documents(25, 2 * seed), documents(40, 2 * seed + 1), alpha=alpha)
        family += min(f.p for f in found) < alpha
        one += min(f.p for f in found if f.measure == "embedding") * 1.0 < alpha / len(found)
    # Binomial bounds that chance passes once in a thousand runs.
    assert family <= runs * alpha + 3.1 * (runs * alpha * (1 - alpha)) ** 0.5
    assert one <= runs * alpha / 2
    assert family >= runs * alpha / 5, "nor are they so careful that nothing would ever be found"


@given(st.lists(st.integers(0, 5), min_size=4, max_size=30), st.integers(2, 28), st.integers(0, 99))
def test_the_gap_of_distribution_functions_is_the_usual_one(
    values: list[int], new: int, seed: int
) -> None:
    from scipy import stats as scipy_stats

    new = min(new, len(values) - 2)
    labels = permutation.labels_of(new, len(values) - new, 5, np.random.default_rng(seed))
    numbers = np.array(values, float)
    assert np.all(labels.sum(axis=1) == new)
    found = permutation.kolmogorov_smirnov(labels, numbers)
    for row, statistic in zip(labels.astype(bool), found, strict=True):
        expected = scipy_stats.ks_2samp(numbers[row], numbers[~row], method="asymp").statistic
        assert statistic == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_correction_keeps_the_order_and_never_helps(p_values: list[float]) -> None:
    corrected = permutation.holm(p_values)
    assert all(before <= after <= 1 for before, after in zip(p_values, corrected, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [corrected[n] for n in order] == sorted(corrected)
    assert min(corrected) == pytest.approx(min(1, len(p_values) * min(p_values)))


def test_it_takes_well_under_a_third_of_a_second() -> None:
    new, live = documents(1000, 20, dimensions=384), documents(200, 21, dimensions=384)
    measure(new, live, alpha=ALPHA)
    started = time.process_time()
    measure(new, live, alpha=ALPHA)
    assert time.process_time() - started < 0.6, "processor seconds, of two threads"
