"""The pattern detectors of personal data and of secrets, over text, title and metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.findings import Finding, Scanned
from quality.admission.described import (
    PERSON_KEYS,
    fields,
    found_in_field,
    named,
    named_before,
)
from quality.admission.matches import Match, findings
from quality.admission.personal import patterns as personal
from quality.admission.pseudonyms import outside
from quality.admission.secrets import patterns as secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from freshground.core.records import Document
    from freshground.core.settings import Admission

NAMED = "personal.metadata_name"
"""People that metadata names: authors, senders, recipients."""

_FINDERS: dict[str, tuple[Callable[[str], list[Match]], Callable[[Sequence[str]], list[bool]]]] = {
    "personal": (personal.find, personal.may_hold),
    "secret": (secrets.find, secrets.may_hold),
}
"""What finds, and what tells which of some texts are worth looking into."""

VERSIONS: dict[str, dict[str, str]] = {
    "personal": {**personal.VERSIONS, NAMED: "1"},
    "secret": secrets.VERSIONS,
}


def find_any(text: str) -> list[Match]:
    """Return everything that has a form: personal data and secrets, which may overlap."""
    return [*personal.find(text), *secrets.find(text)]


class Patterns:
    """Finds what has a form. Findings without a span are about title, metadata or hidden text."""

    def __init__(self, category: str) -> None:
        self.rules: Mapping[str, str] = VERSIONS[category]
        self._find, self._may_hold = _FINDERS[category]

    def scan(self, document: Document) -> Scanned:
        """Return what is found in the text, then what stands beside it, once a rule and place."""
        text = document.text
        seen = [m for m in self._find(text) if outside(text, m.start, m.end)]
        return Scanned((*findings(seen, self.rules), *self._beside(document)))

    def _beside(self, document: Document) -> Iterator[Finding]:
        done: set[tuple[str, str]] = set()
        held = list(fields(document))
        worth = self._may_hold([named_before(field) + value for field, value in held])
        for (field, value), may_hold in zip(held, worth, strict=True):
            found = {
                m.rule: m.confidence
                for m in (found_in_field(self._find, field, value) if may_hold else ())
                if outside(value, m.start, m.end)
            }
            if NAMED in self.rules and named(field) and somebody(value):
                found[NAMED] = 0.9
            for rule, sure in found.items():
                if (rule, field) not in done:
                    done.add((rule, field))
                    # A key may itself be somebody's: only those that this module knows are said.
                    where = f"field {field}" if field.lower() in _TOLD else "metadata"
                    yield Finding(rule, self.rules[rule], None, None, sure, f"in {where}")
        for place, piece in enumerate(document.hidden):
            for rule, sure in {m.rule: m.confidence for m in self._find(piece.text)}.items():
                yield Finding(
                    rule, self.rules[rule], None, None, sure, "in hidden text", hidden=place
                )


_TOLD = {*PERSON_KEYS, "title", "subject", "keywords", "description"}


def somebody(value: str) -> bool:
    """Return whether the value of a field that names people names one: not a mere pseudonym."""
    left = value.strip()
    return bool(left) and any(c.isalpha() for c in left) and not _whole(left)


def _whole(value: str) -> bool:
    return not outside(value, 0, len(value)) and value.startswith("[") and value.endswith("]")


def personal_patterns(policy: Admission) -> Patterns:  # noqa: ARG001 - findings are always kept
    """Return the detector of personal data that has a form: it looks under every policy."""
    return Patterns("personal")


def secret_patterns(policy: Admission) -> Patterns:  # noqa: ARG001 - as above
    """Return the detector of secrets: it looks under every policy."""
    return Patterns("secret")
