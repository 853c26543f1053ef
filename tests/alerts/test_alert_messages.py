"""Whoever is to be told is told once, again each day while it lasts, and once when it is over."""

from __future__ import annotations

import json
import multiprocessing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from freshground.lake.alerts import LOST_AFTER, OVER
from freshground.service.alerts.watch import KEPT, LATELY, alerts, deliver, tick, watch
from tests.alerts.listeners import Listener, webhook
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def only(project: Project, *kinds: str, **more) -> None:
    channel = {**project.raw["alerts"][0], "on": list(kinds)}
    project.changes["alerts"] = {"channels": [channel], **more}


def ticks(project: Project, count: int, every: timedelta) -> None:
    for _ in range(count):
        project.clock.advance(every)
        tick(project.context())


def notes(project: Project, *states: str) -> list[tuple[str, str]]:
    rows = project.context().lake.journal.entries("alert")
    return [(r.subject, r.body["state"]) for r in rows if r.body["state"] in states]


def test_opened_once_repeated_each_day_and_over_once(told: Project, hook: Listener) -> None:
    only(told, "late")
    ticks(told, 3, 8 * HOUR)
    assert hook.told == [], "as old as promised is not late"
    ticks(told, 1, HOUR / 12)
    assert hook.titles == ["[late: index docs]"]
    ticks(told, 4, 23 * HOUR / 4)
    assert len(hook.told) == 1
    ticks(told, 1, HOUR)
    assert hook.titles[1:] == ["[still late: index docs]"]
    ticks(told, 3, 8 * HOUR)
    assert len(hook.told) == 3

    told.refresh()
    ticks(told, 2, HOUR / 12)
    assert hook.titles[3:] == ["[over: late: index docs]"]
    ticks(told, 2, 11 * HOUR)
    assert len(hook.told) == 4
    assert [note for note in notes(told, "opened", "over") if note[0] == "late.docs"] == [
        ("late.docs", "opened"), ("late.docs", "over"),
    ]  # fmt: skip


def test_a_message_says_what_since_when_and_what_to_do(told: Project, hook: Listener) -> None:
    only(told, "late")
    ticks(told, 1, 30 * HOUR)
    title, found, since, do = hook.texts[0].splitlines()
    assert found == (
        "Index 'docs' is late: what it serves is as of 2026-11-20T13:00:00Z, 1d 6h old, "
        "where 1d is promised."
    )
    assert since == "Since 2026-11-21 13:00:00 UTC."
    assert "`freshground refresh --index docs`" in do
    told.refresh()
    ticks(told, 1, HOUR)
    title, lasted, what = hook.texts[1].splitlines()
    assert title == "[over: late: index docs]"
    assert lasted == ("It was so from 2026-11-21 13:00:00 UTC to 2026-11-21 21:00:00 UTC: 8h.")
    assert found in what


def test_what_comes_back_is_told_anew(told: Project, hook: Listener) -> None:
    only(told, "late")
    for _ in range(2):
        ticks(told, 1, 25 * HOUR)
        told.refresh(later=timedelta(minutes=1))
        ticks(told, 1, timedelta(minutes=1))
    assert hook.titles == ["[late: index docs]", "[over: late: index docs]"] * 2
    numbers = [alert.number for alert in told.context().lake.alerts.all() if alert.kind == "late"]
    assert numbers == [1, 2]


def test_how_often_it_is_repeated_is_a_setting(told: Project, hook: Listener) -> None:
    only(told, "late", repeat_every="2h")
    ticks(told, 1, 25 * HOUR)
    ticks(told, 4, HOUR)
    assert len(hook.told) == 3


