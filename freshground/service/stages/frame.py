"""What all stages share: timing, errors as outcomes, checks, lineage."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd

from freshground.core.errors import FreshgroundError, GateStop, GuardStop, Retriable
from freshground.lake.lineage import StageEvent
from freshground.service.reports import StageReport

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from freshground.core.columns import Columns
    from freshground.core.records import Check
    from freshground.service.context import Context


@contextmanager
def stage(
    context: Context, name: str, subject: str, inputs: Sequence[str], output: str
) -> Iterator[StageReport]:
    """Time a stage, turn our errors into outcomes, record the report and emit its lineage event.

    Errors that are not ours pass through: they are defects.
    """
    report = StageReport(name, subject)
    started = time.perf_counter()
    try:
        yield report
    except GuardStop as error:
        report.outcome, report.message = "guard", str(error)
    except GateStop as error:
        report.outcome, report.message = "gate", str(error)
    except FreshgroundError as error:
        report.outcome, report.message = "failed", str(error)
        report.retriable = isinstance(error, Retriable)
    report.seconds = time.perf_counter() - started
    idle = report.outcome in ("nothing", "waiting", "held") and not report.counts.get("rows")
    if idle and not report.checks:
        # A stage that did nothing has one row in the run's own record, and no event.
        return
    context.note(report)
    context.lineage.emit(
        StageEvent(
            stage=name,
            subject=subject,
            run_id=context.run_id,
            at=context.clock.now(),
            inputs=inputs,
            output=output,
            version=_version(context, output, report),
            rows=report.counts.get("rows", 0),
            assertions=[
                {"assertion": c["check_id"], "success": c["passed"], "severity": c["severity"]}
                for c in report.checks
            ],
            error=report.message if report.status not in (0, 3) else None,
            release=report.release if "state" in (report.release or {}) else None,
        )
    )


def _version(context: Context, output: str, report: StageReport) -> str:
    layer = output.split("/", 1)[0]
    if layer == "index":
        # What serves now: a candidate that was stopped has changed nothing.
        live = context.lake.pointers.live(report.subject)
        return str(live.release) if live else "none"
    return str(getattr(context.lake, layer).version)


def check(
    context: Context,
    report: StageReport,
    layer: str,
    metrics: Columns,
    limits: Mapping[str, float],
    *,
    versions: Mapping[str, str | None] | None = None,
    made_by: str = "",
) -> list[Check]:
    """Run a layer's suite over metrics; record each result; return them.

    The journal row of a failed critical check names the documents with their content hash, which
    `versions` gives by doc_id, and what made the rows: as they are, they are not to be published.
    It is committed at once, since a run that is killed later would take it along.
    """
    from quality.expectations import run

    if not len(metrics) and layer != "candidate":
        return []
    frame = pd.DataFrame(metrics.data)
    checks = run(layer, frame, limits)  # type: ignore[arg-type]
    stops = False
    for result in checks:
        body = result.as_dict()
        report.checks.append(body)
        note: dict[str, Any] = {**body, "stage": report.stage}
        if not result.passed and result.severity == "critical":
            held = versions or {}
            note["documents"] = {d: held.get(d) for d in _documents(frame, result.failing_ids)}
            note["made_by"] = made_by
            stops |= bool(note["documents"])
        # A kind of their own: who looks for failures need not read years of passed checks.
        kind = "check" if result.passed else "failed_check"
        context.lake.journal.add(context.run_id, kind, report.subject, note)
    if stops:
        context.lake.journal.commit()
    return checks


def _documents(frame: pd.DataFrame, sample: Sequence[str]) -> list[str]:
    if "doc_id" not in frame:
        return []
    names = [name for name in ("doc_id", "chunk_id", "key") if name in frame]
    hit = pd.concat([frame[name].isin(list(sample)) for name in names], axis=1).any(axis=1)
    return sorted(set(frame.loc[hit, "doc_id"].dropna().astype(str)))
