"""What is traced: refreshes, their stages, and queries. Without a collector, the calls alone.

Spans hold ids, counts and outcomes; never the text of a query, a document or an error.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from freshground.service.reports import exit_status
from freshground.service.telemetry.switch import traces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from freshground.service.context import Context
    from freshground.service.reports import StageReport

P = ParamSpec("P")
R = TypeVar("R")


def traced_stage(
    make: Callable[..., AbstractContextManager[StageReport]],
) -> Callable[..., AbstractContextManager[StageReport]]:
    """Make a span of each stage, in the trace of its run, whichever process it runs in."""

    @wraps(make)
    @contextmanager
    def stage(
        context: Context, name: str, subject: str, *args: Any, **kwargs: Any
    ) -> Iterator[StageReport]:
        found = traces(context.settings)
        if found is None:
            with make(context, name, subject, *args, **kwargs) as report:
                yield report
            return
        begun = _of_run(context) | {"freshground.stage": name, "freshground.subject": subject}
        with found.in_run(context.run_id, f"{name} {subject}", begun) as span:
            with make(context, name, subject, *args, **kwargs) as report:
                yield report
            span.note(_of_report(report), failed=report.outcome in ("guard", "gate", "failed"))

    return stage


def traced_refresh(refresh: Callable[P, list[StageReport]]) -> Callable[P, list[StageReport]]:
    """Make a span of a whole refresh, the root of its stages."""

    @wraps(refresh)
    def traced(*args: P.args, **kwargs: P.kwargs) -> list[StageReport]:
        context: Any = args[0]
        found = traces(context.settings)
        if found is None:
            return refresh(*args, **kwargs)
        with found.of_run(context.run_id, "refresh", _of_run(context)) as span:
            reports = refresh(*args, **kwargs)
            status = exit_status(reports)
            span.note({"freshground.exit_status": status}, failed=status not in (0, 3))
            return reports

    return traced


def traced_query(query: Callable[P, R]) -> Callable[P, R]:
    """Make a span of a query that does not come over HTTP: the protocol's have their own."""

    @wraps(query)
    def traced(*args: P.args, **kwargs: P.kwargs) -> R:
        context: Any = args[0]
        index: Any = args[1]
        found = traces(context.settings)
        if found is None:
            return query(*args, **kwargs)
        with found.alone("query", {"freshground.index": index.id}) as span:
            answer: Any = query(*args, **kwargs)
            hits = answer.hits
            arms = [arm for arm in ("vector", "text") if answer.mode in (arm, "hybrid")]
            span.note(
                {
                    "freshground.arms": arms,
                    "freshground.hits": len(hits),
                    "freshground.hits.vector": sum(h["vector_rank"] is not None for h in hits),
                    "freshground.hits.text": sum(h["text_rank"] is not None for h in hits),
                    "freshground.release": answer.freshness.release,
                    "freshground.staleness_s": answer.freshness.staleness_s,
                    "freshground.canary": answer.canary,
                }
            )
            return answer

    return traced


def _of_run(context: Context) -> dict[str, Any]:
    return {"freshground.run_id": context.run_id, "freshground.by": context.by}


def _of_report(report: StageReport) -> dict[str, Any]:
    release = (report.release or {}).get("release")
    return {
        "freshground.outcome": report.outcome,
        "freshground.release": release,
        "freshground.newly_quarantined": len(report.quarantined),
        "freshground.failed_checks": sum(not each["passed"] for each in report.checks),
        **{f"freshground.counts.{name}": value for name, value in report.counts.items()},
    }
