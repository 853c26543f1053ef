"""What a worker does for an export: finds everything in one document and masks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from freshground.core.errors import Quarantine
from freshground.core.findings import Finding
from freshground.core.settings import Admission
from quality.admission.detection import VERSIONS, personal_patterns, secret_patterns
from quality.admission.masking import mask, masked_field, values_of
from quality.admission.pseudonyms import Pseudonyms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from freshground.core.records import Document

TAKEN_OUT = "quality.taken_down"
"""The rule of spans that nobody may read: they are cut out."""

_ALL = frozenset(rule for versions in VERSIONS.values() for rule in versions)


def masked(
    document: Document,
    beside: Mapping[str, Any],
    out: Sequence[tuple[int, int]],
    key: bytes,
    *,
    models: bool,
) -> tuple[Document, dict[str, Any], dict[str, int]]:
    """Return a document masked, what stands beside it masked as well, and findings by rule.

    `beside` holds its `key`, `uri` and the source's `metadata`; `out` are spans to cut out. All
    rules count, whatever the policy of the source and however unsure they are.
    """
    policy = Admission(personal="mask", models=models)
    detectors: list[Any] = [personal_patterns(policy), secret_patterns(policy)]
    if models:
        from quality.admission.personal.names import names

        detectors.append(names(policy))
    found = [finding for one in detectors if one for finding in one.scan(document).findings]
    found += [Finding(TAKEN_OUT, "1", start, end) for start, end in out]
    rules = _ALL | {finding.rule for finding in found}
    # Title and metadata are looked at by every rule, and those who are named there as well.
    found += [Finding(rule, "1") for rule in sorted(_ALL)]
    pseudonym = Pseudonyms(key)
    known = values_of(document, found, pseudonym)
    spelled = {form: put for value, put in known.items() for form in _spellings(value)}
    spelled = dict(sorted(spelled.items(), key=lambda item: (-len(item[0]), item[0])))

    def outer(value: Any) -> Any:
        return masked_field(value, "", rules, pseudonym, spelled)

    outside = {name: outer(value) for name, value in beside.items() if name != "uri"}
    outside["uri"] = _address(beside["uri"], outer)
    counts: dict[str, int] = {}
    for finding in found:
        if finding.start is not None:
            counts[finding.rule] = counts.get(finding.rule, 0) + 1
    done = mask(document, found, pseudonym)
    if not done.text.strip():
        raise Quarantine("empty", "Nothing is left of the document once it is masked.")
    return done, outside, counts


def _address(uri: str, outer: Callable[[str], str]) -> str:
    """Return a uri masked: what is found in it may be written in percents."""
    plain = unquote(uri)
    masked = outer(plain)
    return uri if masked == plain else quote(masked, safe="/:?#[]@!$&'()*+,;=~")


def _spellings(value: str) -> set[str]:
    """Return how a value may be written in the name of a file or address."""
    words = value.split()
    return {mark.join(words) for mark in (" ", "-", "_", ".", "+", "%20", "")}
