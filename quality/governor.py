"""The governor: refresh a source now, look, wait, or hold. Pure: it is told all, and records it.

It refreshes as late as the strictest SLA over a source allows: at the deadline, less what a
refresh takes, less a margin for retries. Everything else can only delay or stop that, and says so.

While nothing changes, a listing that confirms it is all that the SLA needs. So with `looks` set it
lists now and then without taking anything in: as long as all is as it was, the as-of moves and
with it the deadline; once something changed, it stops looking and gathers changes until due.

What is on hold is looked at as often as what fails: who may read less is to read less at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Literal

from freshground.core.clock import iso, spoken
from quality.freshness.percentiles import percentile
from quality.freshness.verdict import CLOCK_SKEW, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.core.settings import Governor, Sla

Action = Literal["refresh", "look", "wait", "hold"]

_DAY = timedelta(days=1)
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Promise:
    """An SLA that a source has to keep: its own, or that of an index over it.

    `of` says whose, as `index handbook`. `as_of` is what it serves of this source (None: nothing
    published). `held` says in words why nothing new may be published to it; empty: nothing does.
    """

    of: str
    sla: Sla
    as_of: datetime | None
    held: str = ""


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the governor knows of a source. Times are aware.

    - `durations`: of its past runs that published, from the start of the listing to the
      publication. Those that only confirm are quicker and would flatter it.
    - `started`: starts of its runs and looks, the latest and all of the last 24 hours; `spare`:
      those of them that no SLA asked for.
    - `succeeded`: start of the latest complete run. `running_since`: of one that has not ended.
    - `failures`: runs that failed since the last that did not, the latest at `last_failure`.
    - `short_at`: start of the latest run, if all that was new had to wait for the budget.
    - `changed_at`: when a look found a change that no complete run has taken in since.
    - `held`: why the source itself is on hold, such as a plan that awaits approval; or empty.
    - `listings`, of which `changed` found a change: the complete ones over the time `observed`.
    """

    source: str
    promises: tuple[Promise, ...] = ()
    durations: tuple[timedelta, ...] = ()
    started: tuple[datetime, ...] = ()
    spare: tuple[datetime, ...] = ()
    succeeded: datetime | None = None
    running_since: datetime | None = None
    failures: int = 0
    last_failure: datetime | None = None
    short_at: datetime | None = None
    changed_at: datetime | None = None
    held: str = ""
    listings: int = 0
    changed: int = 0
    observed: timedelta = _NONE
    queries_per_hour: float = 0.0


@dataclass(frozen=True, slots=True)
class Decision:
    """`until` is when a `wait` is over, None otherwise. `inputs` are JSON-ready, for the record."""

    source: str
    action: Action
    until: datetime | None
    reason: str
    inputs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Due:
    """The strictest promise: a refresh has to start at `at`, for the reason given."""

    at: datetime
    reason: str
    promise: Promise | None = None
    deadline: datetime | None = None
    margin: timedelta = _NONE
    as_of: datetime | None = None


def decide(state: SourceState, now: datetime, settings: Governor) -> Decision:
    """Decide on one source. The same arguments give the same decision."""
    expected = expected_duration(state)
    open_promises = [promise for promise in state.promises if not promise.held]
    due = _due(state, open_promises, now, expected, settings)
    inputs = _inputs(state, due, now, expected, settings)

    def decision(action: Action, reason: str, until: datetime | None = None) -> Decision:
        return Decision(state.source, action, until, reason, inputs)

    held = state.held
    if state.promises and not open_promises:
        held = held or "; ".join(f"{p.of}: {p.held}" for p in state.promises)
    if held:
        starts = [at for at in state.started if at - now <= CLOCK_SKEW]
        if starts and now - max(starts) < settings.max_backoff:
            return decision("hold", held)
        return decision("look", f"on hold, listed only so that narrowed access acts: {held}")
    running = state.running_since
    if running is not None and -CLOCK_SKEW <= now - running < settings.lost_after:
        ends = max(running + expected, now + settings.every)
        return decision("wait", f"a run is going on since {iso(running)}", ends)
    free_at, obstacle = _free(state, now, settings)
    if now < due.at:
        look_at = _look_at(state, due, settings)
        if now >= max(look_at, free_at):
            return decision("look", f"not due, but perhaps unchanged: {due.reason}")
        return decision("wait", f"not due: {due.reason}", max(min(due.at, look_at), free_at))
    if now < free_at:
        return decision("wait", f"{obstacle}, though due: {due.reason}", free_at)
    return decision("refresh", due.reason)


