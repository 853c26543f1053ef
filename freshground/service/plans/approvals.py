"""Plans that a guard stopped, and what people decided about them.

An approval names what it lets pass: for each guard the documents and what becomes of them. A later
plan passes only if all that its guards object to is among that; so the rest of a plan that was
killed half-way passes, and a larger plan does not. It ends with the next complete listing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.core.errors import ConfigError
from freshground.core.ids import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from freshground.lake.journal import Entry
    from freshground.service.context import Context

_ITEM_DIGITS = 16
_LONG = ("items", "documents")


def item(what: str, doc_id: str, *state: str) -> str:
    """Return the short name of one change to one document, such as its deletion."""
    return digest(what, doc_id, *state)[:_ITEM_DIGITS]


def plan_digest(items: Mapping[str, Iterable[str]]) -> str:
    """Return the identity of what guards object to, whatever the order."""
    return digest(*(f"{guard}:{name}" for guard in sorted(items) for name in sorted(items[guard])))


@dataclass(frozen=True)
class Decision:
    """What people decided about one source since its last complete listing.

    `granted` maps guard -> items that may pass. `verdicts` maps plan -> its latest row, of kind
    `approval` or `rejection`.
    """

    granted: dict[str, frozenset[str]] = field(default_factory=dict)
    verdicts: dict[str, Entry] = field(default_factory=dict)

    def covers(self, guard: str, items: Iterable[str]) -> bool:
        """Return whether all that a guard objects to was approved."""
        return guard in self.granted and self.granted[guard].issuperset(items)


def decided(context: Context, source_id: str) -> Decision:
    """Return the decisions about a source that still hold."""
    rows = context.lake.journal.entries("approval", "rejection", "listing", subject=source_id)
    listings = [row.at for row in rows if row.kind == "listing"]
    found = Decision()
    # Of decisions at one moment the rejection counts.
    for row in sorted(rows, key=lambda row: (row.at, row.kind)):
        # What was decided before a listing that passed was used by it, or did not matter to it.
        if row.kind == "listing" or "plan" not in row.body or (listings and row.at < listings[-1]):
            continue
        plan = row.body["plan"]
        found.verdicts[plan] = row
        for guard, items in row.body["items"].items():
            if row.kind == "approval":
                found.granted[guard] = frozenset(items)
            elif found.granted.get(guard, frozenset()) <= frozenset(items):
                found.granted.pop(guard, None)
    return found


def record_stop(context: Context, source_id: str, body: dict[str, Any]) -> None:
    """Note a stopped plan. Its items and documents stand in the first row of that plan only."""
    known = any(
        row.body.get("plan") == body["plan"] and "items" in row.body
        for row in context.lake.journal.entries("guard", subject=source_id)
    )
    kept = {key: value for key, value in body.items() if key not in _LONG or not known}
    context.lake.journal.add(context.run_id, "guard", source_id, kept)


def stopped(context: Context) -> list[dict[str, Any]]:
    """Return the plans that are stopped now, one a source at most, in the settings' order.

    Each has source, plan, since, status (waiting, approved or rejected), by, comment, decided_at,
    guards (name, value, threshold, affected, message).
    """
    found: list[dict[str, Any]] = []
    for source_id in context.settings.source_ids:
        rows = _stops(context, source_id)
        if not rows:
            continue
        plan = rows[-1].body["plan"]
        verdict = decided(context, source_id).verdicts.get(plan)
        status = {"approval": "approved", "rejection": "rejected"}
        found.append(
            {
                "source": source_id,
                "plan": plan,
                "since": iso(next(row.at for row in rows if row.body["plan"] == plan)),
                "status": status[verdict.kind] if verdict else "waiting",
                "by": verdict.body["by"] if verdict else None,
                "comment": verdict.body["comment"] if verdict else None,
                "decided_at": iso(verdict.at) if verdict else None,
                "guards": rows[-1].body["guards"],
            }
        )
    return found


def _stops(context: Context, source_id: str) -> list[Entry]:
    """Return the stops of a source since it was last ingested."""
    journal = context.lake.journal
    passed = journal.entries("listing", "partial_listing", subject=source_id, last=1)
    rows = journal.entries("guard", subject=source_id, since=passed[-1].at if passed else None)
    return [row for row in rows if row.body.get("stopped")]


def objections(
    context: Context, source_id: str, plan: str | None = None
) -> dict[str, tuple[int, list[str]]]:
    """Return what stops a source: by guard how many changes, and the doc_ids of them.

    Nothing of a plan that is not `plan`, where that is given. A plan whose stop was recorded
    without its documents has counts alone.
    """
    stops = _stops(context, source_id)
    if not stops or plan not in (None, stops[-1].body["plan"]):
        return {}
    body = _rows_of(context, source_id, stops[-1].body["plan"])[-1].body
    documents = body.get("documents", {})
    return {g: (len(names), documents.get(g, [])) for g, names in body["items"].items()}


def _rows_of(context: Context, source_id: str, plan: str) -> list[Entry]:
    rows = context.lake.journal.entries("guard", subject=source_id)
    return [row for row in rows if row.body.get("plan") == plan and "items" in row.body]


def approve(
    context: Context,
    source_id: str,
    *,
    plan: str | None = None,
    items: Mapping[str, list[str]] | None = None,
    by: str = "",
    comment: str = "",
) -> dict[str, Any]:
    """Let the plan that stopped a source pass once; return the recorded row.

    `plan` says which plan was looked at: another one is not approved. `items` are those of a plan
    that was saved, and need not have been stopped before. ConfigError when nothing is stopped, or
    something else.
    """
    return _decide(context, "approval", source_id, plan, items, by, comment)


def reject(
    context: Context,
    source_id: str,
    *,
    plan: str | None = None,
    by: str = "",
    comment: str = "",
) -> dict[str, Any]:
    """Keep the plan that stopped a source stopped; return the recorded row. Errors as `approve`."""
    return _decide(context, "rejection", source_id, plan, None, by, comment)


def _decide(
    context: Context,
    kind: str,
    source_id: str,
    plan: str | None,
    items: Mapping[str, list[str]] | None,
    by: str,
    comment: str,
) -> dict[str, Any]:
    context.settings.source(source_id)
    if items is None:
        plan, items = _latest(context, source_id, plan)
    row = {
        "plan": plan or plan_digest(items),
        "items": {guard: sorted(names) for guard, names in items.items()},
        "by": by or context.by,
        "comment": comment,
    }
    context.lake.journal.add(context.run_id, kind, source_id, row)
    context.lake.journal.commit()
    return {
        "source": source_id,
        "decision": kind,
        "plan": row["plan"],
        "by": row["by"],
        "comment": comment,
        "affected": {guard: len(names) for guard, names in row["items"].items()},
    }


def _latest(
    context: Context, source_id: str, plan: str | None
) -> tuple[str, Mapping[str, list[str]]]:
    stops = _stops(context, source_id)
    if not stops:
        raise ConfigError(
            f"No plan of source {source_id!r} is stopped.",
            "See `freshground plan` and `freshground approvals`.",
        )
    newest = stops[-1].body["plan"]
    if plan is not None and plan != newest:
        raise ConfigError(
            f"The plan {plan} of source {source_id!r} is no longer the one that is stopped: that "
            f"is {newest}.",
            "Look at it with `freshground plan`, then decide anew.",
        )
    return newest, _rows_of(context, source_id, newest)[-1].body["items"]
