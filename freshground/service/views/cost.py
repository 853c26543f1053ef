"""What embedding has cost: by day, and by index, source or model; against the budgets."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from math import fsum
from typing import TYPE_CHECKING, Any, Literal, get_args

from freshground.service.plans.deferral import shortage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from freshground.core.settings import Budget
    from freshground.lake.journal import Entry
    from freshground.service.context import Context

Part = Literal["index", "source", "model"]

PARTS: tuple[Part, ...] = get_args(Part)
NOT_RECORDED = "not recorded"
"""The source or model of what was embedded before those were recorded."""

_DIGITS = 9
_NAMES = ("texts", "tokens", "money")


def cost(context: Context, *, by: Part = "index", days: int = 30) -> dict[str, Any]:
    """Return texts, tokens and money of so many days in UTC, today the last of them.

    `parts` hold the sums by index, source or model, the dearest first; `by_day` one row a day. Both
    add up to `total`. `budgets` are the limits and how far each is used, `deferred` the documents
    of each source that wait for one.
    """
    today = context.clock.now().astimezone(UTC).date()
    first = today - timedelta(days=days - 1)
    since = datetime.combine(first, time(), UTC)
    entries = context.lake.journal.entries("cost", since=since)
    split = [
        (entry.at.astimezone(UTC).date(), *each) for entry in entries for each in _of(entry, by)
    ]
    names = sorted({name for _, name, *_ in split})
    parts = [
        {"name": name, **_sum(amounts for _, own, *amounts in split if own == name)}
        for name in names
    ]
    rows: dict[date, list[tuple[str, float, float, float]]] = defaultdict(list)
    for day, *rest in split:
        rows[day].append(tuple(rest))
    return {
        "by": by,
        "days": days,
        "since": first.isoformat(),
        "total": _sum((e.body["texts"], e.body["tokens"], e.body["money"]) for e in entries),
        "parts": sorted(parts, key=lambda p: (-p["money"], -p["tokens"], p["name"])),
        "by_day": [
            _day(first + timedelta(days=n), rows.get(first + timedelta(days=n), []))
            for n in range(days)
        ],
        "budgets": _budgets(context, entries, today),
        "deferred": {
            source_id: waiting
            for source_id in context.settings.source_ids
            if (waiting := shortage(context, source_id))
        },
    }


def _of(entry: Entry, by: Part) -> Iterator[tuple[str, float, float, float]]:
    """Yield (name, texts, tokens, money) of one row; what is yielded adds up to the row."""
    body = entry.body
    whole = (body["texts"], body["tokens"], body["money"])
    if by == "index":
        yield entry.subject, *whole
    elif by == "model":
        yield body.get("model") or NOT_RECORDED, *whole
    elif not body.get("sources"):
        yield NOT_RECORDED, *whole
    else:
        left = body["money"]
        sources = list(body["sources"].items())
        for place, (name, told) in enumerate(sources):
            last = place == len(sources) - 1
            money = left if last else body["money"] * told["tokens"] / (body["tokens"] or 1)
            left -= money
            yield name, told["texts"], told["tokens"], money


def _sum(amounts: Iterable[Iterable[float]]) -> dict[str, Any]:
    texts, tokens, money = zip(*amounts, strict=True) if (amounts := list(amounts)) else ((),) * 3
    return {"texts": sum(texts), "tokens": sum(tokens), "money": round(fsum(money), _DIGITS)}


def _day(day: date, rows: list[tuple[str, float, float, float]]) -> dict[str, Any]:
    names = sorted({name for name, *_ in rows})
    return {
        "day": day.isoformat(),
        **_sum(amounts for _, *amounts in rows),
        "parts": {name: _sum(a for own, *a in rows if own == name) for name in names},
    }


def _budgets(context: Context, entries: list[Entry], today: date) -> list[dict[str, Any]]:
    spent = [entry for entry in entries if entry.at.astimezone(UTC).date() == today]
    newest = spent[-1].run_id if spent else None
    settings = context.settings
    budgets: list[tuple[str, Budget, list[Entry]]] = [("project", settings.budget, spent)]
    budgets += [(i.id, i.budget, [e for e in spent if e.subject == i.id]) for i in settings.indexes]
    rows: list[dict[str, Any]] = []
    for of, budget, own in budgets:
        for unit in ("tokens", "money"):
            for period in ("day", "run"):
                limit = getattr(budget, f"{unit}_per_{period}")
                if limit is None:
                    continue
                counted = [e for e in own if period == "day" or e.run_id == newest]
                used = round(fsum(entry.body[unit] for entry in counted), _DIGITS)
                row = {"of": of, "unit": unit, "period": period, "limit": limit, "used": used}
                rows.append({**row, "share": round(used / limit, 6)})
    return rows
