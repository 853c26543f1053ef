"""`freshground alerts` as a person and as a script call it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import yaml
from typer.testing import CliRunner

from freshground.service.cli.app import app

if TYPE_CHECKING:
    from tests.alerts.listeners import Listener
    from tests.project import Project

pytestmark = pytest.mark.slow


def call(project: Project, *arguments: str) -> tuple[int, str]:
    place = project.root / "freshground.yaml"
    place.write_text(yaml.safe_dump(project.raw))
    done = CliRunner().invoke(app, ["alerts", "--settings", str(place), *arguments])
    return done.exit_code, done.output


def test_alerts(quick: Project, hook: Listener) -> None:
    assert call(quick) == (0, "Nothing is wrong.\n")
    quick.clock.set(datetime.now(UTC) - timedelta(days=2))
    quick.fill(1)
    quick.refresh(later=timedelta(0))
    status, text = call(quick)
    assert status == 0
    assert "late: index docs" in text
    assert "no channel is set under `alerts`" in text

    notifier = {"type": "airflow", "notifier": "some.Notifier", "name": "pager"}
    quick.changes["alerts"] = [{"type": "webhook", "url": hook.url, "on": ["late"]}, notifier]
    assert "nobody was told yet" in call(quick)[1]
    assert hook.told == []
    hook.refuses = True
    status, text = call(quick, "--send")
    assert status == 1
    assert "webhook got 0, then failed: The webhook answered with status 503." in text
    assert "Left to Airflow's task `alerts` of freshground_governor: pager." in text
    hook.refuses = False
    status, text = call(quick, "--send", "--json")
    found = json.loads(text)
    assert status == 0
    assert found["attempts"] == [
        {"key": "late.docs", "channel": "webhook", "message": "told-0000", "error": ""}
    ]
    assert {row["kind"] for row in found["open"]} == {"late", "burn"}
    assert "s3cr3t" not in text
    assert "webhook got 1" in call(quick)[1]
    assert hook.titles == ["[late: index docs]"]

    quick.clock.set(datetime.now(UTC))
    quick.refresh(later=timedelta(0))
    text = call(quick)[1]
    assert "over: late: index docs" in text