def decide_all(states: Sequence[SourceState], now: datetime, settings: Governor) -> list[Decision]:
    """Decide on all sources, in their order, and spend a spare run if one is to be had.

    Spare runs are at least 24 h / `spare_runs_per_day` apart. One goes to the source, among those
    that could run but are not due, for which the expected number of queries an hour that it would
    answer better is greatest; none, if that is zero for all.
    """
    decisions = [decide(state, now, settings) for state in states]
    if not settings.spare_runs_per_day:
        return decisions
    latest = max((at for state in states for at in state.spare), default=None)
    if latest is not None and now < latest + _DAY / settings.spare_runs_per_day:
        return decisions
    waiting = [
        (worth(state, now), -place)
        for place, (state, made) in enumerate(zip(states, decisions, strict=True))
        if made.action == "wait"
        and state.running_since is None
        and _free(state, now, settings)[0] <= now
    ]
    value, place = max(waiting, default=(0.0, 0))
    if value > 0:
        made = decisions[-place]
        reason = f"spare run: about {value:.3g} queries an hour would find something newer"
        inputs = {**made.inputs, "spare": True}
        decisions[-place] = replace(
            made, action="refresh", until=None, reason=reason, inputs=inputs
        )
    return decisions


def expected_duration(state: SourceState) -> timedelta:
    """Return the 90th percentile of the source's past runs; zero before the first."""
    return percentile(state.durations, 90) or _NONE


def change_rate(state: SourceState) -> float:
    """Return the chance, 0 to 1, that a listing finds a change; one half before the first."""
    return (state.changed + 1) / (state.listings + 2)


def worth(state: SourceState, now: datetime) -> float:
    """Return queries an hour times the chance of a change since the last complete run.

    The chance of a change in one usual interval between listings is `change_rate`; over a longer
    or shorter time it is that of as many independent intervals.
    """
    chance = change_rate(state)
    if state.succeeded is not None and state.listings and state.observed > _NONE:
        intervals = max(now - state.succeeded, _NONE) / (state.observed / state.listings)
        chance = 1 - (1 - chance) ** intervals
    return state.queries_per_hour * chance


def backoff(failures: int, settings: Governor) -> timedelta:
    """Return how long to wait after that many failures in a row; zero after none."""
    if failures < 1:
        return _NONE
    doubled = 2.0 ** min(failures - 1, 1000)  # further on, no float holds it
    if doubled >= settings.max_backoff / settings.backoff:
        return settings.max_backoff
    return settings.backoff * doubled


def tightest(sla: Sla) -> timedelta:
    """Return the staleness under which every part of the SLA holds.

    Content that is never older than a bound has no lag above it, so a percentile of the lag is
    safe at the same bound, whenever changes come.
    """
    return min([sla.max_staleness, *sla.max_lag.values()])


def _due(
    state: SourceState,
    promises: list[Promise],
    now: datetime,
    expected: timedelta,
    settings: Governor,
) -> _Due:
    if not promises:
        if state.succeeded is None or state.succeeded - now > CLOCK_SKEW:
            return _Due(now, "under no SLA, and never listed")
        at = state.succeeded + settings.without_sla
        return _Due(at, f"under no SLA, so listed each {spoken(settings.without_sla)}")
    return min(
        (_due_of(state, promise, now, expected, settings) for promise in promises),
        key=lambda due: due.at,
    )


