"""What an index serves, what a rollback would do, and everything there is to know of a release."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from freshground.core.clock import parse_iso
from freshground.core.errors import ConfigError
from freshground.service.asking import canary as trials
from freshground.service.freshness.as_of import freshness
from freshground.service.releases.holding import message
from freshground.service.status import releases as listed
from freshground.service.views.checks import Result
from freshground.service.views.failing import wording
from freshground.service.views.timeline import Past
from indexes import canary

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings
    from freshground.lake.pointers import Pointer
    from freshground.service.context import Context
    from freshground.service.views.readable import Sight
    from indexes.release import Manifest

__all__ = ["going_back", "judged", "listed", "release", "standing"]


def standing(context: Context, index: IndexSettings) -> dict[str, Any]:
    """Return what serves now: release, freshness, hold, canary, and what a rollback would do."""
    live = context.releases.live(index.id)
    manifest = live[1] if live else None
    holds = context.lake.holds.active(index.id)
    return {
        "index": index.id,
        **freshness(context, index, manifest).as_dict(),
        "max_staleness_s": index.sla.max_staleness.total_seconds(),
        "published_at": live[0].at if live else None,
        "verdict": manifest.verdict if manifest else None,
        "counts": manifest.counts if manifest else None,
        "hold": message(index.id, holds) if holds else None,
        "canary": trials.report(context, index) if index.canary else None,
        "back": going_back(context, index),
    }


def going_back(
    context: Context, index: IndexSettings, to: int | None = None
) -> dict[str, Any] | None:
    """Return what a rollback, to the release before unless `to` names one, would do; None if none.

    `as_of`, `staleness_s` and `sla` are those that would be served then.
    """
    live = context.releases.live(index.id)
    if live is None:
        return None
    kept = {
        number: manifest
        for number, pointer in context.releases.published(index.id).items()
        if (manifest := context.releases.find(index.id, pointer.candidate)) is not None
    }
    number = to or max((n for n in kept if n < live[1].release), default=0)
    target = kept.get(number)
    if target is None or number == live[1].release:
        return None
    return {
        "from": live[1].release,
        "to": number,
        **{
            name: value
            for name, value in freshness(context, index, target).as_dict().items()
            if name in ("as_of", "staleness_s", "sla")
        },
        "documents": target.counts["documents"],
        "documents_now": live[1].counts["documents"],
    }


def release(
    context: Context, index: IndexSettings, number: int, seen: Sight, candidate: str = ""
) -> dict[str, Any]:
    """Return one release of an index; of one that retention took what the journal kept.

    `candidate` asks for one that never was published. `state` is live, published (an earlier one),
    canary, tried (a canary that was rolled back), stopped or retired. ConfigError when there never
    was one.
    """
    history = context.lake.pointers.history(index.id)
    pointer = next((p for p in reversed(history) if p.release == number), None)
    tried = next(
        (
            p
            for p in reversed(context.lake.pointers.history(canary.name(index.id)))
            if p.release == number
        ),
        None,
    )
    own = candidate or (pointer.candidate if pointer else tried.candidate if tried else "")
    manifest = _found(context, index, own, number)
    if manifest is None and (pointer is None or own != pointer.candidate):
        raise ConfigError(
            f"Index {index.id!r} has no release {number}"
            + (f" of candidate {candidate}, or not any more." if candidate else "."),
            "Look at its time line.",
        )
    served = pointer is not None and own == pointer.candidate
    spans = _spans(history, own)
    past = Past(context, index)
    told = _told(past, own)
    run_id = manifest.run_id if manifest else told[1] if told else None
    gates = manifest.gates if manifest else past.gates_of(run_id, number)
    at = manifest.created_at if manifest else spans[0][0]
    body = told[0] if told else {}
    return {
        "index": index.id,
        "release": number,
        "candidate": own,
        "state": _state(history, own, tried, kept=manifest is not None),
        "published_at": spans[0][0] if spans else None,
        "serving": spans,
        "by": manifest.by if manifest else pointer.by if pointer else None,
        "run_id": run_id,
        "parent": manifest.parent if manifest else None,
        "as_of": manifest.as_of if manifest else body.get("as_of"),
        "verdict": manifest.verdict if manifest else None,
        "counts": manifest.counts if manifest else body.get("counts"),
        "gates": [judged(context, index, gate, at, run_id, seen) for gate in gates],
        "manifest": asdict(manifest) | {"gates": None, "stale": None} if manifest else None,
        "stale": len(manifest.stale) if manifest else 0,
        "canary": context.releases.noted(manifest, trials.NOTE) if manifest else None,
        "back": going_back(context, index, number) if served else None,
    }


def _found(context: Context, index: IndexSettings, candidate: str, number: int) -> Manifest | None:
    """Return a manifest. A name that somebody wrote leads nowhere but to a candidate."""
    if not candidate or not candidate.replace("-", "").isalnum():
        return None
    manifest = context.releases.find(index.id, candidate)
    return manifest if manifest is not None and manifest.release == number else None


def _state(history: list[Pointer], candidate: str, tried: Pointer | None, *, kept: bool) -> str:
    if not kept:
        return "retired"
    if history and history[-1].candidate == candidate:
        return "live"
    if any(pointer.candidate == candidate for pointer in history):
        return "published"
    if tried is None or tried.candidate != candidate:
        return "stopped"
    beside = history[-1].generation if history else None
    return "canary" if tried.action != canary.ENDED and tried.beside == beside else "tried"


def _spans(history: list[Pointer], candidate: str) -> list[tuple[str, str | None]]:
    """Return when a candidate served, from and until; None: it still does."""
    ends = [*(new.at for _, new in pairwise(history)), None]
    return [
        (pointer.at, end)
        for pointer, end in zip(history, ends, strict=True)
        if pointer.candidate == candidate
    ]


def _told(past: Past, candidate: str) -> tuple[dict[str, Any], str] | None:
    """Return what the journal says of a publication, and its run."""
    for entry in past.of("release"):
        if entry.body.get("candidate") == candidate:
            return entry.body, entry.run_id
    return None


def judged(
    context: Context,
    index: IndexSettings,
    gate: dict[str, Any],
    at: str,
    run_id: str | None,
    seen: Sight,
) -> dict[str, Any]:
    """Return a gate as lists show it; its words where somebody may see whom they name."""
    when = parse_iso(at) or context.clock.now()
    result = Result(when, run_id or "", index.id, gate)
    row = {"check": gate["check_id"], **result.as_dict()}
    return row | {"detail": wording(context, result, seen)}
