"""A history of changes replayed on a settable clock under a policy that says when to refresh.

Nothing is read or written: a listing at a moment sees the commits up to it, and a run takes what
the model says. So a quarter of a year passes in a second, with the governor that the product runs.
"""

from __future__ import annotations

import json
import random
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from croniter import croniter

from freshground.core.clock import ManualClock
from quality.freshness.percentiles import percentile
from quality.freshness.verdict import judge
from quality.freshness.windows import seconds_inside
from quality.governor import Promise, SourceState, decide

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from freshground.core.settings import Governor, Sla

LISTING = timedelta(minutes=3)
"""How long a run takes that finds nothing, and how long one that fails."""

CHANGE = timedelta(seconds=20)
"""What each commit adds to a run."""

KEPT = 20
"""How many past runs the governor is told of."""


@dataclass(frozen=True)
class History:
    """Commits in order of time. At `start` all is listed and published; `end` is when to stop."""

    name: str
    commits: tuple[datetime, ...]
    start: datetime
    end: datetime

    @classmethod
    def of(cls, name: str, commits: Sequence[datetime], after: timedelta) -> History:
        """Start an hour before the first commit; go on for `after` beyond the last."""
        ordered = tuple(sorted(at.astimezone(UTC) for at in commits))
        start = ordered[0].replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
        return cls(name, ordered, start, ordered[-1] + after)

    @classmethod
    def read(cls, folder: Path, after: timedelta) -> History:
        """Read `steps.jsonl` of a recorded history, with the times of its commits."""
        lines = (folder / "steps.jsonl").read_text(encoding="utf-8").splitlines()
        dates = [datetime.fromisoformat(json.loads(line)["date"]) for line in lines]
        return cls.of(folder.name, dates, after)

    def until(self, at: datetime) -> int:
        """Return how many commits a listing at that moment sees."""
        return bisect_right(self.commits, at)

    def duration(self, new: int) -> timedelta:
        """Return how long a run takes that finds that many commits."""
        return LISTING + new * CHANGE


class Policy(Protocol):
    """Says what to do at a moment, and when to ask again."""

    def next(self, state: SourceState, now: datetime, /) -> tuple[str, datetime]:
        """Return `refresh`, `look` or `wait`, and the moment to be asked again after `now`."""
        ...


@dataclass(frozen=True)
class Cron:
    """Refreshes whenever an expression says."""

    expression: str

    def next(self, _state: SourceState, now: datetime, /) -> tuple[str, datetime]:
        action = "refresh" if croniter.match(self.expression, now) else "wait"
        return action, croniter(self.expression, now).get_next(datetime)


@dataclass(frozen=True)
class Governed:
    """Asks the governor at each of its wake-ups, those left out that could only say `wait`."""

    settings: Governor

    def next(self, state: SourceState, now: datetime, /) -> tuple[str, datetime]:
        made = decide(state, now, self.settings)
        every = self.settings.every
        until = made.until or now
        return made.action, now + max(-((now - until) // every), 1) * every


@dataclass
class Outcome:
    """What a policy did. `steps` are (moment, as-of from then on); `lags` one for each commit."""

    steps: list[tuple[datetime, datetime]] = field(default_factory=list)
    listed: list[datetime] = field(default_factory=list)
    publications: int = 0
    failed: int = 0
    looks: int = 0
    lags: list[timedelta] = field(default_factory=list)
    misses: int = 0
    late: timedelta = timedelta(0)
    worst: timedelta = timedelta(0)
    mean: timedelta = timedelta(0)

    @property
    def listings(self) -> int:
        """How often the source was listed, the first time aside."""
        return len(self.listed) + self.failed

    def lag(self, percent: float) -> timedelta:
        return percentile(self.lags, percent) or timedelta(0)


def replay(history: History, policy: Policy, sla: Sla, failing: float = 0.0) -> Outcome:
    """Replay a history; each run or look fails with the probability `failing`."""
    chance = random.Random(history.name)
    clock = ManualClock(history.start)
    found = Outcome([(history.start, history.start)])
    seen = history.until(history.start)
    state = SourceState("replayed", (Promise("index replayed", sla, history.start),))
    again = history.start
    while clock.now() < history.end:
        now = clock.now()
        action, again = policy.next(state, now)
        if action in ("refresh", "look"):
            new = history.until(now) - seen
            took = history.duration(new if action == "refresh" else 0)
            ended = now + took
            state = replace(state, started=(*state.started, now)[-KEPT:])
            if chance.random() < failing:
                found.failed += 1
                state = replace(state, failures=state.failures + 1, last_failure=now + LISTING)
                ended = now + LISTING
            elif action == "look" and new:
                found.listed.append(now)
                state = replace(state, failures=0, changed_at=now)
            else:
                found.listed.append(now)
                found.steps.append((ended, now))
                held = replace(state.promises[0], as_of=now)
                state = replace(state, promises=(held,), failures=0, succeeded=now, changed_at=None)
                if new:
                    found.publications += 1
                    found.lags += [ended - at for at in history.commits[seen : seen + new]]
                    seen += new
                    state = replace(state, durations=(*state.durations, took)[-KEPT:])
            found.looks += action == "look"
            while again < ended:  # one run at a time
                again = policy.next(replace(state, running_since=now), again)[1]
        clock.set(again)
    _account(found, history.end, sla)
    return found


def _account(found: Outcome, end: datetime, sla: Sla) -> None:
    """Work out staleness and misses: between two steps the same as-of grows older."""
    area = 0.0
    for (at, as_of), (until, _) in pairwise([*found.steps, (end, end)]):
        found.worst = max(found.worst, until - as_of)
        area += (until - at).total_seconds() * ((at - as_of) + (until - as_of)).total_seconds() / 2
        if judge(as_of, until, sla).state == "late":
            late_from = max(at, as_of + sla.max_staleness)
            found.misses += 1
            found.late += timedelta(seconds=seconds_inside(sla.windows, late_from, until))
    span = (end - found.steps[0][0]).total_seconds()
    found.mean = timedelta(seconds=area / span)
