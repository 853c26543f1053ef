"""The numbers that monitoring watches: how each index and source stands, and what has been."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from freshground.service.freshness.as_of import durations, expected, served_as_of
from freshground.service.freshness.sla import as_of_steps
from freshground.service.quarantine.listing import set_aside
from freshground.service.views.standing_checks import failing
from quality.freshness.budget import budget
from quality.freshness.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from freshground.core.settings import IndexSettings
    from freshground.lake.journal import Entry
    from freshground.service.context import Context
    from indexes.release import Manifest
    from quality.freshness.budget import Budget
    from quality.freshness.verdict import Verdict

LATE_ROWS = timedelta(days=1)
"""How long after the time it bears a row of the journal may come: it is written when a run ends."""

OUTCOMES = {0: "ok", 1: "failed", 3: "quarantined", 4: "guard", 5: "gate", 130: "interrupted"}
"""How a refresh ended, by its exit status."""


@dataclass(frozen=True)
class IndexVitals:
    """What is known of an index.

    `budget` is its error budget when the lake was read: of months it takes a while to add up.
    `expected_run` is how long a refresh takes.
    """

    index: IndexSettings
    manifest: Manifest | None
    as_of: datetime | None
    budget: Budget
    expected_run: timedelta
    quarantined: int

    def judged(self, now: datetime, margin: timedelta) -> Verdict:
        """Return staleness and verdict at a moment, as the freshness report does."""
        return judge(self.as_of, now, self.index.sla, self.expected_run, margin)


@dataclass
class Totals:
    """What has been since the journal began, kept up by reading what is new.

    `refreshes` by outcome, `stages` by (stage, outcome), `gates` stopped by index, `quarantine`
    documents newly set aside by source, `tokens` and `money` embedded by index.
    """

    refreshes: Counter[str] = field(default_factory=Counter)
    stages: Counter[tuple[str, str]] = field(default_factory=Counter)
    gates: Counter[str] = field(default_factory=Counter)
    quarantine: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    money: Counter[str] = field(default_factory=Counter)

    def add(self, rows: Iterable[Entry]) -> None:
        """Count rows of the kinds run, stage and cost."""
        for row in rows:
            body = row.body
            if row.kind == "run":
                self.refreshes[OUTCOMES.get(body["status"], "failed")] += 1
            elif row.kind == "cost":
                self.tokens[row.subject] += body["tokens"]
                self.money[row.subject] += body["money"]
            else:
                self.stages[body["stage"], body["outcome"]] += 1
                if body["outcome"] == "gate":
                    self.gates[row.subject] += 1
                if body["newly_quarantined"]:
                    self.quarantine[row.subject] += len(body["newly_quarantined"])

    def __add__(self, other: Totals) -> Totals:
        made = Totals()
        for name in vars(made):
            getattr(made, name).update(getattr(self, name))
            getattr(made, name).update(getattr(other, name))
        return made


class Counted:
    """Totals that read years of history once, and the newest day of it again each time."""

    def __init__(self) -> None:
        self._before = Totals()
        self._edge: datetime | None = None

    def read(self, context: Context) -> Totals:
        """Return the totals now."""
        rows = context.lake.journal.entries("run", "stage", "cost", since=self._edge)
        edge = context.clock.now() - LATE_ROWS
        self._before.add(row for row in rows if row.at < edge)
        self._edge = max(edge, self._edge or edge)
        newest = Totals()
        newest.add(row for row in rows if row.at >= edge)
        return self._before + newest


@dataclass(frozen=True)
class Vitals:
    """All of it. `aside` counts quarantined documents by source, `failing` checks by what failed.

    `failing` has (layer, severity) for its keys, and counts checks that do not hold now.
    """

    indexes: list[IndexVitals]
    aside: Counter[str]
    failing: Counter[tuple[str, str]]
    totals: Totals


def vitals(context: Context, counted: Counted) -> Vitals:
    """Return the numbers of a project, by reading its lake."""
    aside = Counter(row["source"] for row in set_aside(context))
    now = context.clock.now()
    indexes: list[IndexVitals] = []
    for index in context.settings.indexes:
        live = context.releases.live(index.id)
        manifest = live[1] if live else None
        indexes.append(
            IndexVitals(
                index,
                manifest,
                served_as_of(context, manifest) if manifest else None,
                budget(as_of_steps(context, index.id), now, index.sla),
                max(map(expected, durations(context, index.id).values()), default=timedelta(0)),
                sum(aside[source_id] for source_id in index.sources),
            )
        )
    return Vitals(indexes, aside, _failing(context), counted.read(context))


def _failing(context: Context) -> Counter[tuple[str, str]]:
    """Return how many checks do not hold, those of a source that several indexes share once."""
    rows = {
        (row["check_id"], row["subject"]): row
        for index in context.settings.indexes
        for row in failing(context, index)
    }
    return Counter((row["layer"], row["severity"]) for row in rows.values())
