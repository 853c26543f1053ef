"""The detector of prompt injection: visible sentences, disguised texts, what readers do not see.

Rules, each with its version:

- `injection.instruction`: a sentence speaks to the machine that reads it;
- `injection.request`: a sentence asks for something that its document is not about;
- `injection.encoded`: an encoded or disguised text, decoded, does one of these;
- `injection.hidden`: text that readers do not see does one of these.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from freshground.core.findings import Finding, Scanned
from freshground.core.records import Element
from quality.admission.described import fields
from quality.admission.injection import meaning
from quality.admission.injection.visible import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.core.records import Document
    from freshground.core.settings import Admission

VERSION = "4"
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

ASKED_ASIDE = 0.6
"""What is left of a request there that does not speak to a machine."""


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
        """Return findings in the order of the text, those about what stands beside it last."""
        reader = Reader(document.text, document.elements)
        plain = reader.findings(VERSION)
        if self._alone:
            plain = map(_by_words, plain)
        found = (*plain, *_beside(document, reader.small), *_hidden(document, reader.small))
        return Scanned(found)


def _by_words(finding: Finding) -> Finding:
    """Return a finding as it counts where nobody looks at requests again."""
    if finding.rule != meaning.REQUEST:
        return finding
    confidence = round(finding.confidence * meaning.UNREAD, 3)
    return replace(finding, version=ALONE[finding.rule], confidence=confidence)


def _beside(document: Document, context: str) -> Iterator[Finding]:
    """Judge title and metadata, which are served as well.

    They are headings: no request is out of place there.
    """
    values = [
        value
        for value in dict.fromkeys(value for _, value in fields(document))
        if value not in document.text
    ]
    ends = list(accumulate(len(value) + 1 for value in values))
    elements = [
        Element("heading", end - 1 - len(value), end - 1)
        for value, end in zip(values, ends, strict=True)
    ]
    found = Reader("\n".join(values), elements, context).findings(VERSION) if values else ()
    for _, of_one in groupby(found, lambda finding: bisect_right(ends, finding.start)):
        best = max(of_one, key=lambda finding: finding.confidence)
        yield replace(best, start=None, end=None,
                      evidence=f"title or metadata: {best.evidence}")  # fmt: skip


def _hidden(document: Document, context: str) -> Iterator[Finding]:
    for place, piece in enumerate(document.hidden):
        # What stands unseen is not judged by how it fits what stands unseen with it.
        best = _surest(Reader(piece.text, (), context))
        if best:
            sure = best.confidence
            if best.rule == "injection.request" and piece.kind not in UNSEEN_BY_DESIGN:
                # Comments ask things of those who edit, and are never served.
                sure = round(sure * ASKED_ASIDE, 3)
            elif piece.kind in UNSEEN_BY_DESIGN:
                # Somebody who addresses a machine where people do not see it means to.
                sure = round(1 - (1 - sure) * 0.3, 3)
            why = f"{piece.kind.replace('_', ' ')} text: {best.evidence}"
            yield Finding("injection.hidden", VERSION, None, None, sure, why, place)


def _surest(reader: Reader) -> Finding | None:
    return max(reader.findings(VERSION), key=lambda found: found.confidence, default=None)
