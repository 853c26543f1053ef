"""Canaries: a candidate that passed its gates answers a share of the queries first.

Its pointer, `pointer/<index>@canary/`, is a compare-and-swap of its own. A canary runs beside one
generation of the live pointer: whatever moves that, be it its own promotion, a rollback or another
publication, has ended it in the same step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.clock import iso
from freshground.core.errors import Retriable

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.lake.lake import Lake
    from freshground.lake.pointers import Pointer
    from indexes.release import Manifest

STARTED = "canary"
PROMOTING = "promote"
ENDED = "roll back"


def name(index: str) -> str:
    """Return under which name the pointers of an index's canaries stand; no index bears it."""
    return f"{index}@canary"


def newest(lake: Lake, index: str) -> Pointer | None:
    """Return the last thing that happened to a canary of an index."""
    return lake.pointers.live(name(index))


def running(lake: Lake, index: str, live: Pointer | None) -> Pointer | None:
    """Return the canary that runs beside the live pointer as it was read, if one does.

    One whose promotion was decided runs until the live pointer names it.
    """
    found = newest(lake, index)
    if found is None or live is None or found.action == ENDED:
        return None
    return found if found.beside == live.generation else None


def start(
    lake: Lake, manifest: Manifest, live: Pointer, seen: Pointer | None, now: datetime
) -> Pointer:
    """Let a candidate answer beside the live release; `seen` is what `newest` was at planning.

    Retriable when another canary or publication came between.
    """
    pointer = _swap(lake, manifest.index, seen, manifest.release, manifest.candidate, STARTED,
                    now, manifest.by, live.generation)  # fmt: skip
    now_live = lake.pointers.live(manifest.index)
    if now_live is None or now_live.generation != live.generation:
        raise Retriable(
            f"Another release of {manifest.index} was published while this one was made.",
            "Run it again: it plans anew from what is live now.",
        )
    return pointer


def move(lake: Lake, trial: Pointer, action: str, by: str, now: datetime) -> Pointer:
    """Decide a running canary: PROMOTING or ENDED. Retriable when somebody else did first."""
    index = trial.index.removesuffix(name(""))
    return _swap(lake, index, trial, trial.release, trial.candidate, action, now, by, trial.beside)


def _swap(
    lake: Lake,
    index: str,
    seen: Pointer | None,
    release: int,
    candidate: str,
    action: str,
    now: datetime,
    by: str,
    beside: int | None,
) -> Pointer:
    pointer = lake.pointers.swap(
        seen,
        {
            "index": name(index),
            "release": release,
            "candidate": candidate,
            "action": action,
            "at": iso(now),
            "by": by,
            "beside": beside,
        },
    )
    if pointer is None:
        raise Retriable(
            f"The canary of {index} was decided or replaced meanwhile.", "Run it again."
        )
    return pointer
