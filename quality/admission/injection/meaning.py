"""Whether what a sentence asks fits its document by meaning: a second look, by vectors.

By words alone a question on a slide looks as foreign as one that somebody planted. The encoder is
the caller's to bring: detectors run in workers, which load no model for a few sentences.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from freshground.core.findings import Finding
    from freshground.core.settings import Admission

MODEL = "all-MiniLM-L6-v2"
"""The encoder that the bounds below were found with, whatever a project's own is."""

REQUEST = "injection.request"
"""The rule whose findings need a second look."""

UNREAD = 0.7
"""What is left of a request's confidence where no model may say how it fits."""

WINDOW, STEP = 60, 40
"""Words of a piece of a document, and from one's begin to the next one's."""
REACH = 6_000
"""Characters before and behind a sentence that are its surroundings."""

FOREIGN, AKIN = 0.14, 0.24
"""Cosine with the most alike piece: below the first it has nothing to do with it, from the second
on it belongs to it."""
ALIEN = 0.04
BELONGING, STRANGENESS = 0.4, 1.6
"""By what a confidence is multiplied from AKIN on, and up to ALIEN."""
ENOUGH = 5
"""Pieces that tell what a document is about: only among so many is a sentence held to be alien."""
SURE = 0.95

_WORD = re.compile(r"\S+")

Span = tuple[int, int]


def wanted(policy: Admission) -> bool:
    """Return whether a policy has requests looked at again: it acts on them, and models may run."""
    return policy.models and policy.action(REQUEST) != "allow"


def look_again(
    text: str, findings: Sequence[Finding], encode: Callable[[list[str]], np.ndarray]
) -> tuple[Finding, ...]:
    """Return the findings in a document's text, requests with the confidence that meaning gives.

    `encode` returns float (n, d), unit rows. It is not called where there is no request.
    """
    asked = [finding for finding in findings if _needs(finding)]
    if not asked:
        return tuple(findings)
    spans = windows(text)
    own = {finding: _texts(text, spans, finding) for finding in asked}
    every = list(dict.fromkeys(piece for pieces in own.values() for piece in pieces))
    vectors = dict(zip(every, encode(every), strict=True))
    return tuple(
        _weighed(finding, [vectors[piece] for piece in own[finding]]) if finding in own else finding
        for finding in findings
    )


def _needs(finding: Finding) -> bool:
    """Return whether a finding is to be looked at again."""
    return finding.rule == REQUEST and finding.start is not None


def windows(text: str) -> list[Span]:
    """Return the spans of the pieces of a text, which overlap."""
    words = [match.span() for match in _WORD.finditer(text)]
    ends = [*range(WINDOW, len(words), STEP), len(words)] if words else []
    return [(words[max(end - WINDOW, 0)][0], words[end - 1][1]) for end in ends]


def _texts(text: str, spans: Sequence[Span], finding: Finding) -> list[str]:
    """Return what to encode: the sentence of a finding, then the pieces around it, without it."""
    start, end = finding.start or 0, finding.end or 0
    near = [span for span in spans if span[1] > start - REACH and span[0] < end + REACH]
    pieces = [
        text[low:high]
        if high <= start or low >= end
        else f"{text[low : max(low, start)]} {text[min(high, end) : high]}"
        for low, high in near
    ]
    return [text[start:end], *(piece for piece in pieces if piece.strip())]


def _weighed(finding: Finding, vectors: Sequence[np.ndarray]) -> Finding:
    """Return a finding weighed by its vectors: the sentence's, and those of what is around it."""
    sentence, *around = vectors
    if not around:
        return finding
    alike = max(float(piece @ sentence) for piece in around)
    if alike >= FOREIGN:
        share = min(1.0, (alike - FOREIGN) / (AKIN - FOREIGN))
        factor = 1 + (BELONGING - 1) * share
    else:
        share = min(1.0, (FOREIGN - alike) / (FOREIGN - ALIEN)) if len(around) >= ENOUGH else 0.0
        factor = 1 + (STRANGENESS - 1) * share
    return replace(finding, confidence=round(min(SURE, finding.confidence * factor), 3))
