"""What is wrong now: computed by whoever asks, from the lake and the clock alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.clock import parse_iso, spoken
from freshground.service.freshness.as_of import last_listed
from freshground.service.freshness.sla import report
from freshground.service.plans.approvals import stopped
from freshground.service.releases import holding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from freshground.core.settings import AlertKind, IndexSettings
    from freshground.lake.journal import Entry
    from freshground.service.context import Context

_ROWS_READ = 100


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is wrong. `key` is the same for as long as it is, and made of file name parts.

    `subject` is index or source; `since` None means: since it was first seen. `found` says what is
    wrong, `do` what to do next, with the command.
    """

    key: str
    kind: AlertKind
    subject: str
    since: datetime | None
    found: str
    do: str


def conditions(context: Context, fresh: Sequence[dict[str, Any]] | None = None) -> list[Condition]:
    """Return everything that is wrong, indexes before sources, each key once.

    `fresh` is the freshness report, where it was made already.
    """
    found: dict[str, Condition] = {}
    rows = report(context) if fresh is None else fresh
    for index in context.settings.indexes:
        for made in (
            *_stale(context, index, [row for row in rows if row["index"] == index.id]),
            *_held(context, index),
            *_builds(context, index),
        ):
            found.setdefault(made.key, made)
    for made in (*_guards(context), *_sources(context)):
        found.setdefault(made.key, made)
    return list(found.values())


def deadlines(context: Context) -> dict[str, datetime]:
    """Return when each index passes its SLA, or passed it; one of no believable as-of has none.

    An index that serves nothing yet has as long as it promises, counted from the lake's making.
    """
    start = context.lake.created_at
    found: dict[str, datetime] = {}
    for row in report(context):
        if row["source"] is not None:
            continue
        at = parse_iso(row["deadline"])
        if at is None and row["as_of"] is None and start is not None:
            at = start + timedelta(seconds=row["max_staleness_s"])
        if at is not None:
            found[row["index"]] = at
    return found


def _stale(
    context: Context, index: IndexSettings, rows: list[dict[str, Any]]
) -> Iterator[Condition]:
    whole = rows[0]
    for row in rows:
        source = row["source"]
        # A source without an SLA of its own is judged by the index's, and named with it.
        if source is None or context.settings.source(source).sla is not None:
            yield from _verdict(context, index, row)
    budget = context.settings.alerts
    if whole["burn_1h"] >= budget.burn_1h or whole["burn_24h"] >= budget.burn_24h:
        yield Condition(
            f"burn.{index.id}",
            "burn",
            f"index {index.id}",
            None,
            f"Index {index.id!r} burns its error budget {whole['burn_1h']:.1f} times as fast over "
            f"the last hour, and {whole['burn_24h']:.1f} times over the last day, as the promise "
            f"allows; {whole['budget_left']:.0%} of the 30 days' budget are left.",
            "See `freshground freshness` for what holds it back; a source that is slow or fails "
            "often wants more time, or a wider SLA.",
        )


def _verdict(context: Context, index: IndexSettings, row: dict[str, Any]) -> Iterator[Condition]:
    source = row["source"]
    what = f"Index {index.id!r}" if source is None else f"Source {source!r} in index {index.id!r}"
    subject = f"index {index.id}" if source is None else f"source {source} in index {index.id}"
    place = index.id if source is None else f"{index.id}.{source}"
    limit = timedelta(seconds=row["max_staleness_s"])
    held = "".join(f" Held back by: {text}" for text in row["held_by"])
    refresh = f"freshground refresh --index {index.id}"
    if source is not None:
        refresh += f" --source {source}"
    do = f"See `freshground freshness`, mend what holds it back, then `{refresh}`."
    if row["verdict"] == "late":
        stale = timedelta(seconds=row["staleness_s"])
        yield Condition(
            f"late.{place}",
            "late",
            subject,
            parse_iso(row["deadline"]),
            f"{what} is late: what it serves is as of {row['as_of']}, "
            f"{spoken(stale)} old, where {spoken(limit)} is promised.{held}",
            do,
        )
    elif row["verdict"] == "unknown" and row["as_of"] is not None:
        yield Condition(
            f"unknown.{place}",
            "unknown",
            subject,
            None,
            f"{what} cannot be judged: its as-of, {row['as_of']}, lies in the future, so a clock "
            "was or is wrong.",
            f"Set the clocks right, then `{refresh}`.",
        )
    elif row["verdict"] == "unknown":
        # A new lake has as long as its promise for its first release.
        start = context.lake.created_at
        since = None if start is None else start + limit
        if since is None or context.clock.now() >= since:
            yield Condition(
                f"unknown.{place}",
                "unknown",
                subject,
                since,
                f"{what} serves nothing yet, though {spoken(limit)} is promised.{held}",
                do,
            )


