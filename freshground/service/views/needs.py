"""What needs a person now, most urgent first, with what they can do about it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from freshground.core.clock import iso
from freshground.service.alerts.conditions import conditions
from freshground.service.asking import canary
from freshground.service.plans.approvals import stopped
from freshground.service.quarantine.listing import set_aside
from freshground.service.views.overview import overview

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from freshground.service.alerts.conditions import Condition
    from freshground.service.context import Context

Severity = Literal["critical", "warning", "note"]

RECENTLY = timedelta(hours=24)
"""Documents that were set aside within so long make the quarantine a growing one."""

ERRORS = 0.05
"""Share of an hour's queries without an answer from which on somebody has to look."""

_SUBJECT = re.compile(r"(?:source (?P<source>\S+) in )?index (?P<index>\S+)|source (?P<alone>\S+)")

ERRORS_OF = 20
"""Queries of which that is to be believed."""

_ORDER = (
    "unknown", "late", "errors", "guard", "gate", "source", "refresh", "hold", "canary", "burn",
    "budget", "quarantine",
)  # fmt: skip
_SEVERITY: dict[str, Severity] = {
    "unknown": "critical",
    "late": "critical",
    "errors": "critical",
    "guard": "critical",
    "gate": "critical",
    "source": "critical",
    "refresh": "critical",
    "hold": "warning",
    "canary": "warning",
    "burn": "warning",
    "budget": "warning",
    "quarantine": "note",
}


@dataclass(frozen=True, slots=True)
class Act:
    """A form: `path` and `fields` of its POST. `danger` asks for a second look."""

    label: str
    path: str
    fields: Mapping[str, str]
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """One thing to decide or mend.

    `what` names no document; `detail` is the message of what went wrong, which may name some.
    `since` is ISO 8601, None where nobody knows. `do` is the next step by the command line.
    """

    id: str
    kind: str
    index: str | None
    source: str | None
    what: str
    detail: str
    since: str | None
    do: str
    actions: tuple[Act, ...]
    see: str


