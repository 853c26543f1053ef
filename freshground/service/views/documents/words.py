"""How states are shown."""

from __future__ import annotations

STATE_KINDS = {
    "served": "good",
    "pending": "idle",
    "excluded": "idle",
    "quarantined": "bad",
    "held": "warn",
    "stale": "warn",
    "narrowed": "warn",
    "taken down": "bad",
    "deleted": "idle",
}
"""The kind of badge of each state of a document."""
