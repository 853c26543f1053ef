"""Drift of queries: recent ones against earlier ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from freshground.service.asking.query import query
from quality.query_drift import EFFECTS, Questions, measure
from tests.project import article

if TYPE_CHECKING:
    from tests.project import Project, Run

DAY = timedelta(days=1)
ALPHA = 0.01


def questions(
    count: int, seed: int, *, shift: float = 0.0, words: int = 6, best: float = 0.6
) -> Questions:
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((count, 32)) / np.sqrt(32)
    vectors[:, 0] += shift
    return Questions(
        vectors.astype(np.float16),
        [int(n) for n in rng.integers(words - 3, words + 4, count)],
        ["latin"] * count,
        [float(b) for b in rng.normal(best, 0.08, count)],
    )


def drifted(recent: Questions, earlier: Questions) -> set[str]:
    found = measure(recent, earlier, alpha=ALPHA)
    return {f.measure for f in found if f.drifted(ALPHA, EFFECTS[f.measure])}


def test_the_same_questions_do_not_drift() -> None:
    for seed in range(8):
        assert drifted(questions(80, 2 * seed), questions(200, 2 * seed + 1)) == set()


@pytest.mark.parametrize(
    ("recent", "name"),
    [
        (questions(100, 1, shift=1.0), "embedding"),
        (questions(100, 1, words=12), "length"),
        (questions(100, 1, best=0.45), "far"),
        (replace(questions(100, 1), scripts=["cyrillic"] * 40 + ["latin"] * 60), "script"),
    ],
)
def test_each_measure_sees_its_own_drift(recent: Questions, name: str) -> None:
    assert drifted(recent, questions(200, 2)) == {name}


def test_nearer_hits_are_no_harm() -> None:
    assert drifted(questions(100, 1, best=0.8), questions(200, 2)) == set()


def test_questions_that_all_agree_have_nothing_to_test() -> None:
    same = Questions(np.ones((60, 32), np.float16), [3] * 60, ["latin"] * 60, [None] * 60)
    assert measure(same, same, alpha=ALPHA) == []


def ask(project: Project, texts: list[str], **options: Any) -> None:
    context = project.context()
    index = context.settings.index("docs")
    for text in texts:
        query(context, index, text, **options)
    context.lake.queries.flush()


def checks(run: Run) -> dict[str, dict[str, Any]]:
    found = run.of("build").checks
    return {c["check_id"]: c for c in found if c["check_id"].startswith("queries.drift")}


def publish(project: Project, number: int) -> Run:
    project.write("new.md", article(number))
    return project.refresh(later=timedelta(minutes=5))


USUAL = [f"Which excess has clause {n % 6} of policy {n} for storm and water?" for n in range(60)]
STRANGE = [f"kernel scheduler latency tuning on core {n} with numa pinning" for n in range(60)]


@pytest.mark.slow
def test_a_release_warns_when_people_ask_something_else(quick: Project) -> None:
    quick.fill(4)
    assert checks(quick.refresh()) == {}, "nobody asked"
    ask(quick, USUAL[:10])
    few = publish(quick, 50)
    assert checks(few).keys() == {"queries.drift"}
    assert "10 questions lately, 0 earlier" in checks(few)["queries.drift"]["detail"]
    quick.clock.advance(5 * DAY)
    ask(quick, USUAL)
    quick.clock.advance(2 * DAY)
    ask(quick, USUAL)
    honest = publish(quick, 51)
    assert honest.status == 0
    assert {"queries.drift.embedding", "queries.drift.far"} <= checks(honest).keys()
    assert all(c["passed"] for c in checks(honest).values())
    quick.clock.advance(2 * DAY)
    ask(quick, STRANGE)
    warned = publish(quick, 52)
    assert warned.status == 0, "it warns, and stops nothing"
    found = checks(warned)
    failed = {name for name, check in found.items() if not check["passed"]}
    assert {"queries.drift.embedding", "queries.drift.far"} <= failed
    assert {check["severity"] for check in found.values()} == {"warning"}
    assert "find nothing nearer than" in found["queries.drift.far"]["detail"]
    release = warned.of("build").release
    assert release is not None
    assert release["verdict"] == "warning"
    quick.clock.advance(20 * DAY)
    assert checks(publish(quick, 53)) == {}, "what nobody asked lately is not judged"


@pytest.mark.slow
@pytest.mark.parametrize("gate", [{"queries": False}, {"severity": "off"}])
def test_with_the_setting_off_nothing_is_kept(quick: Project, gate: dict[str, Any]) -> None:
    quick.index(gates={"drift": gate})
    quick.fill(2)
    quick.refresh()
    ask(quick, USUAL[:3])
    context = quick.context()
    space = context.encoder(context.settings.index("docs")).space.id
    today = quick.clock.now().date()
    assert context.lake.queries.questions("docs", space, today, today) == []
    assert checks(publish(quick, 50)) == {}


@pytest.mark.slow
def test_only_questions_with_a_vector_are_kept_and_filters_hide_the_best_hit(
    quick: Project,
) -> None:
    quick.fill(2)
    quick.refresh()
    ask(quick, ["storm and water"], mode="text")
    ask(quick, ["storm and theft now"], where="key eq 'd000.md'")
    ask(quick, ["storm of theft and water"])
    context = quick.context()
    space = context.encoder(context.settings.index("docs")).space.id
    today = quick.clock.now().date()
    found = context.lake.queries.questions("docs", space, today, today)
    assert sorted((q.words, q.best is not None) for q in found) == [(4, False), (5, True)]
