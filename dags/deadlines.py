"""The native deadline of each index: the moment at which what it serves passes its SLA.

The governor's task `alerts` leaves those moments in an Airflow Variable, which is all that is read
when a run of the DAG freshground_deadlines is made: nothing slow, and nothing that can fail and
keep the run from being made. What Airflow calls when one has passed asks the lake anew, so a moment
that has moved since alarms nobody, and tells what the task has not told yet. It runs in the
triggerer: also when no worker takes tasks.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from airflow.sdk import AsyncCallback, BaseDeadlineReference, DeadlineAlert

from freshground.core.clock import iso, parse_iso

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from freshground.core.settings import Settings

VARIABLE = "freshground_deadlines"
"""The Variable's name. It holds a JSON object: index id -> ISO 8601 time."""

PLUGIN = "freshground"


@dataclass
class StalenessDeadline(BaseDeadlineReference):
    """When an index passes its SLA, as last told; never, for one of which nothing was told."""

    index: str = ""

    def _evaluate_with(self, *, session: Session, **_: Any) -> datetime | None:
        from airflow.models.variable import Variable
        from sqlalchemy import select

        row = session.scalar(select(Variable).where(Variable.key == VARIABLE))
        return moment(row.get_val() if row else None, self.index)

    def serialize_reference(self) -> dict[str, Any]:
        """Return what `deserialize_reference` takes."""
        return {"reference_type": self.reference_name, "index": self.index}

    @classmethod
    def deserialize_reference(cls, reference_data: dict[str, Any]) -> StalenessDeadline:
        """Return the reference that was serialised."""
        return cls(index=reference_data["index"])


def moment(text: str | None, index: str) -> datetime | None:
    """Return an index's time out of the Variable's text; None for whatever is none.

    An error here would keep Airflow from making the run.
    """
    try:
        found = json.loads(text or "{}")
        return parse_iso(found.get(index)) if isinstance(found, dict) else None
    except (ValueError, TypeError):
        return None


def told(deadlines: Mapping[str, datetime]) -> str:
    """Return the Variable's text."""
    return json.dumps({index: iso(at) for index, at in sorted(deadlines.items())})


def known() -> bool:
    """Return whether Airflow loads our plugin: else it cannot read these deadlines."""
    return any(entry.name == PLUGIN for entry in entry_points(group="airflow.plugins"))


def alerts(settings: Settings) -> list[DeadlineAlert]:
    """Return the native deadline of each index."""
    return [
        DeadlineAlert(
            name=f"{index.id} passes its SLA",
            reference=StalenessDeadline(index=index.id),
            interval=timedelta(0),
            callback=AsyncCallback(passed, kwargs={"index": index.id}),
        )
        for index in settings.indexes
    ]


async def passed(index: str) -> str:
    """See what is wrong and tell webhooks and mail, when the deadline of `index` has passed.

    Return what was done; Retriable when a channel failed, which the next task `alerts` tries again.
    """
    return await asyncio.to_thread(_passed, index)


def _passed(index: str) -> str:
    from freshground.core.errors import Retriable
    from freshground.core.settings import load
    from freshground.service.alerts.watch import tick
    from freshground.service.context import Context

    attempts = tick(Context(load(), by="airflow:deadline", run_id=f"deadline/{index}"))
    failed = [made for made in attempts if made.error]
    if failed:
        raise Retriable("; ".join(f"{made.channel}: {made.error}" for made in failed))
    return f"{len(attempts)} messages"
