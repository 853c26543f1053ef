"""The detector of prompt injection: visible sentences, disguised texts, what readers do not see.

Rules, each with its version:

- `injection.instruction`: a sentence speaks to the machine that reads it;
- `injection.request`: a sentence asks for something that its document is not about;
- `injection.encoded`: an encoded or disguised text, decoded, does one of these;
- `injection.hidden`: text that readers do not see does one of these.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from freshground.core.findings import Finding, Scanned
from quality.admission.injection import meaning
from quality.admission.injection.judge import judge
from quality.admission.injection.net import Cast
from quality.admission.injection.visible import REPORTED, Reader, small

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.core.records import Document, Hidden
    from freshground.core.settings import Admission

VERSION = "3"
RULES = {
    "injection.instruction": VERSION,
    "injection.request": VERSION,
    "injection.encoded": VERSION,
    "injection.hidden": VERSION,
}
ALONE = {meaning.REQUEST: f"{VERSION}-words"}
"""The version of a rule that goes by words alone."""

UNSEEN_BY_DESIGN = frozenset(
    {"white", "tiny", "off_page", "invisible", "zero_width", "bidi", "tags"}
)
"""Kinds of hidden text that somebody made unseen; comments and alternative texts have their use."""


def injection(policy: Admission) -> InjectionDetector:
    """Return the detector. It costs no model, so it looks even where the policy only records."""
    return InjectionDetector(alone=not meaning.wanted(policy))


class InjectionDetector:
    """Looks for text addressed to machines. See the module.

    `alone`: nobody looks again by meaning (`meaning`), so that requests count less.
    """

    def __init__(self, *, alone: bool = False) -> None:
        self.rules = RULES | ALONE if alone else RULES
        self._alone = alone

    def scan(self, document: Document) -> Scanned:
        """Return findings in the order of the text, those about hidden text last."""
        reader = Reader(document.text, document.elements)
        plain = reader.findings(VERSION)
        if self._alone:
            plain = map(_by_words, plain)
        found = [*plain, *_titles(document), *_hidden(document)]
        highest = max((finding.confidence for finding in found), default=0.0)
        return Scanned(tuple(found), {"injection": round(highest, 3)})


def _by_words(finding: Finding) -> Finding:
    """Return a finding as it counts where nobody looks at requests again."""
    if finding.rule != meaning.REQUEST:
        return finding
    confidence = round(finding.confidence * meaning.UNREAD, 3)
    return replace(finding, version=ALONE[finding.rule], confidence=confidence)


def _titles(document: Document) -> Iterator[Finding]:
    """Judge the title and metadata, which are served as well."""
    values = [document.title or ""]
    for value in document.metadata.values():
        values += [value] if isinstance(value, str) else []
    values = [text[:2_000] for text in values]
    if not Cast("\n".join(values)).catches("signals", "orders"):
        return
    for text in values:
        if not Cast(text).catches("signals", "orders"):
            continue
        value = small(text)
        judged = judge(value, "heading", (0, len(value)), value)
        if judged.confidence >= REPORTED and text not in document.text:
            yield Finding("injection.instruction", VERSION, None, None, judged.confidence,
                          f"title or metadata: {judged.evidence}")  # fmt: skip


def _hidden(document: Document) -> Iterator[Finding]:
    context = document.text.lower()
    for place, piece in enumerate(document.hidden):
        confidence, why = _unseen(piece, context)
        if confidence >= REPORTED:
            yield Finding("injection.hidden", VERSION, None, None, confidence,
                          f"{piece.kind.replace('_', ' ')} text: {why}", place)  # fmt: skip


def _unseen(piece: Hidden, context: str) -> tuple[float, str]:
    # What stands unseen is not judged by how it fits what stands unseen with it.
    reader = Reader(piece.text, (), context)
    best, why = 0.0, ""
    for finding in reader.findings(VERSION):
        if finding.confidence > best:
            best, why = finding.confidence, finding.evidence
    if piece.kind in UNSEEN_BY_DESIGN and best:
        # Somebody who addresses a machine where people do not see it means to.
        best = 1 - (1 - best) * 0.3
    return round(best, 3), why
