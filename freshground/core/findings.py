"""What admission is about: text that readers do not see, and what a rule found in a document.

Findings are data: they say where and how sure, never what the text is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freshground.core.records import Document

Verdict = Literal["serve", "mask", "restrict", "quarantine"]
"""What becomes of a document, from the mildest to the strictest."""

VERDICTS: tuple[Verdict, ...] = ("serve", "mask", "restrict", "quarantine")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found in one document.

    `rule` is a category and a kind, such as `personal.card`, `version` the rule's. `start` and
    `end` are a span of the document's text, half open, both None for what is about the whole
    document or about hidden text. `hidden` is the place in `Document.hidden`, or None.
    `confidence` lies in 0 to 1. `evidence` says in words what was seen, without quoting it.
    """

    rule: str
    version: str
    start: int | None = None
    end: int | None = None
    confidence: float = 1.0
    evidence: str = ""
    hidden: int | None = None


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a detector says of one document: findings, and scores by name (0 to 1, or counts)."""

    findings: tuple[Finding, ...] = ()
    scores: Mapping[str, Any] = field(default_factory=dict)


class Detector(Protocol):
    """Looks for what some rules are about. The same document always gives the same answer."""

    rules: Mapping[str, str]
    """The version of each rule that it looks for, by name. A changed rule has a new version."""

    def scan(self, document: Document) -> Scanned:
        """Return what is found, in the order of the text. Findings of one rule do not overlap."""
        ...
