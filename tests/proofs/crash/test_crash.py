"""Kill -9 anywhere: the old release serves, and running again ends as if nothing had happened."""

from __future__ import annotations

import random
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.proofs.crash.scene import SLOW, Scene, spread

if TYPE_CHECKING:
    from pathlib import Path

    from tests.proofs.workshop import Workshop

_HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene.prepare(tmp_path_factory.mktemp("crash"))


def _uninterrupted(scene: Scene, workshop: Workshop) -> tuple[list[str], float]:
    """Return the durable steps of a whole refresh, and its seconds in a child."""
    copied = scene.copy("whole")
    copied.clock.advance(_HOUR)
    started = time.perf_counter()
    done = workshop.run(copied, "refresh", kill=None, slow=SLOW)
    seconds = time.perf_counter() - started
    assert done.result["status"] == 3, done
    found = scene.check(copied, done)
    assert found["published"]
    assert found["twice"] == 0
    return done.result["steps"], seconds


def _at_steps(scene: Scene, workshop: Workshop, count: int) -> None:
    steps, _ = _uninterrupted(scene, workshop)
    for stage in ("ingest", "silver", "admit", "gold", "embed", "build"):
        assert any(step.endswith(f".{stage}") for step in steps), steps
    assert steps.count("Table.append") > 8
    for number, (step, when) in enumerate(spread(len(steps), count, seed=7)):
        copied = scene.copy(f"step{number}")
        copied.clock.advance(_HOUR)
        killed = workshop.run(copied, "refresh", kill=step, when=when)
        assert killed.killed, (steps[step - 1], when, killed)
        found = scene.check(copied, killed)
        print(steps[step - 1], when, found)


def _at_moments(scene: Scene, workshop: Workshop, count: int) -> None:
    """Kill at random moments while this process reads."""
    _, seconds = _uninterrupted(scene, workshop)
    moments = random.Random(11)
    kills = 0
    for number in range(count):
        copied = scene.copy(f"moment{number}")
        copied.clock.advance(_HOUR)
        delay = moments.uniform(0.02, 1.0) * seconds
        child = workshop.start(copied, "refresh", delay=delay, slow=SLOW)
        while workshop.running(child):
            scene.check_answer(copied)
        killed = workshop.wait(child)
        kills += killed.killed
        print(f"{delay:.2f} s", scene.check(copied, killed))
    assert kills > count * 0.6


@pytest.mark.slow
def test_ten_kills_at_steps(scene: Scene, workshop: Workshop) -> None:
    _at_steps(scene, workshop, 10)


@pytest.mark.slow
def test_ten_kills_at_random_moments(scene: Scene, workshop: Workshop) -> None:
    _at_moments(scene, workshop, 10)


@pytest.mark.prove
def test_sixty_kills_at_steps(scene: Scene, workshop: Workshop) -> None:
    _at_steps(scene, workshop, 60)


@pytest.mark.prove
def test_sixty_kills_at_random_moments(scene: Scene, workshop: Workshop) -> None:
    _at_moments(scene, workshop, 60)


@pytest.mark.prove
def test_kills_on_the_exact_engine(tmp_path: Path, workshop: Workshop) -> None:
    _at_steps(Scene.prepare(tmp_path, "memory"), workshop, 20)
