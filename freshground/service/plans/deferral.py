"""Which documents have to wait for the budget: the one whose SLA breaks first goes first.

All sources stand in one line, so that none is overtaken for ever by another that is listed
earlier in the day. A document keeps its place when it changes while it waits. The first that does
not fit holds up those behind it that draw on the same limit: so nothing is too large to get in.
What was let in is embedded to the end, even if it was estimated too low: the day pays for it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso
from freshground.service.admission.scope import never_parsed
from freshground.service.plans.budget import Meters, limited, read_meters
from freshground.service.plans.estimate import past_of
from quality.governor import tightest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from freshground.core.records import Listing, ObjectStat
    from freshground.service.context import Context
    from freshground.service.plans.budget import Meter
    from ingestion.difference import Difference, Edit

_NEVER = datetime.max.replace(tzinfo=UTC)
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAPSE = timedelta(hours=36)
"""More than the day between two listings."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One document that wants to be let in. `since` is the first listing that it waited for.

    `tokens` are estimated, by index. `key` is empty once it was written down.
    """

    source: str
    doc_id: str
    since: datetime
    modified_at: datetime | None
    tokens: Mapping[str, float]
    key: str = ""


@dataclass
class Line:
    """Documents that wait, by source, and the limits that they wait for.

    `until` says when a source's claims lapse: one that is listed no more holds up no other.
    """

    meters: Meters = field(default_factory=Meters)
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    until: dict[str, datetime] = field(default_factory=dict)


def allowed(context: Context, source_id: str) -> timedelta:
    """Return the strictest staleness that is promised of a source, by itself or an index."""
    own = context.settings.source(source_id).sla
    slas = [index.sla for index in context.settings.indexes if source_id in index.sources]
    return min(
        (tightest(sla) for sla in [*([own] if own else []), *slas]), default=timedelta(hours=24)
    )


def in_turn(context: Context, source_ids: Sequence[str]) -> list[str]:
    """Return sources in their order; where something is limited, by whose SLA breaks first."""
    if not limited(context):
        return list(source_ids)
    newest = context.lake.journal.latest("listing")

    def breaks(source_id: str) -> tuple[bool, datetime, timedelta]:
        row = newest.get(source_id)
        at = parse_iso(row.body["listed_at"]) if row else None
        patience = allowed(context, source_id)
        return at is not None, (at or _FIRST) + patience, patience

    return sorted(source_ids, key=breaks)


def open_line(context: Context) -> Line | None:
    """Return who waits and what is left; None where nothing is limited, and nothing was read."""
    if not limited(context):
        return None
    line = Line(read_meters(context))
    for source_id in context.settings.source_ids:
        data = context.lake.files.get(_path(source_id))
        if data is None:
            continue
        body = json.loads(data)
        line.claims[source_id] = [_claim(source_id, row) for row in body["claims"]]
        listed_at = parse_iso(body["listed_at"]) or _FIRST
        line.until[source_id] = listed_at + max(_LAPSE, allowed(context, source_id))
    return line


def deferred(context: Context, line: Line, difference: Difference, listing: Listing) -> list[Claim]:
    """Return the new and changed documents of a source that have to wait, first come first.

    The others are charged. Deletions and moves cost nothing. Objects are read only when not all
    that may have changed fits.
    """
    source_id = difference.source.id
    costs = _Costs(context, line.meters, source_id)
    if not costs.payers:
        return []
    stats = [*difference.changes.added, *difference.changes.suspects]
    others = [
        claim
        for name, claims in line.claims.items()
        if name != source_id and line.until[name] > listing.started_at
        for claim in claims
    ]
    meters = line.meters.meters
    whole = _sum([*(costs.of(stat) for stat in stats), *(c.tokens for c in others)])
    before = {claim.doc_id: claim for claim in line.claims.pop(source_id, ())}
    seen = {difference.id_of(stat) for stat in stats}
    if not listing.complete:  # what it did not see keeps its place
        _wait(line, source_id, [c for name, c in before.items() if name not in seen])
    if all(meter.taken + meter.amount(whole) <= meter.limit for meter in meters):
        _charge(meters, [costs.of(stat) for stat in stats])
        return []

    def claim(stat: ObjectStat, tokens: Mapping[str, float]) -> Claim:
        document = difference.id_of(stat)
        since = before[document].since if document in before else listing.started_at
        return Claim(source_id, document, since, stat.modified_at, tokens, stat.key)

    own = [claim(stat, costs.of(stat)) for stat in difference.added]
    own += [claim(edit.stat, costs.of_edit(edit)) for edit in difference.edits]
    patience = {name: allowed(context, name) for name in context.settings.source_ids}
    out = refused(meters, [*own, *others], patience)
    waiting = [claim for claim in out if claim.source == source_id]
    late = {claim.doc_id for claim in waiting}
    _charge(meters, [claim.tokens for claim in own if claim.doc_id not in late])
    _wait(line, source_id, waiting)
    return waiting


def _wait(line: Line, source_id: str, claims: list[Claim]) -> None:
    if claims:
        line.claims.setdefault(source_id, []).extend(claims)
        line.until[source_id] = _NEVER


def refused(
    meters: Iterable[Meter], claims: Iterable[Claim], patience: Mapping[str, timedelta]
) -> list[Claim]:
    """Return the claims that do not fit, in the order of the line; the meters stay as they are.

    `patience` is the staleness that is allowed of each source.
    """

    def place(claim: Claim) -> tuple[Any, ...]:
        breaks = claim.since + patience[claim.source]
        return breaks, claim.modified_at or _NEVER, claim.source, claim.key or claim.doc_id

    meters = [replace(meter) for meter in meters]
    closed: set[int] = set()
    found: list[Claim] = []
    for claim in sorted(claims, key=place):
        drawn = {n: m.amount(claim.tokens) for n, m in enumerate(meters)}
        drawn = {n: amount for n, amount in drawn.items() if amount}
        if not closed.isdisjoint(drawn):
            found.append(claim)
            continue
        lacking = {n for n, amount in drawn.items() if not meters[n].fits(amount)}
        if lacking:
            found.append(claim)
        closed |= lacking
        # Who is first to be held up by one limit keeps its share of the others.
        for n in drawn.keys() - lacking:
            meters[n].used += drawn[n]
    return found


def _charge(meters: Iterable[Meter], costs: Iterable[Mapping[str, float]]) -> None:
    total = _sum(costs)
    for meter in meters:
        meter.used += meter.amount(total)


def _sum(costs: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = defaultdict(float)
    for tokens in costs:
        for index, count in tokens.items():
            total[index] += count
    return total


class _Costs:
    """What documents of one source cost in tokens, by index, from the source's past."""

    def __init__(self, context: Context, meters: Meters, source_id: str) -> None:
        self.payers = [index for index in meters.payers if source_id in index.sources]
        self._pasts = {index.id: past_of(context, index, source_id) for index in self.payers}
        self._free = never_parsed(context, source_id)

    def of(self, stat: ObjectStat) -> dict[str, float]:
        """Return the cost of a whole document; none of what is never parsed."""
        if self._free(stat):
            return {}
        return {name: past.cost(stat.key, stat.size).tokens for name, past in self._pasts.items()}

    def of_edit(self, edit: Edit) -> dict[str, float]:
        """Return the cost of what is new in a document; none of what is never parsed."""
        if self._free(edit.stat):
            return {}
        return {name: past.cost_of_edit(edit).tokens for name, past in self._pasts.items()}