def _held(context: Context, index: IndexSettings) -> Iterator[Condition]:
    holds = context.lake.holds.active(index.id)
    if holds:
        yield Condition(
            f"hold.{index.id}",
            "hold",
            f"index {index.id}",
            parse_iso(holds[0].at),
            holding.message(index.id, holds),
            f"When the cause is mended: `freshground resume {index.id}`.",
        )


def _builds(context: Context, index: IndexSettings) -> Iterator[Condition]:
    """A gate that failed, or a build or embedding that did, since the index was last right."""
    since = _last_right(context, index)
    gates = _stops(context, index.id, "build", "gate", since)
    if gates:
        yield Condition(
            f"gate.{index.id}",
            "gate",
            f"index {index.id}",
            gates[0].at,
            str(gates[-1].body["message"]),
            f"See `freshground releases --index {index.id}` and `freshground plan`, mend the "
            f"source, then `freshground refresh --index {index.id}`.",
        )
    for stage in ("embed", "build"):
        yield from _failed(
            _stops(context, index.id, stage, "failed", since),
            stage,
            f"index {index.id}",
            f"freshground refresh --index {index.id}",
        )


def _sources(context: Context) -> Iterator[Condition]:
    for source_id in context.settings.source_ids:
        since = last_listed(context, source_id)
        failed = _stops(context, source_id, "ingest", "failed", since)
        if failed:
            count = f"{len(failed)} times in a row" if len(failed) > 1 else "once"
            yield Condition(
                f"source.{source_id}",
                "source",
                f"source {source_id}",
                failed[0].at,
                f"Source {source_id!r} failed {count}: {failed[-1].body['message']}",
                f"Mend it, then `freshground refresh --source {source_id}`; the governor tries "
                "again by itself, more and more seldom.",
            )
        over = [i for i in context.settings.indexes if source_id in i.sources]
        right = [at for index in over if (at := _last_right(context, index)) is not None]
        for stage in ("silver", "admit", "gold"):
            yield from _failed(
                _stops(context, source_id, stage, "failed", max(right, default=None)),
                stage,
                f"source {source_id}",
                f"freshground refresh --source {source_id}",
            )


def _failed(rows: list[Entry], stage: str, subject: str, command: str) -> Iterator[Condition]:
    if rows:
        yield Condition(
            f"refresh.{stage}.{subject.rsplit(maxsplit=1)[-1]}",
            "refresh",
            subject,
            rows[0].at,
            f"The stage {stage} of {subject} failed: {rows[-1].body['message']}",
            f"Mend the cause, then `{command}`; what was done already is not done again.",
        )


def _guards(context: Context) -> Iterator[Condition]:
    for row in stopped(context):
        if row["status"] != "waiting":
            continue
        source_id = row["source"]
        why = " ".join(str(guard["message"]) for guard in row["guards"])
        yield Condition(
            f"guard.{source_id}",
            "guard",
            f"source {source_id}",
            parse_iso(row["since"]),
            f"A guard stopped the plan of source {source_id!r}, which waits for a person: {why}",
            # The digest, since the source may hold another plan by the time this is read.
            f"Look with `freshground plan`, then `freshground approve {source_id} --plan-digest "
            f"{row['plan']}`, or reject instead of approve. Until then the old release serves.",
        )


def _last_right(context: Context, index: IndexSettings) -> datetime | None:
    """Return when an index was last published or found right; a rollback is neither."""
    history = context.lake.pointers.history(index.id)
    times = [parse_iso(pointer.at) for pointer in history if pointer.action == "publish"]
    times += [entry.at for entry in context.lake.journal.newest("confirmation", index.id, 1)]
    return max((at for at in times if at is not None), default=None)


def _stops(
    context: Context, subject: str, stage: str, outcome: str, since: datetime | None
) -> list[Entry]:
    """Return the newest rows of a stage, oldest first, as far as all of them ended like this."""
    found: list[Entry] = []
    for entry in reversed(context.lake.journal.newest("stage", subject, _ROWS_READ)):
        if entry.body["stage"] != stage:
            continue
        if entry.body["outcome"] != outcome or (since is not None and entry.at <= since):
            break
        found.append(entry)
    return found[::-1]
