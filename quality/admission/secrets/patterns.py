"""Everything in a text that opens something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.admission.gates import Gates, Seen
from quality.admission.matches import Match, apart
from quality.admission.secrets import assignments, shapes

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSIONS = {**shapes.VERSIONS, **assignments.VERSIONS}
_GATES = Gates({**shapes.GATES, **assignments.GATES})


def may_hold(texts: Sequence[str]) -> list[bool]:
    """Return which of some short texts may hold a secret: hardly any does."""
    return [bool(_GATES.opened(Seen("\n".join(texts))))] * len(texts)


def find(text: str) -> list[Match]:
    """Return the secrets of a text, in order, none overlapping."""
    seen = Seen(text)
    opened = _GATES.opened(seen)
    if not opened:
        return []
    return apart([*shapes.shaped(text, opened), *assignments.assigned(text, seen, opened)])