def needs(
    context: Context,
    fresh: Sequence[dict[str, Any]] | None = None,
    rows: Sequence[Mapping[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Return what needs a person, by severity and kind, of one kind the oldest first. JSON-ready.

    Plans to approve, holds, gates that stopped a release, broken promises, canaries to decide, runs
    that failed, queries that fail, budgets that ran out, a quarantine that grows. `fresh` and
    `rows` are the freshness report and the overview, where they were made already.
    """
    rows = overview(context, fresh) if rows is None else rows
    found = [
        *(_of_condition(context, made) for made in conditions(context, fresh)),
        *_canaries(context),
        *_errors(rows),
        *_budgets(context, rows),
        *_aside(context),
    ]
    found.sort(key=lambda need: (_ORDER.index(need.kind), need.since or "", need.id))
    return [{**asdict(need), "severity": _SEVERITY[need.kind]} for need in found]


def _of_condition(context: Context, made: Condition) -> Need:
    index, source = _whose(made)
    what, actions = _said(context, made.kind, index, source)
    see = f"/releases/{index}" if made.kind in ("gate", "hold") else f"/freshness#{index}"
    if made.kind in ("source", "refresh", "guard"):
        see = "/runs"
    since = iso(made.since)
    return Need(made.key, made.kind, index, source, what, made.found, since, made.do, actions, see)


def _whose(made: Condition) -> tuple[str | None, str | None]:
    """Return index and source of a condition, as far as it names them."""
    found = _SUBJECT.fullmatch(made.subject)
    return (found["index"], found["source"] or found["alone"]) if found else (None, None)


def _said(
    context: Context, kind: str, index: str | None, source: str | None
) -> tuple[str, tuple[Act, ...]]:
    again = _refresh(index, source)
    match kind:
        case "guard":
            row = next((row for row in stopped(context) if row["source"] == source), None)
            guards = _objecting(row) if row else []
            fields = {"plan": row["plan"]} if row else {}
            return f"A plan of source {source} waits for approval: {', '.join(guards)}", (
                Act("Approve", f"/plans/{source}/approve", fields, danger=True),
                Act("Reject", f"/plans/{source}/reject", fields),
            )
        case "hold":
            resume = Act("Resume", f"/releases/{index}/resume", {})
            return f"Index {index} is on hold after a rollback", (resume,)
        case "gate":
            return f"A gate stopped the newest release of index {index}", (again,)
        case "late":
            of = f"Source {source} in index {index}" if source else f"Index {index}"
            return f"{of} is later than promised", (again,)
        case "unknown":
            of = f"Source {source} in index {index}" if source else f"Index {index}"
            return f"{of} has no known age", (again,)
        case "burn":
            return f"Index {index} uses up its error budget too fast", (again,)
        case "source":
            return f"Source {source} could not be listed or read", (again,)
        case _:
            of = f"source {source}" if source else f"index {index}"
            return f"A refresh of {of} failed", (again,)


def _objecting(row: Mapping[str, Any]) -> list[str]:
    """Return in words which guards stop a plan."""
    return [
        guard["guard"].replace("_", " ")
        for guard in row["guards"]
        if guard["tripped"] and not guard["approved"]
    ]


def _refresh(index: str | None, source: str | None) -> Act:
    fields = {name: value for name, value in (("index", index), ("source", source)) if value}
    return Act("Refresh now", "/refresh", fields)


def _documents(count: int) -> str:
    return f"{count} document{'' if count == 1 else 's'}"


def _canaries(context: Context) -> Iterator[Need]:
    for index in context.settings.indexes:
        if canary.running(context, index) is None:
            continue
        row = canary.report(context, index)
        asked = row["arms"]["canary"]["queries"]
        yield Need(
            f"canary.{index.id}",
            "canary",
            index.id,
            None,
            f"Release {row['release']} of index {index.id} is on canary beside release "
            f"{row['beside']}",
            f"It has answered {asked} queries; by them: {row['action']} ({row['reason']}). It is "
            f"decided by itself at {row['until']} at the latest.",
            row["since"],
            f"freshground canary {index.id} --promote, or --abort",
            (
                Act("Promote", f"/canary/{index.id}/promote", {}),
                Act("Stop", f"/canary/{index.id}/stop", {}, danger=True),
            ),
            f"/releases/{index.id}",
        )


def _errors(rows: Sequence[Mapping[str, Any]]) -> Iterator[Need]:
    for row in rows:
        share = row["error_share"]
        if share is None or share < ERRORS or row["queries_1h"] < ERRORS_OF:
            continue
        yield Need(
            f"errors.{row['index']}",
            "errors",
            row["index"],
            None,
            f"{share:.1%} of the queries to index {row['index']} get no answer",
            f"Of {row['queries_1h']} queries in the last hour.",
            None,
            f"See the service's log; freshground rollback {row['index']} if the release is at "
            "fault.",
            (
                Act(
                    "Roll back",
                    f"/releases/{row['index']}/rollback",
                    {"release": ""},
                    danger=True,
                ),
            ),
            f"/releases/{row['index']}",
        )


def _budgets(context: Context, rows: Sequence[Mapping[str, Any]]) -> Iterator[Need]:
    for row in rows:
        if not row["deferred"]:
            continue
        sources = context.settings.index(row["index"]).sources
        times = [
            entry.at
            for source_id in sources
            for entry in context.lake.journal.newest("partial_listing", source_id, 1)
            if entry.body.get("deferred")
        ]
        yield Need(
            f"budget.{row['index']}",
            "budget",
            row["index"],
            None,
            f"{_documents(row['deferred'])} of index {row['index']} waiting for the budget",
            "What they replace is served on. They come in with a run or day (UTC) that has room.",
            iso(min(times, default=None)),
            "To take them in now, raise `budget` in freshground.yaml and refresh.",
            (_refresh(row["index"], None),),
            "/runs",
        )


def _aside(context: Context) -> Iterator[Need]:
    now = context.clock.now()
    edge = iso(now - RECENTLY) or ""
    aside = [row for row in set_aside(context) if row["waiting"]]
    for source_id in context.settings.source_ids:
        own = [row for row in aside if row["source"] == source_id]
        new = sorted(row["since"] for row in own if row["since"] and row["since"] > edge)
        if not new:
            continue
        rules = sorted({str(row["rule"]) for row in own})
        yield Need(
            f"quarantine.{source_id}",
            "quarantine",
            None,
            source_id,
            f"{_documents(len(new))} of source {source_id} set aside within a day, "
            f"{len(own)} waiting in all",
            f"By rule: {', '.join(rules)}.",
            new[0],
            "freshground quarantine list",
            (Act("Replay", "/quarantine/replay", {"source": source_id}),),
            "/quarantine",
        )
