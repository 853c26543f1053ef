"""Which policies mask, and how a masked row is named. `freshground.service.masking` masks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.ids import digest
from freshground.service.masking.apply import masking_id as of_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.core.findings import Finding
    from freshground.core.settings import Admission
    from freshground.service.context import Context


def masks(policy: Admission) -> bool:
    """Return whether a policy masks anything."""
    actions = (policy.personal, policy.secret, policy.injection, policy.quality)
    return "mask" in {*actions, *policy.rules.values()}


def masking_id(context: Context, policy: Admission) -> str:
    """Return the identity of how a policy's masks are made; nothing where it makes none."""
    return of_project(context) if masks(policy) else ""


def masked_id(context: Context, silver_id: str, findings: Sequence[Finding]) -> str:
    """Return the silver_id of a row that masks findings of a version: others, another id."""
    spans = (f"{f.rule}@{f.version}:{f.start}-{f.end}" for f in findings)
    return digest("masked", silver_id, of_project(context), *sorted(spans))
