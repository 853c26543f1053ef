"""The admit stage: look into what silver holds, and decide what of it may be served, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.service.admission.standing import admitted
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
                "rows": done.judged,
            }
            report.quarantined = done.quarantined
            report.outcome = "quarantined" if done.quarantined else "done"
            if done.quarantined:
                report.message = (
                    f"{len(done.quarantined)} documents are kept from everybody by admission; the "
                    "others go on. See `freshground quarantine list`."
                )
        given_back = take_back(context, source_id, admitted(context, source_id))
        if given_back:
            report.counts["given_back"] = given_back
            report.outcome = report.outcome if waiting else "done"
    return report