def keep_line(context: Context, listing: Listing, line: Line) -> None:
    """Write down who of a source waits, so that the next listing knows since when."""
    claims = line.claims.get(listing.source_id, [])
    if not claims:
        forget_line(context, listing.source_id)
        return
    body = {"listed_at": iso(listing.started_at), "claims": [_row(claim) for claim in claims]}
    context.lake.files.put(_path(listing.source_id), json.dumps(body).encode())


def forget_line(context: Context, source_id: str) -> None:
    """Note that nothing of a source waits any more."""
    context.lake.files.delete([_path(source_id)])


def waiting_documents(context: Context, source_id: str) -> frozenset[str]:
    """Return the doc_ids of a source that wait; none where nothing is limited."""
    data = context.lake.files.get(_path(source_id)) if limited(context) else None
    return frozenset(row["doc_id"] for row in json.loads(data)["claims"]) if data else frozenset()


def shortage(context: Context, source_id: str) -> int:
    """Return how many documents of a source waited for the budget after its newest listing."""
    rows = context.lake.journal.entries("listing", "partial_listing", subject=source_id, last=1)
    return int(rows[0].body.get("deferred", 0)) if rows else 0


def _path(source_id: str) -> str:
    return f"waiting/{source_id}.json"


def _row(claim: Claim) -> dict[str, Any]:
    return {
        "doc_id": claim.doc_id,
        "since": iso(claim.since),
        "modified_at": iso(claim.modified_at),
        "tokens": {name: round(count, 1) for name, count in claim.tokens.items()},
    }


def _claim(source_id: str, row: Mapping[str, Any]) -> Claim:
    return Claim(
        source_id,
        row["doc_id"],
        parse_iso(row["since"]) or _FIRST,
        parse_iso(row["modified_at"]),
        row["tokens"],
    )
