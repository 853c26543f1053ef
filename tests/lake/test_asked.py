"""The sample of what is asked: each question counts alike, and nothing of it can be read."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.clock import ManualClock
from freshground.lake import asked
from freshground.lake.asked import DIMENSIONS, KEPT, Asked, Question, joined, script
from tests.project import NOON

RNG = np.random.default_rng(3)


def seeded(number: int) -> Asked:
    found = Asked()
    found._random = random.Random(number)
    return found


def vector() -> np.ndarray:
    raw = RNG.standard_normal(384).astype(np.float32)
    return raw / np.linalg.norm(raw)


def offered(sample: Asked, count: int, words: int = 3, hour: str = "20261120T12") -> None:
    one = vector()
    for _ in range(count):
        sample.offer(hour, "docs/space", "space", "word " * words, one, 0.5)


def read(sample: Asked) -> list[Question]:
    taken = json.loads(json.dumps(list(sample.take().values())))
    return [Question.of_row(row) for rows in taken for row in rows]


def test_what_is_kept_is_bounded_however_much_is_asked() -> None:
    sample = seeded(1)
    offered(sample, 20_000)
    written = sum(map(len, sample.take().values()))
    assert KEPT <= written < 8 * KEPT
    offered(sample, 20_000)
    assert sum(map(len, sample.take().values())) < KEPT, "the same day lets few more in"
    offered(sample, 100, hour="20261121T00")
    assert sum(map(len, sample.take().values())) == 100, "another day starts anew"


def test_two_processes_count_as_much_as_they_were_asked() -> None:
    busy, quiet = seeded(1), seeded(2)
    offered(busy, 9_000, words=3)
    offered(quiet, 1_000, words=7)
    found = joined([[*read(busy), *read(quiet)]])
    assert len(found) == KEPT
    assert sum(q.words == 7 for q in found) == pytest.approx(0.1 * KEPT, abs=15)


def test_two_days_count_as_much_as_they_were_asked() -> None:
    busy, quiet = seeded(3), seeded(4)
    offered(busy, 9_000, words=3)
    offered(quiet, 1_000, words=7)
    found = joined([read(busy), read(quiet)])
    assert len(found) >= KEPT
    share = sum(q.words == 7 for q in found) / len(found)
    assert share == pytest.approx(0.1, abs=0.06), "not one half, though both samples are full"


@given(st.lists(st.lists(st.floats(0, 0.999), max_size=20), max_size=4))
def test_few_are_all_kept_in_the_order_of_chance(days: list[list[float]]) -> None:
    none = np.zeros(DIMENSIONS, np.float16)
    found = joined([[Question(drawn, 1, "latin", None, none) for drawn in day] for day in days])
    assert [q.drawn for q in found] == sorted(drawn for day in days for drawn in day)


def test_distances_survive_and_the_vector_does_not() -> None:
    sample = seeded(5)
    vectors = [vector() for _ in range(100)]
    for one in vectors:
        sample.offer("20261120T12", "docs/space", "space", "what", one, None)
    found = read(sample)
    assert {q.sketch.shape for q in found} == {(DIMENSIONS,)}
    sketches = np.stack([q.sketch for q in found]).astype(float)
    real = np.linalg.norm(np.stack(vectors)[:, None] - np.stack(vectors), axis=2)
    kept = np.linalg.norm(sketches[:, None] - sketches, axis=2)
    pairs = ~np.eye(100, dtype=bool)
    assert np.median(kept[pairs] / real[pairs]) == pytest.approx(1, abs=0.1)
    again = asked._projection.__wrapped__("space", 384)
    assert np.array_equal(again, asked._projection("space", 384)), "the same in every process"
    assert not np.array_equal(again, asked._projection("other", 384))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("How do I claim?", "latin"),
        ("Где мой полис?", "cyrillic"),
        ("保险在哪里", "cjk"),
        ("12 + 3", "none"),
        ("", "none"),
    ],
)
def test_scripts(text: str, name: str) -> None:
    assert script(text) == name


def test_the_lake_keeps_no_words_and_joins_processes(quick: Any) -> None:
    quick.clock = ManualClock(NOON)
    one, other = quick.context().lake, quick.context().lake
    secret = "Is Aurelia Quint pregnant?"
    one.queries.question("docs", "s", secret, vector(), 0.25)
    other.queries.question("docs", "s", "a b", vector(), None)
    other.queries.question("docs", "t", "another space", vector(), None)
    other.queries.question("docs2", "s", "another index", vector(), None)
    one.queries.flush()
    other.queries.flush()
    today = NOON.date()
    found = quick.context().lake.queries.questions("docs", "s", today, today)
    assert sorted((q.words, q.script, q.best) for q in found) == [
        (2, "latin", None),
        (4, "latin", 0.25),
    ]
    stored = "".join(p.read_text() for p in (quick.root / "lake/queries").rglob("*.json"))
    assert not any(word in stored for word in secret.split())
    quick.clock.advance(timedelta(days=40))
    late = quick.context().lake.queries
    late.forget(quick.clock.now())
    assert late.questions("docs", "s", today, today) == []
