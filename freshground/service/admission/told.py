"""What people are told of admission: of a document's versions the verdict, and what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.service.admission.verdicts import open_reasons

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from freshground.core.findings import Finding
    from freshground.lake.admissions import Admitted
    from freshground.service.context import Context


def told(context: Context, source_id: str, doc_id: str) -> list[dict[str, Any]]:
    """Return what admission says of each version of a document, judged last last. JSON-ready.

    `silver_id` is of the row that masks nothing, `masked_id` of the one that does. `findings` are
    {rule, version, action, found, hidden, confidence} for each rule that found something: what is
    done about it (`allow`: nothing), how often, how often of that in hidden text, how sure at most.
    `released` is what a verdict keeps from everybody and a person lets through.
    """
    granted = context.lake.reviews.decisions().granted.keys()
    own = {k: v for k, v in context.admissions.of(source_id).items() if k[0] == doc_id}
    found = context.admissions.found(list(own))
    return [
        {
            "content_hash": key[1],
            "silver_id": key[2],
            "masked_id": verdict.masked_id,
            "verdict": verdict.verdict,
            "released": verdict.verdict == "quarantine"
            and all(r.action != "quarantine" for r in open_reasons(key, verdict.reasons, granted)),
            "groups": list(verdict.groups),
            "findings": _by_rule(found[key].findings, verdict),
            "judged_at": iso(verdict.judged_at),
            "run_id": verdict.run_id,
        }
        for key, verdict in sorted(own.items(), key=lambda each: each[1].judged_at)
    ]


def of_version(
    rows: Iterable[Mapping[str, Any]], content_hash: str, silver_id: str
) -> Mapping[str, Any] | None:
    """Return what is told of one version, masked or not; None where nobody judged it."""
    for row in rows:
        if row["content_hash"] == content_hash and silver_id in (
            row["silver_id"],
            row["masked_id"],
        ):
            return row
    return None


def _by_rule(findings: Iterable[Finding], verdict: Admitted) -> list[dict[str, Any]]:
    done = {(reason.rule, reason.version): reason.action for reason in verdict.reasons}
    rules: dict[tuple[str, str], dict[str, Any]] = {}
    for finding in findings:
        key = (finding.rule, finding.version)
        new = {"found": 0, "hidden": 0, "confidence": 0.0}
        row = rules.setdefault(
            key, {"rule": key[0], "version": key[1], "action": done.get(key, "allow"), **new}
        )
        row["found"] += 1
        row["hidden"] += finding.hidden is not None
        row["confidence"] = max(row["confidence"], round(finding.confidence, 3))
    return sorted(rules.values(), key=lambda row: (row["action"] == "allow", row["rule"]))