def test_a_channel_that_was_down_is_told_when_it_is_back(told: Project, hook: Listener) -> None:
    only(told, "late")
    hook.refuses = True
    told.clock.advance(25 * HOUR)
    (made,) = tick(told.context())
    assert "answered with status 503" in made.error
    ticks(told, 7, timedelta(minutes=5))
    assert hook.told == []
    assert notes(told, "unsent", "sent") == [("late.docs", "unsent")], "one row says that it fails"
    (row,) = [r for r in alerts(told.context())["open"] if r["kind"] == "late"]
    assert row["told"]["webhook"]["messages"] == 0
    assert "503" in row["told"]["webhook"]["error"]

    hook.refuses = False
    ticks(told, 2, timedelta(minutes=5))
    assert hook.titles == ["[late: index docs]"]
    (row,) = [r for r in alerts(told.context())["open"] if r["kind"] == "late"]
    assert row["told"] == {
        "webhook": {"messages": 1, "last": "2026-11-21T14:40:00Z", "error": None}
    }
    assert notes(told, "unsent", "sent") == [("late.docs", "unsent"), ("late.docs", "sent")]
    files = told.context().lake.files.list("alert/late.docs")
    assert len([name for name in files if name.endswith(".failed.json")]) <= 6, (
        "they do not heap up"
    )


def test_nobody_is_told_that_it_is_over_who_was_not_told_that_it_began(
    told: Project, hook: Listener
) -> None:
    only(told, "late")
    hook.refuses = True
    ticks(told, 1, 25 * HOUR)
    told.refresh()
    hook.refuses = False
    ticks(told, 2, HOUR)
    assert hook.told == []


def test_a_channel_that_fails_keeps_none_of_the_others_from_being_told(
    told: Project, hook: Listener
) -> None:
    own = told.raw["alerts"][0]
    with webhook() as closed:
        gone = {"type": "webhook", "url": closed.url, "name": "gone", "timeout": "1s"}
    told.changes["alerts"] = [{**gone, "on": ["late"]}, {**own, "on": ["late"]}]
    told.clock.advance(25 * HOUR)
    made = {attempt.channel: attempt.error for attempt in tick(told.context())}
    assert "cannot be reached (ConnectError)" in made["gone"]
    assert made["webhook"] == ""
    assert hook.titles == ["[late: index docs]"]
    with webhook(closed):
        ticks(told, 2, HOUR)
    assert closed.titles == ["[late: index docs]"]
    assert len(hook.told) == 1


def test_a_channel_that_is_down_is_not_waited_for_with_every_alert(
    told: Project, hook: Listener
) -> None:
    hook.refuses = True
    told.clock.advance(25 * HOUR)
    wrong = watch(told.context())
    (late,) = [made for made in wrong if made.kind == "late"]
    context = told.context()
    for number in range(8):
        opening = {"kind": "late", "subject": "s", "since": "2026-01-01T00:00:00Z"}
        context.lake.alerts.open(f"late.x{number}", 1, {**opening, "found": "f", "do": "d"}, "t")
    assert len(deliver(told.context(), [late])) == 3


def test_secrets_stand_nowhere(told: Project, hook: Listener) -> None:
    hook.refuses = True
    ticks(told, 2, 25 * HOUR)
    with webhook() as closed:
        told.changes["alerts"] = [{"type": "webhook", "url": closed.url}]
    ticks(told, 1, HOUR)
    lake = told.context().lake
    kept = [lake.files.get(name) or b"" for name in lake.files.list("alert")]
    rows = json.dumps([row.body for row in lake.journal.entries("alert")])
    shown = json.dumps(alerts(told.context()))
    assert "ConnectError" in shown
    for text in (b"".join(kept).decode(), rows, shown):
        assert "s3cr3t" not in text


def test_kinds_that_a_channel_does_not_want_are_kept_from_it(told: Project, hook: Listener) -> None:
    only(told, "hold", "gate")
    ticks(told, 1, 25 * HOUR)
    assert hook.told == []
    assert {row["kind"] for row in alerts(told.context())["open"]} == {"late", "burn"}


