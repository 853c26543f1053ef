"""Which checks of an index and its sources failed when they were last made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings
    from freshground.lake.journal import Entry
    from freshground.service.context import Context

_FAILED_READ = 200
_PASSED_READ = 400
_GATES_READ = 100
_LAYERS = ("bronze", "silver", "admission", "gold")
_TOLD = ("check_id", "layer", "severity", "value", "threshold", "failing", "rows")


def failing(context: Context, index: IndexSettings) -> list[dict[str, Any]]:
    """Return the newest result of each check that did not hold, critical ones first.

    Of the index those of its newest candidate, of a source those of each layer. `subject` is index
    or source; `at` when it was made.
    """
    found = _of_candidate(context, index.id)
    for source_id in index.sources:
        found += _of_source(context, source_id)
    found.sort(key=lambda row: (row["severity"] != "critical", row["check_id"], row["subject"]))
    return found


def _of_candidate(context: Context, index_id: str) -> list[dict[str, Any]]:
    gates = context.lake.journal.newest("gate", index_id, _GATES_READ)
    return [
        _row(entry)
        for entry in gates
        if entry.run_id == gates[-1].run_id
        and entry.body["release"] == gates[-1].body["release"]
        and not entry.body["passed"]
    ]


def _of_source(context: Context, source_id: str) -> list[dict[str, Any]]:
    failed = context.lake.journal.newest("failed_check", source_id, _FAILED_READ)
    newest = {e.body["check_id"]: e for e in failed if e.body["layer"] in _LAYERS}
    if not newest:
        return []
    passed = context.lake.journal.newest("check", source_id, _PASSED_READ)
    held = {entry.body["check_id"]: entry.at for entry in passed}
    return [
        _row(entry)
        for name, entry in newest.items()
        # Of one moment the failure counts: one run may judge several parts of a source.
        if name not in held or held[name] <= entry.at
    ]


def _row(entry: Entry) -> dict[str, Any]:
    told = {name: entry.body.get(name) for name in _TOLD}
    return {**told, "subject": entry.subject, "at": iso(entry.at)}
