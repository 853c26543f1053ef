"""Judges versions: what rules find in them, what Great Expectations says of that, what is written.

Before a verdict is in the lake, what it refuses is denied on every release: a run killed anywhere
has served too little, and the next one judges the rest.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from freshground.core.access import both
from freshground.core.columns import Columns
from freshground.core.errors import Quarantine
from freshground.core.findings import Finding
from freshground.core.settings import LocalEncoder
from freshground.lake.admissions import Found
from freshground.lake.reviews import Matter
from freshground.lake.schemas import ADMISSIONS, SILVER
from freshground.service.admission.cases import READ_DOCUMENTS, Case, masked_cases, read
from freshground.service.admission.pending import policy_id
from freshground.service.admission.verdicts import open_reasons
from freshground.service.denial.withdrawing import Refused, refuse
from freshground.service.workers.pool import Job
from ingestion.silver import columns as silver_columns
from quality.admission import verdicts
from quality.admission.injection import meaning
from quality.admission.scanning import Scan
from quality.admission.scanning import wanted as wanted_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np

    from freshground.core.records import Check, Document
    from freshground.lake.admissions import Reason, Version
    from freshground.lake.reviews import Review
    from freshground.service.admission.pending import Waiting
    from freshground.service.context import Context

BATCH_DOCUMENTS = 500
BATCH_CHARS = 8_000_000

_UNSCANNED = f"{verdicts.UNSCANNED}@1"
_SCAN = "quality.admission.scanning:scan"


@dataclass
class Admission:
    """Counts of one pass, the documents newly kept from everybody, and measures for the checks.

    `lapsed` of these somebody had released, for other versions of the rules.
    """

    judged: int = 0
    scanned: int = 0
    masked: int = 0
    restricted: int = 0
    withdrawn: int = 0
    lapsed: int = 0
    quarantined: list[dict[str, str]] = field(default_factory=list)
    metrics: Columns = field(default_factory=Columns)


class Judging:
    """One pass over some versions of a source."""

    def __init__(
        self,
        context: Context,
        source_id: str,
        check: Callable[[Columns], list[Check]],
        progress: Callable[[int], None],
    ) -> None:
        self.report = Admission()
        self._context = context
        self._source_id = source_id
        self._check = check
        self._progress = progress
        self._policy = context.settings.source(source_id).admission
        self._rules = wanted_rules(self._policy)
        self._policy_id = policy_id(context, self._policy, self._rules)
        self._columns = verdicts.columns(self._policy)
        self._cases: list[Case] = []
        self._chars = 0
        self._decisions = context.lake.reviews.decisions()
        self._aside = {
            key[:2]
            for key, verdict in context.admissions.of(source_id).items()
            if self._against(key, verdict.reasons)
        } | self._decisions.rejected.keys()

    def run(self, waiting: Sequence[Waiting]) -> Admission:
        """Judge versions, and write the verdicts batch by batch."""
        known = [each for each in waiting if not each.missing]
        for start in range(0, len(known), BATCH_DOCUMENTS):
            batch = known[start : start + BATCH_DOCUMENTS]
            found = self._context.admissions.found([each.version for each in batch])
            for each in batch:
                self._take(each, Scan((), (), {}), found.get(each.version, Found()), None)
        for each, scan, found, document in self._scanned([e for e in waiting if e.missing]):
            self.report.scanned += 1
            self._take(each, scan, found, document)
        self._flush()
        return self.report

    def _scanned(
        self, waiting: Sequence[Waiting]
    ) -> Iterator[tuple[Waiting, Scan, Found, Document]]:
        """Yield each version with what was found now and before, in any order."""
        held: dict[Version, tuple[Waiting, Found, Document]] = {}
        policy = self._policy.model_dump_json()

        def jobs() -> Iterator[Job]:
            for start in range(0, len(waiting), READ_DOCUMENTS):
                batch = waiting[start : start + READ_DOCUMENTS]
                before = [each.version for each in batch if each.before is not None]
                found = self._context.admissions.found(before)
                own = {each.version: each for each in batch}
                for version, document in read(self._context, batch):
                    each = own[version]
                    held[version] = (each, found.get(version, Found()), document)
                    yield Job(version, (document, policy, each.missing))

        for version, result in self._context.workers.each(_SCAN, jobs()):
            each, found, document = held.pop(version)
            scan = _failed(result) if isinstance(result, Quarantine) else Scan(*result)
            scan = self._second_look(document, scan)
            if any(f.rule == verdicts.UNSCANNED for f in found.findings):
                scan = scan._replace(rules=tuple(dict.fromkeys((*scan.rules, _UNSCANNED))))
            yield each, scan, found, document

    def _second_look(self, document: Document, scan: Scan) -> Scan:
        """Return a scan whose requests were weighed by meaning, where the policy asks for that."""
        if not meaning.wanted(self._policy):
            return scan

        def encode(texts: list[str]) -> np.ndarray:
            return self._context.opened(LocalEncoder(model=meaning.MODEL)).encode(texts)

        return scan._replace(findings=meaning.look_again(document.text, scan.findings, encode))

    def _against(self, version: Version, reasons: Sequence[Reason]) -> list[Matter]:
        """Return what keeps a version from everybody: what nobody released."""
        left = open_reasons(version, reasons, self._decisions.granted.keys())
        return [Matter(*version[:2], r.rule, r.version) for r in left if r.action == "quarantine"]

    def _take(self, waiting: Waiting, scan: Scan, before: Found, document: Document | None) -> None:
        """Decide what is known of a version by now; its verdict comes with the batch."""
        looked = {name.rpartition("@")[0] for name in scan.rules}
        kept = [f for f in before.findings if f.rule not in looked]
        findings = [*kept, *scan.findings]
        case = Case(
            waiting, scan, tuple(verdicts.deciding(self._policy, self._rules, findings)), document
        )
        if not case.to_mask:
            case = case._replace(document=None)
        self._cases.append(case)
        self._chars += len(case.document.text) if case.document else 0
        self._progress(1)
        if len(self._cases) >= BATCH_DOCUMENTS or self._chars >= BATCH_CHARS:
            self._flush()

    def _flush(self) -> None:
        """Mask what is to be masked of a batch, and write its verdicts."""
        done = [case for case in self._cases if not case.to_mask]
        chars = 0
        for case in masked_cases(self._context, [case for case in self._cases if case.to_mask]):
            done.append(case)
            chars += len(case.mask[0].text) if case.mask else 0
            if chars >= BATCH_CHARS:
                self._write(done)
                done, chars = [], 0
        self._write(done)
        self._cases, self._chars = [], 0

    def _write(self, cases: Sequence[Case]) -> None:
        """Write verdicts: first what is denied, then masked rows, then the rest."""
        if not cases:
            return
        context = self._context
        for case in cases:
            self.report.metrics.add(
                **verdicts.measures(case.waiting.document.doc_id, self._columns, case.decided)
            )
        asked = verdicts.judged(self._check(self.report.metrics))
        self._decisions = context.lake.reviews.decisions()
        rows: list[dict[str, Any]] = []
        silver: list[dict[str, Any]] = []
        refused: list[Refused] = []
        for case in cases:
            actions = asked.get(case.waiting.document.doc_id, set())
            decided = [(f, done) for f, done in case.decided if done in actions]
            reasons = verdicts.reasons(decided)
            rows.append(self._row(case, reasons))
            if case.mask is not None:
                silver.append(self._masked_row(case, case.mask))
            left = open_reasons(case.waiting.version, reasons, self._decisions.granted.keys())
            refused += self._refused(case, left)
            self._count(case, left)
        self.report.withdrawn += refuse(context, self._source_id, refused, "refused by admission")
        context.lake.silver.append(pa.Table.from_pylist(silver, schema=SILVER))
        context.lake.admissions.append(pa.Table.from_pylist(rows, schema=ADMISSIONS))

    def _row(self, case: Case, reasons: Sequence[Reason]) -> dict[str, Any]:
        doc_id, content, silver_id = case.waiting.version
        actions = {reason.action for reason in reasons}
        return {
            "doc_id": doc_id,
            "source_id": self._source_id,
            "content_hash": content,
            "silver_id": silver_id,
            "rules": list(case.scan.rules),
            "findings": [asdict(finding) for finding in case.scan.findings],
            "scores": json.dumps(case.scan.scores, sort_keys=True),
            "policy_id": self._policy_id,
            "verdict": verdicts.strictest(actions),
            "reasons": [reason._asdict() for reason in reasons],
            "masked_id": case.mask[1] if case.mask else None,
            "groups": list(self._policy.restrict_to) if "restrict" in actions else [],
            "judged_at": self._context.clock.now(),
            "run_id": self._context.run_id,
        }

    def _masked_row(self, case: Case, mask: tuple[Document, str]) -> dict[str, Any]:
        doc_id, content, silver_id = case.waiting.version
        document, name = mask
        return {
            "doc_id": doc_id,
            "source_id": self._source_id,
            "content_hash": content,
            "silver_id": name,
            "masked_from": silver_id,
            "status": "ok",
            **silver_columns(document),
            "parsed_at": self._context.clock.now(),
            "run_id": self._context.run_id,
        }

    def _refused(self, case: Case, reasons: Sequence[Reason]) -> Iterator[Refused]:
        """Yield the versions that releases may hold and a verdict keeps from some or all."""
        doc_id, content, silver_id = case.waiting.version
        before = case.waiting.before
        actions = {reason.action for reason in reasons}
        if "quarantine" in actions:
            yield Refused(doc_id, content, silver_id, None, wholly=True)
            return
        served = silver_id
        if "mask" in actions and case.mask is not None:
            served = case.mask[1]
            for old in {silver_id, before.masked_id if before else None} - {served, None}:
                yield Refused(doc_id, content, old)
        if "restrict" in actions:
            groups = both(case.waiting.document.row["groups"], self._policy.restrict_to)
            yield Refused(doc_id, content, served, groups)

    def _count(self, case: Case, reasons: Sequence[Reason]) -> None:
        report, document = self.report, case.waiting.document
        actions = {reason.action for reason in reasons}
        report.judged += 1
        report.masked += "mask" in actions and "quarantine" not in actions
        report.restricted += "restrict" in actions and "quarantine" not in actions
        if "quarantine" in actions and case.waiting.version[:2] not in self._aside:
            first = next(reason for reason in reasons if reason.action == "quarantine")
            lapsed = self._decisions.lapsed(self._against(case.waiting.version, reasons))
            report.lapsed += lapsed is not None
            report.quarantined.append(
                {
                    "doc_id": document.doc_id,
                    "uri": document.row["uri"],
                    "rule": first.rule,
                    "reason": _why(first, lapsed),
                }
            )


def _why(reason: Reason, lapsed: Review | None) -> str:
    often = "once" if reason.findings == 1 else f"{reason.findings} times"
    before = f"; {lapsed.by} had released it for another version" if lapsed else ""
    return f"found {often}, by version {reason.version}{before}"


def _failed(error: Quarantine) -> Scan:
    """Return the scan of a document that could not be looked into."""
    finding = Finding(
        verdicts.UNSCANNED, "1", evidence=f"it could not be looked into: {error.rule}"
    )
    return Scan((_UNSCANNED,), (finding,), {})
