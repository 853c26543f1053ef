"""The canary stage: promote a running canary, roll it back, or let it run on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.core.errors import ConfigError, GateStop, Retriable
from freshground.lake.tables import quoted
from freshground.service.asking.canary import NOTE, Trial, measured, running, told
from freshground.service.releases.publishing import publish
from freshground.service.stages import manifest as manifests
from freshground.service.stages.frame import stage
from indexes import canary as pointers

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context
    from freshground.service.reports import Scope, StageReport

_BLAMED = 10_000
"""Versions that a hold names; a canary of more ends its hold by `resume` alone."""


def canary(context: Context, scope: Scope) -> StageReport:
    """Decide about the canary of `scope.index` by its queries so far, if one runs."""
    return decide(context, context.settings.index(scope.index or ""))


def decide(
    context: Context, index: IndexSettings, action: str | None = None, comment: str = ""
) -> StageReport:
    """Decide about a canary: by its queries, or as a person says (`promote` or `roll back`).

    ConfigError when a person decides and none runs.
    """
    trial = running(context, index)
    if trial is None and action is not None:
        raise ConfigError(f"Index {index.id!r} has no canary running.", "There is nothing to do.")
    with stage(context, "canary", index.id, [], f"index/{index.id}") as report:
        if trial is not None:
            _decide(context, trial, action, comment, report)
    return report


def _decide(
    context: Context, trial: Trial, action: str | None, comment: str, report: StageReport
) -> None:
    arms, verdict = measured(context, trial)
    if action is not None:
        why = f" ({comment})" if comment else ""
        verdict = replace(verdict, action=action, reason=f"decided by {context.by}{why}")  # type: ignore[arg-type]
    elif trial.pointer.action == pointers.PROMOTING:
        verdict = replace(verdict, action="promote", reason="it was decided on, and interrupted")
    number = trial.manifest.release
    if verdict.action == "wait":
        report.outcome = "waiting"
        report.message = f"Release {number} is on canary; {verdict.reason}."
        return
    body = {"release": number, "at": iso(context.clock.now()), "by": context.by}
    body |= told(arms, verdict)
    report.release = {**manifests.summary(trial.manifest), "state": "canary"}
    try:
        (_promote if verdict.action == "promote" else _roll_back)(context, trial, verdict.reason)
    except Retriable as error:
        report.outcome, report.message = "waiting", str(error)
        return
    context.releases.note(trial.manifest, NOTE, body)
    context.lake.journal.add(context.run_id, "canary", trial.manifest.index, body)
    if verdict.action == "promote":
        report.outcome, report.release["state"] = "done", "published"
        report.message = f"Release {number} was promoted: {verdict.reason}."
        return
    report.release["state"] = "rolled_back"
    raise GateStop(
        f"Release {number} of index {trial.manifest.index!r} was rolled back from canary: "
        f"{verdict.reason}.",
        f"Release {trial.live.release} goes on serving, on hold. Mend the cause, then: freshground "
        f"resume {trial.manifest.index}",
    )


def _promote(context: Context, trial: Trial, _: str) -> None:
    # First the canary's pointer, so that nobody rolls it back meanwhile, then the live one.
    if trial.pointer.action != pointers.PROMOTING:
        pointers.move(
            context.lake, trial.pointer, pointers.PROMOTING, context.by, context.clock.now()
        )
    publish(context, trial.manifest, trial.live)


def _roll_back(context: Context, trial: Trial, reason: str) -> None:
    # First the hold, then the pointer: a build that starts the same canary again sees the one or
    # loses the other's swap.
    hold = context.lake.holds.set(
        trial.manifest.index,
        by=context.by,
        comment=f"canary of release {trial.manifest.release} rolled back: {reason}",
        blame=_versions(context, trial),
    )
    try:
        pointers.move(context.lake, trial.pointer, pointers.ENDED, context.by, context.clock.now())
    except Retriable:
        context.lake.holds.end(hold, by=context.by, comment="the canary was decided otherwise")
        raise


def _versions(context: Context, trial: Trial) -> list[tuple[str, str]]:
    """Return the document versions that the canary brought: once they are gone, so is its cause."""
    rows: list[dict[str, Any]] = context.lake.publications.rows(
        "SELECT doc_id, content_hash FROM t WHERE change <> 'removed' AND "
        f"index_id = {quoted([trial.manifest.index])} AND "
        f"candidate = {quoted([trial.pointer.candidate])}"
    ).to_pylist()
    found = [(row["doc_id"], row["content_hash"]) for row in rows]
    return found if len(found) <= _BLAMED else []
