"""Everything in a text that opens something."""

from __future__ import annotations

from quality.admission.gates import seen
from quality.admission.matches import Match, apart
from quality.admission.secrets import assignments, shapes

VERSIONS = {**shapes.VERSIONS, **assignments.VERSIONS}


def find(text: str) -> list[Match]:
    """Return the secrets of a text, in order, none overlapping."""
    data = seen(text)
    return apart([*shapes.shaped(text, data), *assignments.assigned(text, data)])
