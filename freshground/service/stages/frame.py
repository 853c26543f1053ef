"""What all stages share: timing, errors as outcomes, checks, lineage."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd

from freshground.core.errors import FreshgroundError, GateStop, GuardStop, Retriable
from freshground.lake.lineage import StageEvent
from freshground.service.reports import StageReport
from freshground.service.telemetry.traced import traced_stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from freshground.core.columns import Columns
    from freshground.core.records import Check
    from freshground.service.context import Context


@traced_stage
@contextmanager
def stage(
    context: Context, name: str, subject: str, inputs: Sequence[str], output: str
) -> Iterator[StageReport]:
    """Time a stage, turn our errors into outcomes, record the report and emit its lineage event.

    Errors that are not ours pass through: they are defects.
    """
    report = StageReport(name, subject)
    started = time.perf_counter()
    with context.progress.stage(context, report):
        try:
            yield report
        except GuardStop as error:
            report.outcome, report.message, report.do = "guard", str(error), error.do
        except GateStop as error:
            report.outcome, report.message, report.do = "gate", str(error), error.do
        except FreshgroundError as error:
            report.outcome, report.message, report.do = "failed", str(error), error.do
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


class Checking:
    """A layer's suite over what one stage writes.

    `before_commit` judges rows before they are written, so that a run killed at any moment leaves
    none that nobody judged; `record` ends it. The journal row of a failed critical check names the
    documents with their content hash, which `versions` gives by doc_id, and what made the rows: as
    they are, they are not to be published.
    """

    def __init__(
        self,
        context: Context,
        report: StageReport,
        layer: str,
        limits: Mapping[str, float],
        *,
        versions: Mapping[str, str | None] | None = None,
        made_by: str = "",
    ) -> None:
        self._context = context
        self._report = report
        self._layer = layer
        self._limits = limits
        self._versions = versions or {}
        self._made_by = made_by
        self._judged = -1
        self._checks: list[Check] = []
        self._held: dict[str, set[str]] = {}

    def before_commit(self, metrics: Columns) -> list[Check]:
        """Judge all rows so far, and return the results.

        Which documents are not to be published is committed to the journal.
        """
        self._judge(metrics)
        if self._held_anew():
            self._context.lake.journal.commit()
        return self._checks

    def record(self, metrics: Columns) -> list[Check]:
        """Judge the rest, put every result into the report and the journal, and return them."""
        self.before_commit(metrics)
        for result in self._checks:
            self._report.checks.append(result.as_dict())
            if result.check_id not in self._held:
                self._note(result, {})
        return self._checks

    def _judge(self, metrics: Columns) -> None:
        from quality.expectations import run

        if len(metrics) == self._judged or (not len(metrics) and self._layer != "candidate"):
            return
        self._judged = len(metrics)
        self._frame = pd.DataFrame(metrics.data)
        self._checks = run(self._layer, self._frame, self._limits)  # type: ignore[arg-type]

    def _held_anew(self) -> bool:
        """Note the documents of failed critical checks that were not noted before."""
        anew = False
        for result in self._checks:
            if result.passed or result.severity != "critical":
                continue
            known = self._held.get(result.check_id, set())
            found = {*_documents(self._frame, result.failing_ids)} - known
            if found:
                anew = True
                self._held[result.check_id] = known | found
                self._note(result, {doc: self._versions.get(doc) for doc in sorted(found)})
        return anew

    def _note(self, result: Check, documents: Mapping[str, str | None]) -> None:
        note: dict[str, Any] = {**result.as_dict(), "stage": self._report.stage}
        if documents:
            note |= {"documents": dict(documents), "made_by": self._made_by}
        # A kind of their own: who looks for failures need not read years of passed checks.
        kind = "check" if result.passed else "failed_check"
        self._context.lake.journal.add(self._context.run_id, kind, self._report.subject, note)


def check(
    context: Context,
    report: StageReport,
    layer: str,
    metrics: Columns,
    limits: Mapping[str, float],
    *,
    versions: Mapping[str, str | None] | None = None,
) -> list[Check]:
    """Judge what was written already, or is no table; see `Checking`."""
    return Checking(context, report, layer, limits, versions=versions).record(metrics)


def _documents(frame: pd.DataFrame, ids: Sequence[str]) -> list[str]:
    if "doc_id" not in frame:
        return []
    names = [name for name in ("doc_id", "chunk_id", "key") if name in frame]
    hit = pd.concat([frame[name].isin(list(ids)) for name in names], axis=1).any(axis=1)
    return sorted(set(frame.loc[hit, "doc_id"].dropna().astype(str)))
