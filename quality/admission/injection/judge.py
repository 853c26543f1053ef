"""How sure it is that a sentence speaks to a machine, and in which words to say why.

The signals of a sentence are joined as if they were independent. A request counts by how little it
fits the text around it; told of (in quotation marks, in code, in a text about such attacks) it
counts less than said.
"""

# ruff: noqa: E501 - expressions read better whole

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from quality.admission.injection import place, words
from quality.admission.injection.signals import Signal, imperative, quoted_away, signals

if TYPE_CHECKING:
    from collections.abc import Sequence

MIN_WORDS, MAX_WORDS = 3, 60
_WHOM = r"(?:the|your|their|his|an?|each|every|all|any) (?!(?:user|reader|story|joke|tale|truth)s?\b)\w+(?: \w+)?"
_PEOPLE = re.compile(
    r"^\w+ (?:us|our|him|her|them)\b|^(?:write|reply|respond|speak|talk|answer|call|escriba|schreibe) (?:to|back)\b"
    rf"|(?:^|\b(?:and|then) )(?:tell|inform|advise|remind|warn|teach|ask|urge|encourage|invite) {_WHOM} "
    r"(?:that|to|when|whether|which|what|who|where|if|how|about|why|for|the|an?|your|their|in)\b"
    rf"|(?:^|\b(?:and|then) )(?:give|show|send|offer|lend|hand) {_WHOM} (?:an?|the|your|their|it|this|every|all)\b"
)
"""Somebody else is told or given something: what people ask each other, and no machine can do."""

_KNOWN = re.compile(
    r"^(?:who (?:can |will |could )?|(?:can|could|will|would) (?:you|we|somebody|anyone) )?\w+ (?:me |up |out |down )?"
    r"the (?!following|words?\b|sentences?\b|phrases?\b)(?:\w+ )?\w+(?=[.,;?!]|$| (?:and|or|to|from|if|in|on|again|into|with|when|before)\b)"
)
"""What is done to a thing that the reader is taken to know: "write the minutes"."""
KNOWN_TAKES = 0.65

_NEVER = re.compile(r"\b(?:never|not)\s+$")
_FOR_ME = re.compile(r"\b(?:me|my|i|mir|mich|moi|mon|mi|yo)\b")
KINDS_WITHOUT_REQUESTS = frozenset({"heading", "title", "code"})
TOLD = 0.35
"""What is left of the weight of signals that stand in quotation marks, or in code."""


class Judged(NamedTuple):
    """A confidence in 0 to 1, whether it is by signals (else by being out of place), and why."""

    confidence: float
    addressed: bool
    evidence: str


NOTHING = Judged(0.0, False, "")


def joined(found: Sequence[Signal]) -> float:
    """Return the weights joined as independent ones."""
    left = 1.0
    for signal in found:
        left *= 1 - signal.weight
    return 1 - left


def judge(
    sentence: str,
    kind: str,
    span: tuple[int, int],
    text: str,
    *,
    about: bool = False,
    upright: bool = True,
    marked: bool = True,
    ground: float = 1.0,
) -> Judged:
    """Judge a sentence at `span` of a document's `text`; both texts are in small letters.

    `about` says that the document tells of such attacks, `upright` that the sentence began with a
    capital letter: a request without one is likelier a fragment; `marked` as for `signals`.
    `ground` says how well the text around the sentence tells what does not fit it (`place.ground`).
    """
    verb, order = imperative(sentence)
    found = signals(sentence, verb, order, marked=marked) if marked or verb else []
    if found:
        bare = quoted_away(sentence)
        if bare != sentence:
            found = _said(found, bare)
        if kind == "code" or (about and "`" in sentence):
            found = [Signal(s.name, s.weight * TOLD) for s in found]
    if about:
        found = [Signal(s.name, s.weight * 0.6) for s in found]
    strong = joined(found)
    request = 0.0
    if ground and kind not in KINDS_WITHOUT_REQUESTS:
        request = _request(sentence, verb, order, span, text) * ground
    if request and (not upright or (kind == "list_item" and verb not in words.TELLING)):
        request *= 0.6
    if not (found or request):
        return NOTHING
    whole = 1 - (1 - strong) * (1 - request * (0.7 if found else 1.0))
    names = [signal.name for signal in found]
    if request:
        names.append("asks for something out of place")
    return Judged(round(whole, 3), strong >= request, ", ".join(dict.fromkeys(names)))


def _said(found: Sequence[Signal], bare: str) -> list[Signal]:
    verb, order = imperative(bare)
    outside = {signal.name for signal in signals(bare, verb, order)}
    return [s if s.name in outside else Signal(s.name, s.weight * TOLD) for s in found]


def _request(sentence: str, verb: str, order: str, span: tuple[int, int], text: str) -> float:
    """Return how sure it is that a sentence asks for what its document is not about."""
    question = place.is_question(sentence)
    if not question and verb not in words.TELLING and verb not in words.MAKING:
        return 0.0
    if not MIN_WORDS <= len(sentence.split()) <= MAX_WORDS:
        return 0.0
    bare = quoted_away(sentence)
    for_me = bool(_FOR_ME.search(bare))
    if verb in words.TELLING:
        base = 0.7
    elif question or (verb in words.MAKING and for_me):
        base = 0.62
    elif verb in words.ASKED:
        base = 0.56
    else:
        return 0.0
    if verb and (_PEOPLE.search(order) or _NEVER.search(sentence, 0, len(sentence) - len(order))):
        return 0.0
    if _KNOWN.search(order or bare):
        base *= KNOWN_TAKES
    if place.has_context(_FRAMES.sub(" ", bare)):
        base *= 0.45
    # In a long document something that shares no word with it is found sooner or later.
    base -= min(LONG_TAKES, 0.2 * max(0.0, math.log10(max(len(text), 1) / LONG)))
    if base < LEAST:
        return 0.0
    fit = place.fit(sentence, *span, text)
    if not fit.words:
        return 0.0
    alien = 1 - fit.shared / fit.words
    # Two thirds of its matter from elsewhere is where it begins not to fit.
    return base * min(1.0, max(0.0, (alien - 0.4) / 0.4))


LONG = 3_000
LONG_TAKES = 0.3
LEAST = 0.15
_FRAMES = re.compile(
    r"\b(?:can|could|would|will|want|need|do|does|should) (?:you|we|one)\b"
    r"|\byou (?:must|should|will)\b|\bhow to\b"
)
