"""Masked documents: what a rule found is replaced, the same value by the same pseudonym.

Under which key, and what of it can be had back, is said by `freshground.service.masking`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.ids import digest
from freshground.service.masking import apply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.core.findings import Finding
    from freshground.core.records import Document
    from freshground.core.settings import Admission
    from freshground.service.context import Context


def masks(policy: Admission) -> bool:
    """Return whether a policy masks anything."""
    actions = (policy.personal, policy.secret, policy.injection, policy.quality)
    return "mask" in {*actions, *policy.rules.values()}


def masking_id(context: Context, policy: Admission) -> str:
    """Return the identity of how a policy's masks are made; nothing where it makes none."""
    return apply.masking_id(context) if masks(policy) else ""


def masked(
    context: Context, doc_id: str, document: Document, findings: Sequence[Finding]
) -> Document:
    """Return a document with what was found in it replaced. Hidden text is left out."""
    return apply.masked(context, doc_id, document, findings)


def masked_id(context: Context, silver_id: str, findings: Sequence[Finding]) -> str:
    """Return the silver_id of a row that masks findings of a version: others, another id."""
    spans = (f"{f.rule}@{f.version}:{f.start}-{f.end}" for f in findings)
    return digest("masked", silver_id, apply.masking_id(context), *sorted(spans))
