"""What runs at this moment, how far it is, and how long it will probably take yet."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from freshground.core.clock import iso, parse_iso
from freshground.service.views.origin import trigger_of
from freshground.service.views.remaining import Past, left_of_process, left_of_stage, read_past

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from freshground.lake.lake import Lake
    from freshground.lake.progress import Beat
    from freshground.service.context import Context

_pasts: WeakKeyDictionary[Lake, tuple[frozenset[str], Past]] = WeakKeyDictionary()
"""The past does not change while the same runs go on: it is read once for them."""


def running(context: Context) -> list[dict[str, Any]]:
    """Return the runs at work, the oldest first; those that are lost have `lost`.

    Lengths are seconds. `share` (0 to 1) and `left_s` are None where nothing tells; `left_s` is an
    estimate. `parts` are the processes of the run, one but for runs of Airflow.
    """
    beats = context.lake.progress.running()
    if not beats:
        return []
    past = _past(context, beats)
    runs = groupby(sorted(beats, key=lambda each: each.run_id), key=lambda each: each.run_id)
    found = [_run(context, list(group), past) for _, group in runs]
    return sorted(found, key=lambda row: (row["started_at"], row["run"]))


def _past(context: Context, beats: Sequence[Beat]) -> Past:
    ids = frozenset(beat.run_id for beat in beats)
    kept = _pasts.get(context.lake)
    if kept is None or kept[0] != ids:
        kept = _pasts[context.lake] = (ids, read_past(context))
    return kept[1]


def _run(context: Context, beats: Sequence[Beat], past: Past) -> dict[str, Any]:
    now = context.clock.now()
    first = min(beats, key=lambda beat: beat.started_at)
    alive = [beat for beat in beats if not beat.lost(now)]
    at = max(beat.at for beat in beats)
    began = parse_iso(first.started_at) or now
    until = now if alive else parse_iso(at) or now
    seconds = (until - began).total_seconds()
    left = [left_of_process(context, beat, past, _since(beat, now)) for beat in alive]
    # Processes of one run work side by side: it ends with the last of them.
    known = [each for each in left if each is not None]
    left_s = max(known) if known and len(known) == len(left) else None
    stages = [each for beat in beats for each in beat.stages]
    return {
        "run": first.run_id,
        "by": first.by,
        "trigger": trigger_of(first.run_id, first.by, first.trigger),
        "started_at": iso(began),
        "at": at,
        "seconds": round(seconds, 3),
        "lost": not alive,
        "share": _share(seconds, left_s, beats),
        "left_s": None if left_s is None else round(left_s, 1),
        "parts": [_part(beat, past, now) for beat in alive or beats],
        "stages": [
            {name: each[name] for name in ("stage", "subject", "outcome", "seconds")}
            for each in stages
        ],
        "planned": sum(len(beat.planned) for beat in beats),
    }


def _since(beat: Beat, now: datetime) -> float:
    """Return how many seconds ago a heartbeat was; none of a process that is lost counts."""
    return 0.0 if beat.lost(now) else (now - (parse_iso(beat.at) or now)).total_seconds()


def _part(beat: Beat, past: Past, now: datetime) -> dict[str, Any]:
    since_s = _since(beat, now)
    left = left_of_stage(beat, past, None, since_s) if beat.stage else None
    return {
        "process": beat.process,
        "stage": beat.stage,
        "subject": beat.subject,
        "unit": beat.unit,
        "done": beat.done,
        "total": beat.total or None,
        "share": min(1.0, beat.done / beat.total) if beat.total else None,
        "rate": beat.rate or None,
        "seconds": round(beat.seconds + since_s, 3),
        "left_s": None if left is None else round(left, 1),
    }


def _share(seconds: float, left_s: float | None, beats: Sequence[Beat]) -> float | None:
    """Return how much of a run is done: of its time, else of its stages."""
    if left_s is not None and seconds + left_s > 0:
        return round(seconds / (seconds + left_s), 4)
    planned = sum(len(beat.planned) for beat in beats)
    done = sum(len(beat.stages) for beat in beats)
    return round(done / planned, 4) if planned else None
