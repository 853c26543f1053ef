"""The results of checks as the journal keeps them, by check and subject, oldest first.

Those before a candidate note their suites by source; of a candidate all gates are noted, by index.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from quality.expectations.wording import RULES
from quality.trend import runs_left, side_of

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.lake.journal import Entry
    from freshground.service.context import Context
    from quality.trend import Side

LAYERS = ("bronze", "silver", "admission", "gold", "candidate")

LOOKED_AT = 12
"""Newest runs of a check that its trend is told from."""

_RULES_OF_A_RUN = len(RULES)
"""Those of a candidate as well: an index may bear the name of a source."""
FAILURES = 1_000
"""Newest failures of a source that are read."""

GATES = 4_000
"""Newest gates of an index that are read: those of over a hundred candidates."""

_DRIFT = ("candidate.drift", "queries.drift")


@dataclass(frozen=True, slots=True)
class Result:
    """One result of one check in one run; `body` is its record (`Check.as_dict`)."""

    at: datetime
    run_id: str
    subject: str
    body: dict[str, Any]

    @property
    def check_id(self) -> str:
        """The check's stable id."""
        return self.body["check_id"]

    @property
    def side(self) -> Side | None:
        """Which side of its threshold the value has to be on."""
        value, threshold = self.body["value"], self.body["threshold"]
        if self.check_id.startswith(_DRIFT) and threshold is not None:
            return "ceiling"  # an effect above it passes where chance may have made it
        return side_of(value, threshold, passed=self.body["passed"])

    def as_dict(self) -> dict[str, Any]:
        """Return what lists show. JSON-ready."""
        kept = ("severity", "passed", "value", "threshold", "rows", "failing", "detail")
        return {
            "at": iso(self.at),
            "run_id": self.run_id,
            **{name: self.body[name] for name in kept},
            "side": self.side,
            "release": self.body.get("release"),
        }


def of_source(context: Context, source_id: str, runs: int = LOOKED_AT) -> list[Result]:
    """Return what the newest `runs` or so runs over a source found, and its newest failures."""
    journal = context.lake.journal
    found = journal.newest("check", source_id, _RULES_OF_A_RUN * runs)
    found += journal.newest("failed_check", source_id, FAILURES)
    return _results([entry for entry in found if entry.body["layer"] != "candidate"])


def of_index(context: Context, index_id: str, count: int = GATES) -> list[Result]:
    """Return what the gates of an index's newest candidates found."""
    return _results(context.lake.journal.newest("gate", index_id, count))


def by_check(results: list[Result]) -> dict[str, list[Result]]:
    """Return results by check id, one a run: a failure where a run judged in parts."""
    found: dict[str, dict[tuple[str, Any], Result]] = {}
    for result in results:
        runs = found.setdefault(result.check_id, {})
        key = (result.run_id, result.body.get("release"))
        before = runs.get(key)
        if before is None or before.body["passed"] or not result.body["passed"]:
            runs[key] = result
    return {check_id: list(runs.values()) for check_id, runs in found.items()}


def trend(results: list[Result]) -> int | None:
    """Return in how many more runs a check that passes reaches its threshold; None: not soon."""
    newest = results[-1]
    side, threshold = newest.side, newest.body["threshold"]
    if not newest.body["passed"] or side is None:
        return None
    values = [
        result.body["value"]
        for result in results
        if result.body["value"] is not None and result.body["threshold"] == threshold
    ]
    return runs_left(values[-LOOKED_AT:], threshold, side)


def failed_since(results: list[Result], since: datetime) -> int:
    """Return in how many runs a check failed."""
    return sum(not result.body["passed"] and result.at >= since for result in results)


def _results(entries: list[Entry]) -> list[Result]:
    found = [Result(entry.at, entry.run_id, entry.subject, entry.body) for entry in entries]
    return sorted(found, key=lambda result: result.at)
