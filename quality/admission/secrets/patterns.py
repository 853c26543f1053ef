"""Everything in a text that opens something."""

from __future__ import annotations

from quality.admission.gates import Gates, Seen
from quality.admission.matches import Match, apart
from quality.admission.secrets import assignments, shapes

VERSIONS = {**shapes.VERSIONS, **assignments.VERSIONS}
_GATES = Gates({**shapes.GATES, **assignments.GATES})


def may_hold(text: str) -> bool:
    """Return whether a text may hold a secret: hardly any short text does."""
    return bool(_GATES.opened(Seen(text)))


def find(text: str) -> list[Match]:
    """Return the secrets of a text, in order, none overlapping."""
    seen = Seen(text)
    opened = _GATES.opened(seen)
    if not opened:
        return []
    return apart([*shapes.shaped(text, opened), *assignments.assigned(text, seen, opened)])