def _due_of(
    state: SourceState, promise: Promise, now: datetime, expected: timedelta, settings: Governor
) -> _Due:
    bound = tightest(promise.sla)
    margin = settings.margin_of(bound)
    sla = promise.sla.model_copy(update={"max_staleness": bound})
    verdict = judge(promise.as_of, now, sla, expected, margin)
    if promise.as_of is not None and verdict.state == "unknown":
        # What says to be from the future is dated by the last run instead.
        verdict = judge(state.succeeded, now, sla, expected, margin)
    if verdict.due_at is None or verdict.staleness is None:
        return _Due(now, f"{promise.of} serves nothing of it that has a date", promise)
    reason = f"{promise.of} would be late at {iso(verdict.deadline)}"
    if verdict.state == "late":
        reason = f"{promise.of} is late since {iso(verdict.deadline)}"
    if 2 * expected + settings.every > bound:
        reason += f" and cannot keep {spoken(bound)} with runs of {spoken(expected)}"
    as_of = now - verdict.staleness
    return _Due(verdict.due_at, reason, promise, verdict.deadline, margin, as_of)


def _look_at(state: SourceState, due: _Due, settings: Governor) -> datetime:
    """Return when to look, which is not before it is due when looking is of no use."""
    if not settings.looks or due.as_of is None or state.changed_at is not None:
        return due.at
    latest = max((at for at in state.started if at < due.at), default=due.as_of)
    return max(latest, due.as_of) + (due.at - due.as_of) / (settings.looks + 1)


def _free(state: SourceState, now: datetime, settings: Governor) -> tuple[datetime, str]:
    """Return from when on a run may start, and what stands in its way until then.

    Times in the future, which a wrong clock wrote, stand in nobody's way.
    """
    free = [(now, "")]
    failed_at = state.last_failure
    if state.failures and failed_at is not None and failed_at - now <= CLOCK_SKEW:
        wait = backoff(state.failures, settings)
        times = f"{state.failures} times in a row" if state.failures > 1 else "once"
        free.append((failed_at + wait, f"failed {times}, tried again after {spoken(wait)}"))
    short = state.short_at
    if short is not None and short - now <= CLOCK_SKEW:
        midnight = datetime.combine(short.astimezone(UTC).date() + _DAY, time(), UTC)
        free.append((min(short + settings.max_backoff, midnight), "the budget is used up"))
    starts = sorted(at for at in state.started if at - now <= CLOCK_SKEW)
    if starts:
        apart = settings.min_interval
        free.append((starts[-1] + apart, f"runs start at least {spoken(apart)} apart"))
    most = settings.max_runs_per_day
    if most is not None and len(starts) >= most:
        free.append((starts[-most] + _DAY, f"at most {most} runs in 24 hours"))
    return max(free, key=lambda gate: gate[0])


def _inputs(
    state: SourceState, due: _Due, now: datetime, expected: timedelta, settings: Governor
) -> dict[str, Any]:
    promise = due.promise
    return {
        "now": iso(now),
        "strictest": promise.of if promise else None,
        "as_of": iso(promise.as_of) if promise else None,
        "deadline": iso(due.deadline),
        "due_at": iso(due.at),
        "expected_s": expected.total_seconds(),
        "margin_s": due.margin.total_seconds(),
        "failures": state.failures,
        "last_failure": iso(state.last_failure),
        "backoff_s": backoff(state.failures, settings).total_seconds(),
        "short_at": iso(state.short_at),
        "changed_at": iso(state.changed_at),
        "held": [p.of for p in state.promises if p.held],
        "running_since": iso(state.running_since),
        "runs_24h": sum(now - at < _DAY for at in state.started),
        "change_rate": change_rate(state),
        "queries_per_hour": state.queries_per_hour,
        "spare": False,
    }
