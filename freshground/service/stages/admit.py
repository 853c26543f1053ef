"""The admit stage: look into what silver holds, and decide what of it may be served, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.service.admission.labelled import refuse_labelled
from freshground.service.admission.standing import standing
from freshground.service.denial.withdrawing import take_back
from freshground.service.stages.frame import Checking, stage

if TYPE_CHECKING:
    from freshground.service.context import Context
    from freshground.service.reports import Scope, StageReport


def admit(context: Context, scope: Scope) -> StageReport:
    """Judge the pending versions of `scope.source`, of one shard or all.

    What may be served no more is withdrawn at once, on every release, and what may be again is
    given back.
    """
    from freshground.service.admission.judging import Judging
    from freshground.service.admission.pending import to_admit

    source_id = scope.source or ""
    with stage(
        context, "admit", source_id, [f"silver/{source_id}"], f"admissions/{source_id}"
    ) as report:
        report.counts = {"judged": 0, "quarantined": 0}
        waiting = to_admit(context, source_id, scope.shard)
        if waiting:
            checks = Checking(context, report, "admission", {})
            with context.progress.bar(f"admit {source_id}", len(waiting), "documents") as step:
                done = Judging(context, source_id, checks.before_commit, step).run(waiting)
            checks.record(done.metrics)
            report.counts = {
                "judged": done.judged,
                "scanned": done.scanned,
                "quarantined": len(done.quarantined),
                "masked": done.masked,
                "restricted": done.restricted,
                "withdrawn": done.withdrawn,
                "lapsed": done.lapsed,
                "rows": done.judged,
            }
            report.quarantined = done.quarantined
            report.outcome = "quarantined" if done.quarantined else "done"
            if done.quarantined:
                report.message = _said(len(done.quarantined), done.lapsed)
        documents = standing(context, source_id)  # what people rejected is not given back
        labelled = refuse_labelled(context, source_id, documents)
        given_back = take_back(context, source_id, documents)
        if labelled or given_back:
            report.counts |= {"kept_by_label": labelled, "given_back": given_back}
            report.outcome = report.outcome if waiting else "done"
    return report


def _said(kept: int, lapsed: int) -> str:
    are = "document is" if kept == 1 else "documents are"
    again = (
        f" Of these {lapsed} had been released, for other versions of the rules: "
        "`freshground quarantine release --lapsed` releases them again."
        if lapsed
        else ""
    )
    return (
        f"{kept} {are} kept from everybody by admission; the others go on.{again} "
        "See `freshground quarantine list`."
    )
