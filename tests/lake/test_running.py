"""What runs at this moment: files that come, beat and go."""

from __future__ import annotations

from datetime import timedelta

import pytest

from freshground.core.clock import iso
from freshground.lake.progress import Beat, file_name
from freshground.service.pulse import REPEAT_S, Pulse
from freshground.service.reports import StageReport

AIRFLOW = "freshground_ingest_docs/scheduled__2026-11-20T12:00:00+00:00"


def _beat(project, run_id: str = "run1", process: str = "p1") -> Beat:
    now = iso(project.clock.now()) or ""
    return Beat(run_id, "ana", now, now, process=process)


def test_a_run_is_there_until_it_ends(quick) -> None:
    running = quick.context().lake.progress
    for run_id, process in (("run1", "p1"), (AIRFLOW, "p1"), (AIRFLOW, "p2")):
        running.put(_beat(quick, run_id, process))
    assert [(b.run_id, b.process) for b in running.running()] == [
        (AIRFLOW, "p1"), (AIRFLOW, "p2"), ("run1", "p1"),
    ]  # fmt: skip
    running.forget(_beat(quick, AIRFLOW, "p1"))
    assert {b.process for b in running.running() if b.run_id == AIRFLOW} == {"p2"}
    running.ended(AIRFLOW)
    assert [b.run_id for b in running.running()] == ["run1"]


def test_the_end_of_a_run_leaves_one_whose_id_starts_alike(quick) -> None:
    running = quick.context().lake.progress
    running.put(_beat(quick, "run1"))
    running.put(_beat(quick, "run11"))
    running.ended("run1")
    assert [b.run_id for b in running.running()] == ["run11"]


def test_ids_make_plain_file_names() -> None:
    assert file_name("abc-1") == "abc-1"
    assert file_name("../../lake") != "../../lake"
    assert "/" not in file_name(AIRFLOW)
    assert file_name(AIRFLOW) != file_name(AIRFLOW + "1")


@pytest.mark.parametrize(
    ("age", "lost", "shown"),
    [(60, False, True), (61, True, True), (86_400, True, True), (86_401, True, False)],
)
def test_a_heartbeat_that_stops_is_lost_and_then_gone(quick, age, lost, shown) -> None:
    running = quick.context().lake.progress
    beat = _beat(quick)
    running.put(beat)
    quick.clock.advance(timedelta(seconds=age))
    assert beat.lost(quick.clock.now()) is lost
    assert bool(running.running()) is shown
    running.sweep()
    quick.clock.advance(-timedelta(seconds=age))
    assert bool(running.running()) is shown


def test_what_cannot_be_read_is_no_run_and_is_swept(quick) -> None:
    lake = quick.context().lake
    for name, data in (("a", b"{"), ("b", b"[]"), ("c", b'{"newer": 1}')):
        lake.files.put(f"progress/{name}.json", data)
    assert lake.progress.running() == []
    lake.progress.sweep()
    assert lake.files.list("progress") == []


def test_a_pulse_tells_what_changed_once(quick) -> None:
    context = quick.context()
    written: list[str] = []
    put = context.lake.files.put
    context.lake.files.put = lambda path, data: (written.append(path), put(path, data))[1]
    pulse = Pulse(context, "command", [("ingest", "docs"), ("silver", "docs")])
    pulse.begin("ingest", "docs")
    pulse.units(4, "objects")
    pulse.tell()
    pulse.tell()
    assert len(written) == 1
    pulse.step(3)
    pulse.tell()
    (beat,) = context.lake.progress.running()
    assert (beat.stage, beat.subject, beat.unit, beat.done, beat.total) == (
        "ingest", "docs", "objects", 3, 4,
    )  # fmt: skip
    assert beat.rate > 0
    # Without news, a sign of life.
    pulse._told_at -= REPEAT_S
    pulse.tell()
    assert len(written) == 3


def test_a_stage_within_a_stage_gives_it_back(quick) -> None:
    pulse = Pulse(quick.context())
    pulse.begin("build", "docs")
    pulse.begin("canary", "docs")
    pulse.end(StageReport("canary", "docs"))
    assert (pulse._beat.stage, pulse._beat.stages) == ("build", [])
    pulse.end(StageReport("build", "docs", outcome="done", seconds=2.0, counts={"rows": 3}))
    assert pulse._beat.stage == ""
    assert pulse._beat.stages == [
        {"stage": "build", "subject": "docs", "outcome": "done", "seconds": 2.0,
         "counts": {"rows": 3}}
    ]  # fmt: skip


def test_a_store_that_fails_ends_no_run(quick) -> None:
    context = quick.context()
    assert context.lake.progress.running() == []
    (quick.root / "lake" / "progress").write_text("a file where a folder should be")
    with context.progress.run(context, "command"):
        context.progress._pulse.tell()
    assert context.progress._pulse is None


def test_a_process_shows_its_run_while_it_lasts(quick) -> None:
    context = quick.context()
    with (
        context.progress.run(context, "command", [("ingest", "docs")]),
        context.progress.bar("ingest docs", 5, "objects") as step,
    ):
        step(2)
        context.progress._pulse.tell()
        (beat,) = context.lake.progress.running()
        assert (beat.run_id, beat.by, beat.trigger) == (context.run_id, "tester", "command")
        assert (beat.done, beat.total, beat.planned) == (2, 5, [["ingest", "docs"]])
    assert context.lake.files.list("progress") == []
