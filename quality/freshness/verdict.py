"""The verdict on an as-of. Whoever asks computes it from the clock: no task has to run for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from quality.freshness.windows import first_inside

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.core.settings import Sla

State = Literal["fresh", "due", "late", "unknown"]

CLOCK_SKEW = timedelta(minutes=1)
"""How far ahead of the asker's clock an as-of may be before it is no longer believed."""

_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an as-of stands to its SLA at the moment asked.

    `staleness` is now minus as-of, never negative. `deadline` is the first moment inside a window
    at which the as-of is older than the SLA allows; from then on it is `late` until it moves, also
    after the window has closed. A refresh is `due` from `due_at` on: the deadline less its expected
    duration and the margin. All three are None when there is no as-of to believe: `unknown`.
    """

    state: State
    staleness: timedelta | None = None
    deadline: datetime | None = None
    due_at: datetime | None = None


def judge(
    as_of: datetime | None,
    now: datetime,
    sla: Sla,
    expected: timedelta = _NONE,
    margin: timedelta = _NONE,
) -> Verdict:
    """Judge an as-of (None: nothing published) at `now`; both are aware.

    `expected` is how long a refresh takes from the start of its listing to its publication.

    An as-of more than CLOCK_SKEW after `now` is `unknown`: a listing cannot have begun in the
    future, so the time of neither is trusted, and it does not read as fresh until the clock
    catches up. A smaller lead is staleness zero.
    """
    if as_of is None or as_of - now > CLOCK_SKEW:
        return Verdict("unknown")
    expiry = as_of + sla.max_staleness
    deadline = first_inside(sla.windows, expiry)
    due_at = deadline - expected - margin
    if now > expiry and now >= deadline:
        state: State = "late"
    else:
        state = "due" if now >= due_at else "fresh"
    return Verdict(state, max(now - as_of, _NONE), deadline, due_at)
