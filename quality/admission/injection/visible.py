"""One pass over a text: which sentences are worth judging, what they say, and what is in disguise.

Most sentences are told by their first word and by a search for anchors that they need no judging:
the cost is that of a regular expression over the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from freshground.core.findings import Finding
from quality.admission.injection import words
from quality.admission.injection.judge import Judged, is_about, judge
from quality.admission.injection.payloads import payloads, telltale
from quality.admission.injection.place import is_question
from quality.admission.injection.sentences import Sentence, split
from quality.admission.injection.signals import ANCHORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from freshground.core.records import Element

REPORTED = 0.2
FOLLOWS = 0.75
"""From a sentence of so much confidence on, what goes on giving orders belongs to it."""

_FIRST = re.compile(r"[^\w<\[#]*(?:(?:\d+|[A-Za-z])[.)]\s+)?([^\W\d_]+)")
_ORDERS = words.TELLING | words.MAKING | words.ACTING
_OPENERS = words.POLITE | frozenset(
    "can could would will i you in at to for within throughout when while after before if as by "
    "inside let's make be remember don't do your help from".split()
)
STYLE = 5
"""So many requests, and of so large a share of its sentences, and they are a text's own style."""
STYLE_SHARE = 0.08


class Reader:
    """Looks through one text. `around` is what it is compared with, itself where empty."""

    def __init__(self, text: str, elements: Sequence[Element], *, around: str = "") -> None:
        self.text = text
        self.small = _small(text)
        self.context = around or self.small
        self.foreign = bool(around)
        self.about = not around and is_about(self.small)
        self.elements = elements

    def findings(self, version: str) -> Iterator[Finding]:
        """Yield what is found in the order of the text; findings do not overlap."""
        found = [*self._plain(version), *self._disguised(version)]
        found.sort(key=lambda f: (f.start, -f.confidence))
        end = -1
        for finding in found:
            start = finding.start or 0
            if start >= end:
                yield finding
                end = finding.end or 0

    def _sentences(self) -> Iterator[Sentence]:
        if not self.elements:
            yield from split(self.text)
        for element in self.elements:
            yield from split(self.text[element.start : element.end], element.start, element.kind)

    def _plain(self, version: str) -> list[Finding]:
        sentences = list(self._sentences())
        marked = set()
        starts = [sentence.start for sentence in sentences]
        for match in ANCHORS.finditer(self.small):
            marked.add(bisect_right(starts, match.start()) - 1)
        judged: dict[int, Judged] = {}
        for place, sentence in enumerate(sentences):
            if place in marked or self._may_ask(sentence):
                result = self._judge(sentence)
                if result.confidence > 0:
                    judged[place] = result
        asked = [place for place, result in judged.items() if not result.addressed]
        styled = len(asked) >= STYLE and len(asked) >= STYLE_SHARE * len(sentences)
        findings: list[Finding] = []
        for place, result in judged.items():
            sentence = sentences[place]
            confidence = result.confidence
            if styled and not result.addressed:
                confidence *= 0.5
            before = judged.get(place - 1)
            if before and before.addressed and before.confidence >= FOLLOWS:
                confidence = max(confidence, 1 - (1 - confidence) * 0.4)
            if confidence >= REPORTED:
                rule = "injection.instruction" if result.addressed else "injection.request"
                findings.append(Finding(rule, version, sentence.start, sentence.end,
                                        round(confidence, 3), result.evidence))  # fmt: skip
        return findings

    def _may_ask(self, sentence: Sentence) -> bool:
        if sentence.kind in {"heading", "title"}:
            return False
        first = _FIRST.match(sentence.text)
        if first is None:
            return False
        word = first.group(1).lower()
        return word in _ORDERS or word in _OPENERS or is_question(sentence.text.lower())

    def _judge(self, sentence: Sentence) -> Judged:
        span = (0, 0) if self.foreign else (sentence.start, sentence.end)
        return judge(_small(sentence.text), sentence.kind, span, self.context, about=self.about)

    def _disguised(self, version: str) -> Iterator[Finding]:
        for payload in payloads(self.text):
            small = _small(payload.text)
            if not telltale(small) and payload.how not in {"base64", "base32", "hex", "bits"}:
                continue
            best = Judged(0.0, False, "")
            for sentence in split(payload.text):
                result = judge(_small(sentence.text), "text", (0, 0), self.context, about=self.about)
                best = max(best, result, key=lambda r: r.confidence)
            if best.confidence >= 0.4:
                yield Finding("injection.encoded", version, payload.start, payload.end,
                              round(1 - (1 - best.confidence) * 0.5, 3),
                              f"{payload.how}: {best.evidence}")  # fmt: skip


def _small(text: str) -> str:
    """Return a text in small letters, as long as it was, with straight apostrophes."""
    small = text.lower()
    if len(small) != len(text):
        small = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return small.replace("\u2019", "'")
