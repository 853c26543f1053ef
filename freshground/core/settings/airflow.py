"""What the DAGs add."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import Field

from freshground.core.settings.values import DottedPath, Duration, Id, Section


class Watcher(Section):
    """An Airflow trigger whose events wake the ingest DAG of `source`: a queue, a file, a topic.

    `trigger` is the class of a BaseEventTrigger, made with `kwargs`.
    """

    source: Id
    trigger: DottedPath
    kwargs: dict[str, Any] = Field(default_factory=dict, repr=False)


class Airflow(Section):
    """What the DAGs add. Cron expressions are in UTC.

    `ingest` lists every source by the clock as well; None: only the governor, events and people do.
    `drain` is when layers take up what a lost event left. `approval_timeout` is how long a stopped
    plan waits for an answer before it counts as rejected. `watchers` wake ingest DAGs by events.
    `groups` are those whose documents a user of Airflow sees on the dashboard, by the user's name;
    everybody sees what is public, Airflow's admins everything.
    """

    ingest: str | None = None
    drain: str = "*/15 * * * *"
    approval_timeout: Duration = Field(timedelta(hours=24), gt=timedelta(0))
    watchers: tuple[Watcher, ...] = ()
    groups: dict[str, tuple[str, ...]] = Field(default_factory=dict)
