"""Several processes on one lake: each pointer is written once, each answer is of one release."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from freshground.core.ids import digest
from freshground.service import status
from freshground.service.releases.holding import resume
from tests.project import Project, article

if TYPE_CHECKING:
    from pathlib import Path

    from tests.proofs.workshop import Workshop

_HOUR = timedelta(hours=1)
_TEXT = "storm and theft of a policy, excess and hail"


def _two_sources(project: Project) -> None:
    (project.root / "more").mkdir()
    first = project.raw["sources"][0]
    project.changes["sources"] = [first, {**first, "id": "more", "url": "more"}]
    project.index(sources=["docs", "more"])


def _write_more(project: Project, number: int, text: str) -> None:
    project.write(f"../more/m{number:03d}.md", text)


def _check_history(project: Project) -> list[Any]:
    history = project.context().lake.pointers.history("docs")
    assert [pointer.generation for pointer in history] == list(range(1, len(history) + 1))
    published = [p.candidate for p in history if p.action == "publish"]
    assert len(published) == len(set(published))
    told = [e.body for e in project.context().lake.journal.entries("release", subject="docs")]
    by_generation = {p.generation: p for p in history}
    assert sorted(body["generation"] for body in told) == sorted(by_generation), "won twice"
    assert all(by_generation[b["generation"]].release == b["release"] for b in told)
    releases = [p.release for p in history if p.action == "publish"]
    assert releases == sorted(set(releases))
    return history


def _check_settled(project: Project) -> None:
    """The lake as it is equals a clean build, and a further refresh finds nothing to do."""
    clean = project.clean()
    assert clean.refresh().status == 0
    assert project.content() == clean.content()
    assert project.release_hash() == clean.release_hash()
    assert {r.outcome for r in project.refresh().reports} <= {"nothing", "done"}
    assert project.content() == clean.content()


def _two_at_once(project: Project, workshop: Workshop, rounds: int, *, apart: bool) -> int:
    """Refresh in two processes, each with edits of its own source or both with all."""
    chance = random.Random(3)
    for number in range(rounds):
        for edit in range(3):
            project.write(f"d{chance.randrange(12):03d}.md", article(1000 + 10 * number + edit, 9))
            _write_more(project, chance.randrange(12), article(5000 + 10 * number + edit, 9))
        project.clock.advance(_HOUR)
        first = workshop.start(project, "refresh", sources=["docs"] if apart else (), slow=20)
        project.clock.advance(timedelta(milliseconds=3))
        second = workshop.start(project, "refresh", sources=["more"] if apart else (), slow=20)
        for child in (first, second):
            ended = workshop.wait(child)
            assert ended.result.get("status") == 0, ended
        _check_history(project)
        clean = project.clean()
        assert clean.refresh().status == 0
        assert project.content() == clean.content()
    return len(_check_history(project))


def _filled(project: Project) -> Project:
    _two_sources(project)
    project.fill(12, paragraphs=9)
    for number in range(12):
        _write_more(project, number, article(200 + number, 9))
    assert project.refresh().status == 0
    return project


@pytest.mark.slow
@pytest.mark.parametrize("apart", [False, True], ids=["same-source", "own-source"])
def test_two_refreshes_at_once(project: Project, workshop: Workshop, apart: bool) -> None:
    _filled(project)
    assert _two_at_once(project, workshop, 2, apart=apart) >= 3
    _check_settled(project)


@pytest.mark.prove
@pytest.mark.parametrize("apart", [False, True], ids=["same-source", "own-source"])
def test_two_refreshes_at_once_many_times(
    project: Project, workshop: Workshop, apart: bool
) -> None:
    _filled(project)
    assert _two_at_once(project, workshop, 20, apart=apart) >= 21
    _check_settled(project)


@pytest.mark.slow
def test_two_first_refreshes_at_once(project: Project, workshop: Workshop) -> None:
    _two_sources(project)
    project.fill(12)
    _write_more(project, 1, article(77))
    children = [workshop.start(project, "refresh") for _ in range(2)]
    for child in children:
        ended = workshop.wait(child)
        assert ended.result.get("status") == 0, ended
    _check_history(project)
    _check_settled(project)


def _hashes(project: Project) -> tuple[str, set[str]]:
    """Return the live candidate's name and the hashes of all its rows."""
    context = project.context()
    _, manifest = context.releases.live("docs")
    reader = context.engine(context.settings.index("docs")).open("docs", manifest.engine_version)
    rows = [row for batch in reader.scan(["chunk_id", "text"]) for row in batch.to_pylist()]
    return manifest.candidate, {digest(row["chunk_id"], row["text"]) for row in rows}


