"""Whether a document's text is good enough to be served: rules `quality.*` and their scores."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

from freshground.core.findings import Finding, Scanned
from quality.admission.text_quality import measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freshground.core.records import Document
    from freshground.core.settings import Admission
    from freshground.core.settings.quality import QualityLimits

REVISION = "1"
"""Raised by hand when a rule would judge any document otherwise."""

_LIMITS = {
    "quality.symbols": ("text_share", "min_text", "letters and digits are {value:.0%} of its text"),
    "quality.words": ("word_validity", "min_words", "{value:.0%} of its words look like words"),
    "quality.repetition": ("repetition", "max_repetition", "{value:.0%} of its text repeats"),
    "quality.ocr_noise": ("ocr_noise", "max_ocr_noise", "{value:.0%} of its words are damaged"),
    "quality.short": ("letters", "min_letters", "it has {value:.0f} letters"),
}


def detector(policy: Admission) -> QualityDetector:
    """Return the detector for a source's limits."""
    return QualityDetector(policy.quality_limits)


class QualityDetector:
    """Looks at a sample of the text; finds documents, not spans."""

    rules: Mapping[str, str]

    def __init__(self, limits: QualityLimits) -> None:
        self._limits = limits
        self.rules = {
            rule: f"{REVISION}.{_short(getattr(limits, limit))}"
            for rule, (_, limit, _) in _LIMITS.items()
        }

    def scan(self, document: Document) -> Scanned:
        """Return the limits that the document exceeds, and what was measured."""
        scores = measure(document)
        findings = []
        for rule, (name, limit, wording) in _LIMITS.items():
            value, bound = scores[name], getattr(self._limits, limit)
            if value is None or (value >= bound if limit.startswith("min_") else value <= bound):
                continue
            evidence = f"{wording.format(value=value)}; the limit is {bound:g}"
            findings.append(Finding(rule, self.rules[rule], evidence=evidence))
        return Scanned(
            tuple(findings), {f"quality.{name}": value for name, value in scores.items()}
        )


def _short(limit: float) -> str:
    """Return a limit as part of a version: what is judged by another limit is judged anew."""
    return sha256(json.dumps(limit).encode()).hexdigest()[:6]
