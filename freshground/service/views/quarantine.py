"""The quarantine as people see it: reasons with their counts and growth, documents, evidence."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from freshground.service.denial.takedown import TAKEN_DOWN
from freshground.service.quarantine.choosing import chosen, in_state, rules_of
from freshground.service.quarantine.evidence import evidence, parsed
from freshground.service.views.documents.catalogue import catalogue, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from freshground.service.context import Context

PAGE = 20
DAYS = 30
"""Days of growth that are shown."""

_RULES = 6
_AROUND = 120
_MARKED = 1_200
_BRIEF = 240
_SPANS = 5
_NOTHING: dict[str, Any] = {"text": "", "hidden": []}


def quarantine(
    context: Context,
    reader: frozenset[str] | None,
    *,
    rule: str = "",
    source: str = "",
    state: str = "waiting",
    page: int = 1,
) -> dict[str, Any]:
    """Return the quarantine: `rules` over all documents, and a page of those somebody may read.

    `state` is waiting, decided, all, lapsed (released before) or released (served again). `hidden`
    counts the documents of that choice that they may not read. Of these there is nothing but their
    part in counts.
    """
    whole = catalogue(context)
    rows = [row for row in whole.aside.values() if row["rule"] != TAKEN_DOWN]
    wanted = chosen(in_state(context, state, rows), rule, source)
    theirs = readable(context, reader)
    mine = [row for row in wanted if row["doc_id"] in theirs]
    pages = max(1, -(-len(mine) // PAGE))
    page = min(max(1, page), pages)
    shown = mine[(page - 1) * PAGE : page * PAGE]
    return {
        "waiting": sum(row["waiting"] for row in rows),
        "decided": sum(not row["waiting"] for row in rows),
        "held": sum(row["held_by"] == "check" for row in rows),
        "lapsed": sum(bool(row["lapsed"]) for row in rows),
        "total": len(rows),
        "rules": _rules(rows, theirs),
        "rows": with_evidence(context, shown, brief=True),
        "found": len(mine),
        "hidden": len(wanted) - len(mine),
        "page": page,
        "pages": pages,
        "sources": sorted({row["source"] for row in rows}),
    }


def readable(context: Context, reader: frozenset[str] | None) -> frozenset[str]:
    """Return the ids of the documents that somebody may read."""
    return frozenset(e.doc_id for e in catalogue(context).entries if visible(e, reader))


def with_evidence(
    context: Context, rows: Sequence[Mapping[str, Any]], *, brief: bool = False
) -> list[dict[str, Any]]:
    """Return rows of `listed` with `evidence`: spans with their text and some around it.

    Hidden text stands by itself. Only for rows whose text may be read. `brief`: the beginning of
    the first span. Where single chunks of a source are taken down, its spans come without text: it
    might be theirs.
    """
    most, marked = (1, _BRIEF) if brief else (_SPANS, _MARKED)
    spans = evidence(context, rows)
    partly = {d.source_id for d in context.lake.denials.active() if d.chunk_ids}
    told = [r for r in rows if spans.get(r["doc_id"]) and r["source"] not in partly]
    whole = parsed(context, told)
    return [
        {
            **row,
            "evidence": [
                {**span, **_shown(whole.get(row["doc_id"], _NOTHING), span, marked)}
                for span in spans.get(row["doc_id"], [])[:most]
            ],
            "more_evidence": max(0, len(spans.get(row["doc_id"], [])) - most),
        }
        for row in rows
    ]


def growth(context: Context) -> dict[str, Any]:
    """Return how many versions were set aside on each of the last `DAYS` days, by rule.

    `x` are the days' beginnings in seconds since 1970, `series` those of the most frequent rules.
    """
    today = context.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - timedelta(days=DAYS - 1)
    # What was tried again, and failed again, is not new.
    table = context.lake.silver.rows(
        "SELECT rule, MIN(parsed_at) AS parsed_at FROM t WHERE status = 'quarantined' "
        "GROUP BY doc_id, content_hash, rule "
        f"HAVING MIN(parsed_at) >= TIMESTAMP '{first.isoformat()}'"
    )
    days = [first + timedelta(days=n) for n in range(DAYS)]
    counts: Counter[tuple[str, datetime]] = Counter()
    for row in table.to_pylist():
        counts[row["rule"] or "", _day(row["parsed_at"])] += 1
    for rule, at in _refused(context, first):
        counts[rule, _day(at)] += 1
    totals: Counter[str] = Counter()
    for (rule, _), count in counts.items():
        totals[rule] += count
    return {
        "x": [day.timestamp() for day in days] if totals else [],
        "series": [
            {"name": rule, "values": [counts[rule, day] for day in days]}
            for rule, _ in totals.most_common(_RULES)
        ],
        "new_7d": _lately(counts, days[-7:]),
    }


def _day(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _refused(context: Context, since: datetime) -> list[tuple[str, datetime]]:
    """Return by which rule and when admission first kept versions from everybody."""
    table = context.lake.admissions.rows(
        "SELECT doc_id, content_hash, reasons, judged_at FROM t WHERE verdict = 'quarantine' "
        "ORDER BY judged_at DESC"
    )
    found: dict[tuple[str, str], tuple[str, datetime]] = {}
    for row in table.to_pylist():
        found[row["doc_id"], row["content_hash"]] = (row["reasons"][0]["rule"], row["judged_at"])
    return [(rule, at) for rule, at in found.values() if at >= since]


def _lately(
    counts: Mapping[tuple[str, datetime], int], days: Collection[datetime]
) -> dict[str, int]:
    found: Counter[str] = Counter()
    for (rule, day), count in counts.items():
        if day in days:
            found[rule] += count
    return dict(found)


def _rules(rows: Sequence[dict[str, Any]], theirs: Collection[str]) -> list[dict[str, Any]]:
    """Return how many documents each rule speaks against: of several rules, each counts it.

    `lapsed` counts `theirs` alone: nobody releases what they may not read.
    """
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        for rule in rules_of(row):
            new = {"rule": rule, "held_by": row["held_by"], "waiting": 0, "decided": 0, "lapsed": 0}
            own = found.setdefault(rule, new)
            own["waiting" if row["waiting"] else "decided"] += 1
            own["lapsed"] += bool(row["lapsed"]) and row["doc_id"] in theirs
    return sorted(found.values(), key=lambda own: (-own["waiting"], -own["decided"], own["rule"]))


def _shown(whole: Mapping[str, Any], span: Mapping[str, Any], marked: int) -> dict[str, Any]:
    """Return the text of a span and some around it, or the hidden text that a finding is about.

    Nothing of a finding about the whole document.
    """
    text, start, end = whole["text"], span["start"], span["end"]
    if start is None:
        place = span.get("place")
        pieces = whole["hidden"]
        text = pieces[place]["text"] if place is not None and place < len(pieces) else ""
        start, end = 0, len(text)
    return {
        "before": text[max(0, start - _AROUND) : start],
        "marked": text[start : min(end, start + marked)],
        "cut": max(0, end - start - marked),
        "after": text[end : end + _AROUND] if end - start <= marked else "",
    }
