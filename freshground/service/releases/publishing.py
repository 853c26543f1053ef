"""Making a judged candidate the live release, and what is cleared away after that."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from freshground.service.denial.narrowing import clear_away

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings
    from freshground.lake.pointers import Pointer
    from freshground.service.context import Context
    from indexes.release import Manifest

_QUERIES_KEPT = timedelta(days=31)
_USAGE_KEPT = timedelta(days=400)
"""A year's bill can be looked into, and compared with the one before."""
_TRAFFIC_KEPT = timedelta(days=90)
_FOUND_KEPT = timedelta(days=90)


def publish(context: Context, manifest: Manifest, seen: Pointer | None) -> Pointer:
    """Move the live pointer to a candidate and record it. Retriable when another was first."""
    pointer = context.releases.publish(manifest, seen, context.clock.now())
    body = {
        "release": pointer.release,
        "generation": pointer.generation,
        "action": pointer.action,
        "candidate": pointer.candidate,
        "by": pointer.by,
        "as_of": manifest.as_of,
        "counts": manifest.counts,
    }
    context.lake.journal.add(context.run_id, "release", pointer.index, body)
    show(context, context.settings.index(pointer.index))
    return pointer


def show(context: Context, index: IndexSettings) -> None:
    """Let the engine show what the pointer names, to those who ask the engine itself.

    Called after the pointer moved, and by every build and confirmation: a process that was killed
    in between left the old release there. The pointer is read again at the end, so that of two
    processes the slower one does not leave what was overtaken.
    """
    while (live := context.releases.live(index.id)) is not None:
        pointer, manifest = live
        engine = context.engine(index)
        if manifest.engine["name"] != engine.name:
            return
        engine.publish(index.id, manifest.engine_version)
        now = context.lake.pointers.live(index.id)
        if now is not None and now.generation == pointer.generation:
            return


def tidy(context: Context, index: IndexSettings) -> None:
    """Delete releases, narrowings, counts of queries and usage that nothing needs any more.

    What is kept of traffic is folded by day.
    """
    now = context.clock.now()
    engine = context.engine(index)
    gone = context.releases.retire(engine, index.id, index.keep_releases, now)
    if gone:
        context.lake.journal.add(context.run_id, "retired", index.id, {"releases": gone})
    clear_away(context)
    context.lake.queries.forget(now - _QUERIES_KEPT)
    context.lake.usage.forget((now - _USAGE_KEPT).date())
    context.lake.traffic.fold()
    context.lake.traffic.forget(now - _TRAFFIC_KEPT)
    context.lake.found.forget((now - _FOUND_KEPT).date())
