"""What a stage says of itself, and which exit status that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

STATUS = {
    "done": 0,
    "nothing": 0,
    "waiting": 0,
    "held": 0,
    "quarantined": 3,
    "guard": 4,
    "gate": 5,
    "failed": 1,
}
"""Exit status of each outcome."""

_WORST_FIRST = (1, 5, 4, 3, 0)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a stage is to work on. `shard` is `(number, of)`; None is everything."""

    source: str | None = None
    index: str | None = None
    shard: tuple[int, int] | None = None


@dataclass
class StageReport:
    """One run of one stage.

    `outcome` is one of done, nothing, waiting, held, quarantined, guard, gate, failed. `seconds` is
    wall time. `counts` are named as `refresh --json` shows them. `quarantined` lists documents
    newly set aside: doc_id, uri, rule, reason. `do` is the end of `message` that says what to do
    about an error. `retriable` says whether a failure may mend itself.
    """

    stage: str
    subject: str
    outcome: str = "nothing"
    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    message: str = ""
    do: str = ""
    quarantined: list[dict[str, str]] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    release: dict[str, Any] | None = None
    retriable: bool = False

    @property
    def status(self) -> int:
        """The exit status that this outcome means."""
        return STATUS[self.outcome]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return {
            "stage": self.stage,
            "subject": self.subject,
            "outcome": self.outcome,
            "seconds": round(self.seconds, 4),
            **self.counts,
            "message": self.message,
            "do": self.do,
            "newly_quarantined": self.quarantined,
            "checks": self.checks,
            "release": self.release,
        }


def exit_status(reports: list[StageReport]) -> int:
    """Return the status of a whole run: failed before gate before guard before quarantined."""
    found = {report.status for report in reports}
    return next((status for status in _WORST_FIRST if status in found), 0)
