"""What a policy makes of findings: columns for Great Expectations, which judges, and the reasons.

Pure. `quality.expectations.admission` holds the suite; here its frame is made and its answer read.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from freshground.core.findings import VERDICTS
from freshground.lake.admissions import Reason
from quality.expectations.admission import ACTIONS, CATEGORIES, column

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from freshground.core.findings import Finding, Verdict
    from freshground.core.records import Check
    from freshground.core.settings import Admission

UNSCANNED = "scan.failed"
"""The rule of a document that could not be looked into: nobody knows what is in it."""

NOTHING_LEFT = "scan.nothing_left"
"""The rule of a document of which masking leaves no text."""

_STRICTNESS = {verdict: place for place, verdict in enumerate(VERDICTS)}


def action(policy: Admission, finding: Finding) -> str:
    """Return what the policy does about a finding: `allow` also where it is not sure enough."""
    if finding.rule == UNSCANNED:
        return "quarantine"
    return policy.action(finding.rule) if finding.confidence >= policy.min_confidence else "allow"


def deciding(
    policy: Admission, rules: Mapping[str, str], findings: Iterable[Finding]
) -> Iterator[tuple[Finding, str]]:
    """Yield the findings that decide, each with its action.

    `rules` are those that are wanted, by version: what others found once is no longer looked at.
    """
    for finding in findings:
        if finding.rule == UNSCANNED or rules.get(finding.rule) == finding.version:
            done = action(policy, finding)
            if done != "allow":
                yield finding, done


def columns(policy: Admission) -> list[str]:
    """Return the columns that the policy can fill, in the suite's order."""
    can = {("quarantine", "scan")}
    can |= {(getattr(policy, name), name) for name in CATEGORIES if hasattr(policy, name)}
    can |= {(done, rule.partition(".")[0]) for rule, done in policy.rules.items()}
    names = {column(done, category) for done, category in can if done in ACTIONS}
    return [c for c in (column(a, k) for a in ACTIONS for k in CATEGORIES) if c in names]


def measures(
    doc_id: str, policy_columns: Sequence[str], decided: Iterable[tuple[Finding, str]]
) -> dict[str, Any]:
    """Return a document's row of the frame: counts alone."""
    row: dict[str, Any] = {"doc_id": doc_id, **dict.fromkeys(policy_columns, 0)}
    for finding, done in decided:
        row[column(done, finding.rule.partition(".")[0])] += 1
    return row


def judged(checks: Iterable[Check]) -> dict[str, set[str]]:
    """Return the actions that the suite's checks ask for, by doc_id; who is not in it is served."""
    found: dict[str, set[str]] = {}
    for check in checks:
        done = check.check_id.partition(".")[2].partition("_")[0]
        for doc_id in check.failing_ids:
            found.setdefault(doc_id, set()).add(done)
    return found


def strictest(actions: Iterable[str]) -> Verdict:
    """Return the strictest of some verdicts, `serve` of none."""
    return max(
        (a for a in VERDICTS if a in set(actions)), key=_STRICTNESS.__getitem__, default="serve"
    )


def reasons(decided: Iterable[tuple[Finding, str]]) -> list[Reason]:
    """Return why, the strictest first: of each rule its version, its action and how many."""
    counts = Counter((finding.rule, finding.version, done) for finding, done in decided)
    return sorted(
        (Reason(*key, count) for key, count in counts.items()),
        key=lambda reason: (-_STRICTNESS[reason.action], reason.rule),
    )
