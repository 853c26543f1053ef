"""One pass over a text: which sentences are worth judging, what they say, and what is in disguise.

The nets (`net`) say where to look; only the sentences there are cut out and judged.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import islice
from typing import TYPE_CHECKING

from freshground.core.findings import Finding
from quality.admission.injection.judge import NOTHING, Judged, judge
from quality.admission.injection.net import DISGUISES, Cast
from quality.admission.injection.payloads import Payload, parted, payloads, telltale
from quality.admission.injection.place import ground
from quality.admission.injection.sentences import Sentence, around, split
from quality.admission.injection.worth import Sight
from quality.admission.matches import lowered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from freshground.core.records import Element

REPORTED = 0.2
"""Findings of less confidence are not worth a row."""

FOLLOWS = 0.75
"""From a sentence of so much confidence on, what goes on giving orders belongs to it."""

STYLE = (1.0, 1.0, 0.7, 0.5)
"""What is left of requests that stand at so many places of a text: to ask is its own style."""

AMPLE = 3_000
"""Characters from which on a text has surroundings enough, without counting its words."""

HABIT = 4
HABIT_SHARE = 0.4
"""So many orders, those that fit as well, and of so large a share of its sentences: a text that
tells its readers step by step what to do."""

SENTENCE = 90
"""Characters of a usual sentence: to tell how many a text has without cutting it."""

_SURE_HOW = frozenset({"base64", "base32", "hex", "bits"})


class Reader:
    """Looks through one text. `around` is what it is compared with, itself where None."""

    def __init__(self, text: str, elements: Sequence[Element], compared: str | None = None) -> None:
        self.text = text
        self.cast = Cast(text)
        self.small = small(text)
        self.context = self.small if compared is None else compared
        self.foreign = compared is not None
        self.ample = len(self.context) >= AMPLE
        self.about = not self.foreign and len(list(islice(self.cast.finds("about"), 2))) > 1
        self.elements = elements
        self.orders = 0
        self.sight = Sight(text, self.small, elements, ample=self.ample)

    def findings(self, version: str) -> Iterator[Finding]:
        """Yield what is found in the order of the text; findings do not overlap."""
        found = [*self._plain(version), *self._disguised(version)]
        kept: list[Finding] = []
        for finding in sorted(found, key=lambda each: -each.confidence):
            at = bisect_left(kept, finding.end, key=lambda each: each.start)  # type: ignore[arg-type]
            if not at or kept[at - 1].end <= finding.start:  # type: ignore[operator]
                kept.insert(at, finding)
        yield from kept

    def _sentence(self, place: int, first: int = 0) -> Sentence | None:
        """Return the sentence around a character, within its element and not before `first`."""
        if not self.elements:
            return around(self.text, place, first, len(self.text))
        element = self.sight.element(place)
        if element is None:
            return None
        return around(self.text, place, max(first, element.start), element.end, element.kind)

    def judged(self) -> list[tuple[Sentence, Judged]]:
        """Return the sentences that say something to a machine, in order, each as if alone."""
        worth = self.sight.worth(self.cast)
        sentences: dict[int, Sentence] = {}
        caught: dict[str, set[int]] = {"orders": set(), "questions": set(), "signals": set()}
        sentence: Sentence | None = None
        for place, net in sorted(worth.places.items()):
            if place in worth.begun:
                sentence = self._sentence(place, worth.begun[place])
            elif sentence is None or not sentence.start <= place < sentence.end:
                sentence = self._sentence(place)
            if sentence:
                sentences[sentence.start] = sentence
                caught[net].add(sentence.start)
        self.orders = len(caught["orders"]) + worth.passed
        asked = caught["orders"] | caught["questions"]
        ground = self._ground([sentences[start] for start in sorted(asked)])
        judged = []
        for start, sentence in sorted(sentences.items()):
            result = self._judge(sentence, marked=start in caught["signals"], ground=ground)
            if result.confidence > 0:
                judged.append((sentence, result))
        return judged

    def _plain(self, version: str) -> Iterator[Finding]:
        judged = self.judged()
        habit = self.orders >= HABIT and self.orders * SENTENCE >= HABIT_SHARE * len(self.text)
        style = 0.5 if habit else STYLE[min(_scattered(judged), len(STYLE) - 1)]
        last: tuple[Sentence, Judged] | None = None
        for sentence, result in judged:
            confidence = result.confidence
            if not result.addressed:
                confidence *= style
            follows = last is not None and _follows(sentence, last[0])
            if follows and last and last[1].addressed and last[1].confidence >= FOLLOWS:
                confidence = 1 - (1 - confidence) * 0.4
            last = (sentence, result)
            if confidence >= REPORTED:
                rule = "injection.instruction" if result.addressed else "injection.request"
                yield Finding(rule, version, sentence.start, sentence.end, round(confidence, 3),
                              result.evidence)  # fmt: skip

    def _ground(self, asked: Sequence[Sentence]) -> float:
        """Return how well the text around what is asked tells what does not fit it."""
        if self.ample:
            return 1.0
        left, at = [], 0
        for sentence in () if self.foreign else asked:
            left.append(self.context[at : sentence.start])
            at = sentence.end
        return ground(" ".join((*left, self.context[at:])))

    def _judge(self, sentence: Sentence, *, marked: bool, ground: float) -> Judged:
        span = (0, 0) if self.foreign else (sentence.start, sentence.end)
        upright = not sentence.text.lstrip("-*\u2022>\"'( ")[:1].islower()
        return judge(self.small[sentence.start : sentence.end], sentence.kind, span, self.context,
                     about=self.about, upright=upright, marked=marked,
                     ground=ground)  # fmt: skip

    def _disguised(self, version: str) -> Iterator[Finding]:
        for low, high, net in self._suspicious():
            for payload in payloads(self.text[low:high], net):
                best = self._decoded(payload)
                if best.confidence >= DECODED:
                    yield Finding("injection.encoded", version, low + payload.start,
                                  low + payload.end, round(1 - (1 - best.confidence) * 0.5, 3),
                                  f"{payload.how}: {best.evidence}")  # fmt: skip

    def _decoded(self, payload: Payload) -> Judged:
        content = parted(payload.text) if payload.how == "spaced out" else small(payload.text)
        best = NOTHING
        if payload.how in _SURE_HOW or telltale(content):
            for sentence in split(content):
                result = judge(small(sentence.text), "text", (0, 0), self.context, about=self.about)
                best = max(best, result, key=lambda judged: judged.confidence)
        return best

    def _suspicious(self) -> list[tuple[int, int, str]]:
        """Return the lines in which something may be in disguise, and which net says so."""
        return [(*span, net) for net in DISGUISES for span in self._lines(net)]

    def _lines(self, net: str) -> list[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        for start, end in self.cast.finds(net):
            if spans and end <= spans[-1][1]:
                continue
            low = max(self.text.rfind("\n", 0, start) + 1, start - NEAR)
            high = self.text.find("\n", end)
            high = min(len(self.text) if high < 0 else high, end + NEAR)
            if spans and low < spans[-1][1]:
                spans[-1] = (spans[-1][0], high)
            else:
                spans.append((low, high))
            if len(spans) >= MAX_SUSPICIOUS:
                break
        return spans


def _scattered(judged: Sequence[tuple[Sentence, Judged]]) -> int:
    """Return at how many places of a text something is asked that does not fit it.

    Sentences that follow each other stand at one place, items of a list each at its own.
    """
    places, last = 0, None
    for sentence, result in judged:
        if not result.addressed and result.confidence >= REPORTED:
            item = sentence.kind == "list_item"
            places += item or last is None or not _follows(sentence, last)
            last = sentence
    return places


def _follows(sentence: Sentence, last: Sentence) -> bool:
    return sentence.start - last.end <= 3  # noqa: PLR2004


NEAR = 400
"""Characters beside a suspicious place that are looked at with it, on its line."""

MAX_SUSPICIOUS = 500
DECODED = 0.4
"""What a decoded text must reach by itself."""


def small(text: str) -> str:
    """Return a text in small letters, as long as it was, with straight apostrophes."""
    return lowered(text).replace("\u2019", "'")
