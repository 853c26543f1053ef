"""One version on its way to a verdict: what was found in it, and itself masked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chunking.gold import read_document
from freshground.core.errors import Quarantine
from freshground.core.findings import Finding
from freshground.service.admission.masks import masked_id
from freshground.service.masking.apply import masked
from quality.admission import verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from freshground.core.records import Document
    from freshground.lake.admissions import Version
    from freshground.service.admission.pending import Waiting
    from freshground.service.context import Context
    from quality.admission.scanning import Scan

READ_DOCUMENTS = 100
"""Documents that are read from the lake at a time."""


class Case(NamedTuple):
    """One version with all that is known of it.

    `document` is there if it was read already, `mask` is the masked one and its id.
    """

    waiting: Waiting
    scan: Scan
    decided: tuple[tuple[Finding, str], ...]
    document: Document | None
    mask: tuple[Document, str] | None = None

    @property
    def to_mask(self) -> list[Finding]:
        """What is to be masked."""
        return [finding for finding, done in self.decided if done == "mask"]


def read(context: Context, waiting: Sequence[Waiting]) -> Iterator[tuple[Version, Document]]:
    """Yield the documents of versions, in any order."""
    for start in range(0, len(waiting), READ_DOCUMENTS):
        batch = [each.document for each in waiting[start : start + READ_DOCUMENTS]]
        for row in context.ledger.silver_rows(batch).to_pylist():
            yield (row["doc_id"], row["content_hash"], row["silver_id"]), read_document(row)


def masked_cases(context: Context, cases: Sequence[Case]) -> Iterator[Case]:
    """Yield versions of which something is to be masked, masked or refused, in any order."""
    if not cases:
        return
    own = {case.waiting.version: case for case in cases}

    def wanted() -> Iterator[tuple[Version, Document, list[Finding]]]:
        for version, case in own.items():
            if case.document is not None:
                yield version, case.document, case.to_mask
        unread = [case.waiting for case in cases if case.document is None]
        for version, document in read(context, unread):
            yield version, document, own[version].to_mask

    for version, clean in masked(context, wanted()):
        case = own[version]._replace(document=None)
        if isinstance(clean, Quarantine):
            yield _kept(case, verdicts.UNSCANNED, f"it could not be masked: {clean.rule}")
        elif clean is None:
            yield case
        elif not clean.text.strip() or not clean.elements:
            yield _kept(case, verdicts.NOTHING_LEFT, "masked, it has no text left")
        else:
            yield case._replace(mask=(clean, masked_id(context, version[2], case.to_mask)))


def _kept(case: Case, rule: str, evidence: str) -> Case:
    """Return a version with what keeps it from everybody."""
    why = Finding(rule, "1", evidence=evidence)
    return case._replace(decided=(*case.decided, (why, "quarantine")))