def test_names_of_documents_are_no_markup(told: Project, hook: Listener) -> None:
    only(told, "hold")
    told.write("new.md", "# New\n\nText.\n")
    told.refresh()
    from freshground.service.releases.holding import rollback

    context = told.context()
    rollback(context, context.settings.index("docs"), 1, comment="<!channel> & more")
    ticks(told, 1, HOUR)
    assert "&lt;!channel&gt; &amp; more" in hook.texts[0]


def test_reading_writes_nothing_and_needs_no_task(told: Project, hook: Listener) -> None:
    told.clock.advance(25 * HOUR)
    before = told.context().lake.files.list("")
    found = alerts(told.context())
    assert told.context().lake.files.list("") == before
    (late,) = [row for row in found["open"] if row["kind"] == "late"]
    assert late["since"] == "2026-11-21T13:00:00Z"
    assert late["opened_at"] is None
    tick(told.context())
    told.refresh()
    found = alerts(told.context())
    assert [row["kind"] for row in found["open"]] == ["burn"]
    (over,) = found["over"]
    assert (over["key"], over["resolved_at"]) == ("late.docs", None), "nobody has ended it yet"
    ticks(told, 1, HOUR)
    (over,) = alerts(told.context())["over"]
    assert over["resolved_at"] == "2026-11-21T16:00:00Z"
    told.clock.advance(LATELY + HOUR)
    assert "late.docs" not in {row["key"] for row in alerts(told.context())["over"]}


def test_what_is_long_over_is_cleared_away(told: Project) -> None:
    for later in (DAY + HOUR, KEPT + DAY, DAY + HOUR):
        ticks(told, 1, later)
        told.refresh(later=HOUR)
        ticks(told, 1, HOUR)
    numbers = [alert.number for alert in told.context().lake.alerts.all() if alert.kind == "late"]
    assert numbers == [2, 3]
    assert [n for n in told.context().lake.files.list("alert/late.docs") if "/000001/" in n] == []


def test_a_claim_of_a_process_that_died_is_taken_over(told: Project, hook: Listener) -> None:
    only(told, "late")
    told.clock.advance(25 * HOUR)
    context = told.context()
    wrong = watch(context)
    (alert,) = [a for a in context.lake.alerts.all() if a.kind == "late"]
    assert context.lake.alerts.claim(alert, "webhook", "told-0000") == 1
    assert deliver(told.context(), wrong) == []
    told.clock.advance(LOST_AFTER)
    assert len(deliver(told.context(), wrong)) == 1
    assert hook.titles == ["[late: index docs]"]


def test_of_two_that_listed_at_once_one_sends(told: Project) -> None:
    only(told, "late")
    ticks(told, 1, 25 * HOUR)
    told.clock.advance(DAY)
    first, second = told.context().lake.alerts, told.context().lake.alerts
    (seen,) = [a for a in first.all() if a.kind == "late"]
    (also,) = [a for a in second.all() if a.kind == "late"]
    assert first.claim(seen, "webhook", "told-0001") == 1
    assert second.claim(also, "webhook", "told-0001") is None
    assert (first.end(seen, "a"), second.end(also, "b")) == (True, False)
    assert first.claim(seen, "webhook", OVER) == 1
    assert second.claim(also, "webhook", OVER) is None


def _tick(root: Path, at, changes, barrier) -> None:
    project = Project(root, engine="memory", changes=changes)
    project.clock.set(at)
    context = project.context()
    barrier.wait(60)
    tick(context)


def test_two_processes_at_once_send_once(told: Project, hook: Listener) -> None:
    told.clock.advance(25 * HOUR)
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(3)
    arguments = (told.root, told.clock.now(), told.changes, barrier)
    processes = [spawn.Process(target=_tick, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    assert sorted(hook.titles) == ["[burn: index docs]", "[late: index docs]"]
    assert sorted(notes(told, "opened", "sent")) == [
        ("burn.docs", "opened"), ("burn.docs", "sent"),
        ("late.docs", "opened"), ("late.docs", "sent"),
    ]  # fmt: skip
