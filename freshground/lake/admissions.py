"""What admission found in each version of a document, and what it decided: the table `admissions`.

A row holds what some rules found, and the verdict over all that was ever found. Of each rule the
newest row that looked for it counts, of the verdicts the newest. So a changed rule is looked for
alone, and a changed policy judges anew without looking at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from freshground.core.findings import Finding
from freshground.lake.tables import among, quoted, records

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from freshground.lake.lake import Lake
    from freshground.lake.ledger import Ledger

Version = tuple[str, str, str]
"""doc_id, content_hash and silver_id, of the row that masks nothing."""


class Reason(NamedTuple):
    """Why a document is not served as it is: so many findings of a rule, and what is done."""

    rule: str
    version: str
    action: str
    findings: int


@dataclass(frozen=True, slots=True)
class Admitted:
    """The newest verdict on one version, and by which version of each rule it was looked at.

    `masked_id` is the silver_id of the row with findings masked, where there is one. `groups` are
    those that a restricted document is left to.
    """

    rules: Mapping[str, str]
    policy_id: str
    verdict: str
    reasons: tuple[Reason, ...]
    masked_id: str | None
    groups: tuple[str, ...]
    judged_at: datetime
    run_id: str


@dataclass(frozen=True, slots=True)
class Found:
    """All that is known to be in one version: of each rule what was found when last looked for."""

    findings: tuple[Finding, ...] = ()
    scores: Mapping[str, Any] = field(default_factory=dict)


class Admissions:
    """Questions to the table. Answers are kept as long as nothing new of a source is in it."""

    def __init__(self, lake: Lake, ledger: Ledger) -> None:
        self._lake = lake
        self._ledger = ledger

    def of(self, source_id: str) -> dict[Version, Admitted]:
        """Return the newest verdict on every version that was ever judged."""
        return self._ledger.keep(
            (self._lake.admissions,), ("admitted", source_id), lambda: self._read(source_id)
        )

    def _read(self, source_id: str) -> dict[Version, Admitted]:
        table = self._lake.admissions.rows(
            "SELECT doc_id, content_hash, silver_id, rules, policy_id, verdict, reasons, "
            "masked_id, groups, judged_at, run_id FROM t "
            f"WHERE source_id = {quoted([source_id])} ORDER BY judged_at"
        )
        found: dict[Version, Admitted] = {}
        shared: dict[tuple[str, ...], dict[str, str]] = {}
        for row in records(table):
            key = (row["doc_id"], row["content_hash"], row["silver_id"])
            before = found.get(key)
            own = _rules(tuple(row["rules"] or ()), shared)
            found[key] = Admitted(
                {**before.rules, **own} if before is not None and before.rules != own else own,
                row["policy_id"],
                row["verdict"],
                tuple(Reason(**reason) for reason in row["reasons"] or ()),
                row["masked_id"],
                tuple(row["groups"] or ()),
                row["judged_at"],
                row["run_id"],
            )
        return found

    def found(self, versions: Collection[Version]) -> dict[Version, Found]:
        """Return what is known to be in some versions. For small batches."""
        wanted = set(versions)
        if not wanted:
            return {}
        table = self._lake.admissions.rows(
            "SELECT doc_id, content_hash, silver_id, rules, findings, scores FROM t "
            f"WHERE {among('doc_id', sorted({v[0] for v in wanted}))} ORDER BY judged_at"
        )
        by_rule: dict[Version, dict[str, list[Finding]]] = {}
        scores: dict[Version, dict[str, Any]] = {}
        for row in table.to_pylist():
            key = (row["doc_id"], row["content_hash"], row["silver_id"])
            if key not in wanted:
                continue
            own = by_rule.setdefault(key, {})
            for name in row["rules"] or ():
                own[name.rpartition("@")[0]] = []
            for finding in row["findings"] or ():
                own.setdefault(finding["rule"], []).append(Finding(**finding))
            scores.setdefault(key, {}).update(json.loads(row["scores"] or "{}"))
        return {
            key: Found(tuple(f for found in own.values() for f in found), scores[key])
            for key, own in by_rule.items()
        }


def _rules(names: tuple[str, ...], shared: dict[tuple[str, ...], dict[str, str]]) -> dict[str, str]:
    """Return rule versions by rule; documents that were looked at alike share one answer."""
    found = shared.get(names)
    if found is None:
        parts = (name.rpartition("@") for name in names)
        found = shared[names] = {rule: version for rule, _, version in parts}
    return found
