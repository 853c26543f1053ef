"""How every check stands: its newest value, how often it failed, and where it is going."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.core.errors import ConfigError
from freshground.service.views import checks as kept
from freshground.service.views.failing import failing
from freshground.service.views.paging import paged, thinned
from quality.expectations.wording import described

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.service.context import Context
    from freshground.service.views.checks import Result
    from freshground.service.views.readable import Sight

WINDOW = timedelta(days=30)
"""How far back failures are counted."""

_RUNS = 150
"""Newest runs over a source whose passed checks one check's history goes back to."""


def checks(context: Context) -> list[dict[str, Any]]:
    """Return each check of each source and index as it was found last, by layer and name.

    `failed_runs` counts runs in which it failed within the last 30 days, `reaches_in` is in how
    many more runs its trend meets the threshold, None when not soon. `current`: the newest run
    over its subject judged it; of a gate that says nothing of the newest candidate, False.
    """
    since = context.clock.now() - WINDOW
    rows: list[dict[str, Any]] = []
    for found in _all(context):
        newest = max((results[-1].at for results in found.values()), default=since)
        for check_id, results in found.items():
            last = results[-1]
            current = last.body["layer"] != "candidate" or last.at == newest
            rows.append(
                {
                    "layer": last.body["layer"],
                    "check": check_id,
                    "subject": last.subject,
                    **last.as_dict(),
                    "current": current,
                    "failed_runs": kept.failed_since(results, since),
                    "reaches_in": kept.trend(results) if current else None,
                }
            )
    return sorted(
        rows, key=lambda row: (kept.LAYERS.index(row["layer"]), row["check"], row["subject"])
    )


def _all(context: Context) -> Iterator[dict[str, list[Result]]]:
    for source_id in context.settings.source_ids:
        yield kept.by_check(kept.of_source(context, source_id))
    for index in context.settings.indexes:
        yield kept.by_check(kept.of_index(context, index.id))


def fails(row: dict[str, Any]) -> bool:
    """Return whether a check fails now."""
    return row["current"] and not row["passed"]


def urgent(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the checks that fail now, the critical first, then those that soon will."""
    failed = [row for row in rows if fails(row)]
    decaying = [row for row in rows if row["reaches_in"] is not None]
    failed.sort(key=lambda row: row["severity"] != "critical")
    return failed + sorted(decaying, key=lambda row: row["reaches_in"])


def check(
    context: Context, layer: str, check_id: str, subject: str, seen: Sight, page: int = 1
) -> dict[str, Any]:
    """Return one check of one subject: its history, newest first, and what fails now.

    `expectation` is what Great Expectations said of the newest failure, else what it asks.
    ConfigError when the journal knows of none.
    """
    if layer == "candidate":
        found = kept.of_index(context, context.settings.index(subject).id)
    else:
        found = kept.of_source(context, context.settings.source(subject).id, _RUNS)
    results = kept.by_check(found).get(check_id, [])
    if not results:
        raise ConfigError(
            f"No run over {subject!r} has judged a check {check_id!r} lately.",
            "Look at the list of all checks.",
        )
    newest = results[-1]
    asked = described(check_id) or {}
    means = asked.pop("means", None)
    rows = [result.as_dict() | {"detail": ""} for result in results]  # which may name documents
    bad = failing(context, newest, seen)
    return {
        "layer": layer,
        "check": check_id,
        "subject": subject,
        **newest.as_dict(),
        "detail": newest.body["detail"] if bad["nameable"] else "",
        "failed_runs": kept.failed_since(results, context.clock.now() - WINDOW),
        "reaches_in": kept.trend(results),
        "means": means,
        "expectation": newest.body.get("expectation") or asked or None,
        "failing_rows": bad,
        "trend": [_point(result) for result in thinned(results)],
        "history": paged(rows[::-1], page),
    }


def _point(result: Result) -> dict[str, Any]:
    body = result.body
    return {"at": iso(result.at), "value": body["value"], "threshold": body["threshold"]}