def _reader_in_a_loop(project: Project, workshop: Workshop, rounds: int, stop: Path) -> None:
    project.fill(15, paragraphs=9)
    assert project.refresh().status == 0
    releases = dict([_hashes(project)])
    readers = [
        workshop.start(project, "read", until=str(stop), text=_TEXT, mode=mode)
        for mode in ("hybrid", "text")
    ]
    try:
        for number in range(rounds):
            for document in range(15):
                # Every document changes, so that a mixture of two releases shows.
                project.write(f"d{document:03d}.md", article(15 * number + document + 20, 9))
            assert project.refresh("docs").status == 0
            name, hashes = _hashes(project)
            assert not any(hashes & others for others in releases.values())
            releases[name] = hashes
            context = project.context()
            if number % 2 and len(status.releases(context, context.settings.index("docs"))) > 1:
                status.rollback(context, context.settings.index("docs"), None)
                resume(context, context.settings.index("docs"))
    finally:
        stop.touch()
    for reader in readers:
        ended = workshop.wait(reader)
        assert "error" not in ended.result, ended
        seen = {candidate for candidate, _ in ended.result["seen"]}
        assert len(seen) > 1, "the reader saw one release only, which proves nothing"
        for candidate, hashes in ended.result["seen"]:
            assert len(hashes) == 40
            assert set(hashes) <= releases[candidate]
        print(ended.result["answers"], "answers of", len(seen), "releases")


@pytest.mark.slow
@pytest.mark.parametrize("kept", [5, 1])
def test_a_reader_in_a_loop_sees_one_release_at_a_time(
    project: Project, workshop: Workshop, tmp_path: Path, kept: int
) -> None:
    project.index(keep_releases=kept)
    _reader_in_a_loop(project, workshop, 4, tmp_path / "stop")


@pytest.mark.prove
def test_a_reader_in_a_long_loop(project: Project, workshop: Workshop, tmp_path: Path) -> None:
    _reader_in_a_loop(project, workshop, 40, tmp_path / "stop")


@pytest.mark.slow
def test_rollback_works_while_a_refresh_runs(project: Project, workshop: Workshop) -> None:
    project.fill(15, paragraphs=9)
    project.refresh()
    chance = random.Random(5)
    overtaken = 0
    for number in range(3):
        for document in range(6):
            project.write(f"d{document:03d}.md", article(100 + 10 * number + document, 9))
        assert project.refresh().status == 0
        was = project.context().releases.live("docs")[0]
        project.write("d014.md", article(900 + number, 9))
        project.clock.advance(_HOUR)
        refresh = workshop.start(project, "refresh", slow=20)
        while workshop.running(refresh) and chance.random() < 0.9:
            project.content()
        context = project.context()
        row = status.rollback(context, context.settings.index("docs"), None)
        ended = workshop.wait(refresh)
        assert ended.result.get("status") == 0, ended
        history = _check_history(project)
        actions = [(p.action, p.release) for p in history if p.generation > was.generation]
        assert ("rollback", row["release"]) in actions
        overtaken += actions[0][0] == "rollback"
        # Whoever was first, the rollback came last and stands: the refresh that it overtook lost
        # the swap, planned again, and found the hold.
        assert actions[-1] == ("rollback", row["release"])
        assert project.refresh().of("build").outcome == "held"
        assert context.releases.live("docs")[0].release == row["release"]
        resume(context, context.settings.index("docs"))
        project.refresh()
        clean = project.clean()
        clean.refresh()
        assert project.content() == clean.content()
    print(overtaken, "of 3 rollbacks came before the refresh published")
