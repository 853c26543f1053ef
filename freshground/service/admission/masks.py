"""Masked documents: what a rule found is replaced, the same value by the same pseudonym.

The key of the pseudonyms is the project's, made once and kept in the lake: who holds the lake holds
the originals too. Served is only what it made.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from freshground.core.ids import digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.core.findings import Finding
    from freshground.core.records import Document
    from freshground.core.settings import Admission
    from freshground.service.context import Context

_MASKING = "1"
"""Raised by hand when masks of the same findings would come out otherwise."""

_KEY = "admission/pseudonyms.key"


def masks(policy: Admission) -> bool:
    """Return whether a policy masks anything."""
    actions = (policy.personal, policy.secret, policy.injection, policy.quality)
    return "mask" in {*actions, *policy.rules.values()}


def masking_id(context: Context, policy: Admission) -> str:
    """Return the identity of how a policy's masks are made; nothing where it makes none."""
    return digest("masking", _MASKING, _key(context)) if masks(policy) else ""


def masked(context: Context, document: Document, findings: Sequence[Finding]) -> Document:
    """Return a document with what was found in it replaced. Hidden text is left out."""
    from quality.admission.masking import mask
    from quality.admission.pseudonyms import Pseudonyms

    return mask(document, findings, Pseudonyms(_key(context)))


def masked_id(context: Context, silver_id: str, findings: Sequence[Finding]) -> str:
    """Return the silver_id of a row that masks findings of a version: others, another id."""
    spans = (f"{f.rule}@{f.version}:{f.start}-{f.end}" for f in findings)
    return digest("masked", silver_id, _MASKING, _key(context), *sorted(spans))


def _key(context: Context) -> bytes:
    """Return the project's key. Of two processes that make it at once, one wins."""
    kept = context.memory.get(("masks", "key"))
    if kept is None:
        kept = context.lake.files.get(_KEY)
        if kept is None:
            context.lake.files.put_new(_KEY, secrets.token_bytes(32))
            kept = context.lake.files.get(_KEY)
        context.memory["masks", "key"] = kept
    return kept
