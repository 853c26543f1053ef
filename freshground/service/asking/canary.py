"""Canaries as seen by queries and people: who is sent there, how it goes, what was decided.

A query that a canary cannot answer is answered by the live release: it is counted as the canary's
error, and nobody is harmed by it.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from freshground.core.clock import iso, parse_iso
from freshground.core.errors import ConfigError, FreshgroundError, TooStale
from freshground.core.ids import digest
from indexes import canary as pointers
from quality.canary import Verdict, decide

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from freshground.core.settings import Canary, IndexSettings
    from freshground.lake.pointers import Pointer
    from freshground.lake.queries import Tally
    from freshground.service.context import Context
    from indexes.release import Manifest

T = TypeVar("T")

NOTE = "canary"
"""What the decision is kept as, beside the candidate's manifest."""

OF_A_RELEASE = (FreshgroundError, OSError, RuntimeError, ValueError)
"""What a release that is broken raises, be it by us or by its engine; others are defects."""


@dataclass(frozen=True)
class Trial:
    """A canary that runs: its pointer and manifest, and the live pointer it runs beside."""

    pointer: Pointer
    manifest: Manifest
    live: Pointer


def running(context: Context, index: IndexSettings) -> Trial | None:
    """Return the canary of an index, if the settings allow one and one runs."""
    if index.canary is None:
        return None
    live = context.lake.pointers.live(index.id)
    pointer = pointers.running(context.lake, index.id, live)
    if pointer is None or live is None:
        return None
    return Trial(pointer, context.releases.manifest(index.id, pointer.candidate), live)


def drawn(trial: Trial, settings: Canary, request: str) -> bool:
    """Return whether a request is for the canary: the same one always is, or never."""
    return int(digest(trial.pointer.candidate, request)[:13], 16) < settings.share * 16**13


def answer(
    context: Context,
    index: IndexSettings,
    trial: Trial,
    request: str | None,
    ask: Callable[[Manifest], T],
    hits: Callable[[T], int],
) -> tuple[T, bool]:
    """Ask the canary or the live release, count how it went; return that it was the canary's."""
    live = context.releases.manifest(index.id, trial.live.candidate)
    if index.canary is None or not drawn(trial, index.canary, request or uuid.uuid4().hex):
        return _counted(context, trial, "live", live, ask, hits), False
    try:
        return _counted(context, trial, "canary", trial.manifest, ask, hits), True
    except TooStale:
        raise  # the live release is staler still
    except OF_A_RELEASE:
        # Not counted for the live release: what is wrong with the question would count twice.
        return ask(live), False


def _counted(
    context: Context,
    trial: Trial,
    arm: str,
    manifest: Manifest,
    ask: Callable[[Manifest], T],
    hits: Callable[[T], int],
) -> T:
    note = partial(context.lake.queries.outcome, manifest.index, trial.pointer.candidate, arm)
    started = time.perf_counter()
    try:
        found = ask(manifest)
    except TooStale:
        raise  # an answer that was not wanted says nothing of a release
    except OF_A_RELEASE:
        note(None)
        raise
    note(time.perf_counter() - started, empty=not hits(found))
    return found


def measured(context: Context, trial: Trial) -> tuple[dict[str, Tally], Verdict]:
    """Return how the queries of both arms went, and what that means now."""
    started = _started(context, trial)
    arms = context.lake.queries.outcomes(trial.manifest.index, trial.pointer.candidate, started)
    settings = context.settings.index(trial.manifest.index).canary
    if settings is None:
        raise ConfigError(f"Index {trial.manifest.index!r} has no canaries.", "Set `canary`.")
    age = context.clock.now() - started
    return arms, decide(arms["canary"], arms["live"], age, settings)


def _started(context: Context, trial: Trial) -> datetime:
    own = [p for p in context.lake.pointers.history(trial.pointer.index)
           if p.candidate == trial.pointer.candidate]  # fmt: skip
    return parse_iso(own[0].at) or context.clock.now()


def report(context: Context, index: IndexSettings) -> dict[str, Any]:
    """Return whether a canary runs and how it does, else how the last one ended. JSON-ready."""
    trial = running(context, index)
    if trial is None or index.canary is None:
        last = pointers.newest(context.lake, index.id)
        manifest = context.releases.find(index.id, last.candidate) if last else None
        return {
            "index": index.id,
            "running": False,
            "last": context.releases.noted(manifest, NOTE) if manifest else None,
        }
    arms, verdict = measured(context, trial)
    started = _started(context, trial)
    return {
        "index": index.id,
        "running": True,
        "release": trial.manifest.release,
        "beside": trial.live.release,
        "share": index.canary.share,
        "since": iso(started),
        "until": iso(started + index.canary.max_duration),
        **told(arms, verdict),
    }


def told(arms: dict[str, Tally], verdict: Verdict) -> dict[str, Any]:
    """Return a verdict and what it rests on as JSON-ready data."""
    return {
        "action": verdict.action,
        "reason": verdict.reason,
        "arms": {
            arm: {"queries": tally.queries, "errors": tally.errors, "empty": tally.empty}
            for arm, tally in arms.items()
        },
        "harms": [harm.as_dict() for harm in verdict.harms],
    }
