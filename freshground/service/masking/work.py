"""What a worker does to mask one document: what was found, or for an export everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from freshground.core.errors import Quarantine
from freshground.core.findings import Finding
from freshground.core.settings import Admission
from quality.admission.detection import VERSIONS, personal_patterns, secret_patterns
from quality.admission.masking import mask, values_of
from quality.admission.personal.names import names
from quality.admission.pseudonyms import Pseudonyms
from quality.admission.scanning import warm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.core.records import Document

__all__ = ["masked", "noted", "warm"]

TAKEN_OUT = "quality.taken_down"
"""The rule of spans that nobody may read: they are cut out."""

RULES = frozenset(rule for versions in VERSIONS.values() for rule in versions)
"""Rules that look at titles, metadata, names and addresses."""


class Masked(NamedTuple):
    """A masked document, what stands in place of its values, and findings by rule."""

    document: Document
    values: dict[str, str]
    counts: dict[str, int]


def masked(
    document: Document, out: Sequence[tuple[int, int]], key: bytes, *, models: bool
) -> Masked:
    """Return a document masked; `out` are spans to cut out.

    All rules count, whatever the policy of the source and however unsure they are. Quarantine where
    nothing is left of it.
    """
    policy = Admission(personal="mask", models=models)
    detectors: list[Any] = [personal_patterns(policy), secret_patterns(policy), names(policy)]
    found = [finding for one in detectors if one for finding in one.scan(document).findings]
    found += [Finding(TAKEN_OUT, "1", start, end) for start, end in out]
    counts: dict[str, int] = {}
    for finding in found:
        if finding.start is not None:
            counts[finding.rule] = counts.get(finding.rule, 0) + 1
    # Title and metadata are looked at by every rule, and those who are named there as well.
    found += [Finding(rule, "1") for rule in sorted(RULES)]
    pseudonym = Pseudonyms(key)
    done = mask(document, found, pseudonym)
    if not done.text.strip():
        raise Quarantine("empty", "Nothing is left of the document once it is masked.")
    values = {value: put for value, put in values_of(document, found, pseudonym).items() if put}
    return Masked(done, values, counts)


class Noting(Pseudonyms):
    """Pseudonyms that note what they stand for, so that it can be sealed."""

    def __init__(self, key: bytes) -> None:
        super().__init__(key)
        self.values: dict[str, str] = {}

    def __call__(self, rule: str, value: str) -> str:
        """Return what stands in place of a value, and note the value."""
        made = super().__call__(rule, value)
        self.values.setdefault(made, value)
        return made


def noted(
    document: Document, findings: Sequence[Finding], key: bytes
) -> tuple[Document | None, dict[str, str]]:
    """Return a document with findings masked, and the values by what stands in their place.

    None for a document in which that changes nothing.
    """
    noting = Noting(key)
    done = mask(document, findings, noting)
    return None if done == document else done, noting.values
