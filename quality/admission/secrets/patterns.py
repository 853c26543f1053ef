"""Everything in a text that opens something."""

from __future__ import annotations

from quality.admission.matches import Match, apart
from quality.admission.secrets import assignments, shapes

VERSIONS = {**shapes.VERSIONS, **assignments.VERSIONS}


def find(text: str) -> list[Match]:
    """Return the secrets of a text, in order, none overlapping."""
    return apart([*shapes.shaped(text), *assignments.assigned(text)])
