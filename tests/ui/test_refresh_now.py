"""A refresh at the press of a button: a process of its own, one at a time, in somebody's name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from freshground.core.errors import ConfigError
from freshground.core.settings import load
from freshground.service.context import Context
from freshground.service.ui.refresher import ChildRefresher
from freshground.service.ui.routing import Asked
from freshground.service.views.run import run as details
from freshground.service.views.runs import runs
from tests.project import Project
from tests.ui.desk import desk, somebody

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

WAITS = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGINT, lambda *_: sys.exit(130))\n"
    "print('x' * 100_000, sys.argv[1:], flush=True)\n"
    "while True: time.sleep(0.05)\n"  # no pause(): a signal just before it would be lost
)
FORM = {"token": "t" * 32, "from": "/runs"}


@pytest.fixture
def context(quick: Project) -> Context:
    """A project with its settings in a file, as a process beside this one needs it."""
    quick.fill(2)
    file = quick.root / "freshground.yaml"
    file.write_text(yaml.safe_dump(quick.raw))
    return Context(load(file), clock=quick.clock, by="--ben; rm")


@pytest.fixture
def waiting() -> Iterator[ChildRefresher]:
    made = ChildRefresher((sys.executable, "-c", WAITS))
    yield made
    made.close()


def _asked(context: Context, **form: str) -> Asked:
    return Asked(context, somebody(), {}, {}, form)


def test_a_refresh_is_started_recorded_and_shown(context, quick, monkeypatch) -> None:
    boards: list[Any] = []
    monkeypatch.setattr(
        "freshground.service.ui.board.ChildRefresher",
        lambda: boards.append(ChildRefresher()) or boards[0],
    )
    with desk(context) as (url, _):
        answer = httpx.post(
            f"{url}/refresh", data={**FORM, "index": "docs", "comment": "-- the storm"}
        )
        assert answer.status_code == 303
        assert answer.headers["location"] == "/ui/runs"
        boards[0]._child.watch.join(120)
        (row,) = runs(context)
        assert (row["by"], row["trigger"], row["comment"], row["outcome"]) == (
            "ana", "dashboard", "-- the storm", "done",
        )  # fmt: skip
        assert row["documents"] == 2
        page = httpx.get(f"{url}/runs/{row['run']}").text
        assert "Published docs release 1" in page
        assert "-- the storm" in page
        unknown = httpx.post(f"{url}/refresh", data={**FORM, "index": "none"})
        assert "There%20is%20no%20index" in unknown.headers["set-cookie"]
    (action,) = context.lake.journal.entries("action")
    assert (action.body["action"], action.body["by"], action.body["indexes"]) == (
        "refresh", "ana", ["docs"],
    )  # fmt: skip


def test_one_at_a_time_and_it_ends_with_the_service(context, waiting) -> None:
    said = waiting.start(_asked(context, comment="one\x00two"), ["docs"], [])
    child = waiting._child
    assert child.run_id[:12] in said
    with pytest.raises(ConfigError, match=rf"run {child.run_id[:12]} by --ben; rm") as second:
        waiting.start(_asked(context), [], [])
    assert "for 0s" in str(second.value)
    while not child.written.seek(0, 2):  # it has set its handler once it writes
        child.process.poll()
    waiting.close()
    assert child.process.returncode == 130
    with pytest.raises(ConfigError, match="ending"):
        waiting.start(_asked(context), [], [])
    (row,) = runs(context)
    assert (row["run"], row["outcome"]) == (child.run_id, "stopped")
    output = details(context, child.run_id)["output"]
    assert len(output) <= 64_000
    assert output.endswith("'--trigger=dashboard', '--index=docs']\n")
    assert "'--by=--ben; rm', '--comment=onetwo'" in output


def test_a_refresh_from_elsewhere_is_waited_for(context, quick) -> None:
    other = quick.context()
    refresher = ChildRefresher()
    with other.progress.run(other, "command"):
        other.progress._pulse.tell()
        with pytest.raises(ConfigError, match="by tester"):
            refresher.start(_asked(context), [], [])


def test_without_a_file_of_settings_nothing_can_be_started(quick) -> None:
    with pytest.raises(ConfigError, match="come from no file"):
        ChildRefresher().start(_asked(quick.context()), [], [])
