"""What Prometheus reads of the pipeline: kept for a moment, so that scrapes cost no query its turn.

What the clock alone changes (staleness and verdict) is of the moment of the scrape. What the
lake says is read again after `KEPT`, beside the scrape when that takes long.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from freshground.core.errors import FreshgroundError
from freshground.service.views.vitals import OUTCOMES, Counted, vitals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from prometheus_client import Metric

    from freshground.core.settings import Settings
    from freshground.service.context import Context
    from freshground.service.views.vitals import IndexVitals, Totals, Vitals

KEPT = timedelta(seconds=15)
"""How long what the lake said is told again."""

WAIT_S = 0.02
"""How long a scrape waits for the lake; what was read before is told when it takes longer."""

FIRST_WAIT_S = 5.0

VERDICTS = ("fresh", "due", "late", "unknown")
LAYERS = ("bronze", "silver", "admission", "gold", "candidate")
SEVERITIES = ("critical", "warning", "info")

_log = logging.getLogger(__name__)


class Pipeline:
    """A collector of prometheus_client over one project."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._counted = Counted()
        self._found: Vitals | None = None
        self._read_at: datetime | None = None
        self._reading: threading.Event | None = None
        self._lock = threading.Lock()

    def describe(self) -> list[Metric]:
        """Return nothing: else registering would read the lake."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics; none before the lake could be read once."""
        now = self._context.clock.now()
        found = self._now(now)
        if found is None or self._read_at is None:
            return
        yield from _of_indexes(self._context, found.indexes, now)
        yield from _of_quality(self._context.settings.source_ids, found)
        yield from _of_totals(self._context.settings, found.totals)
        yield GaugeMetricFamily(
            "freshground_pipeline_read_age_seconds",
            "How long ago the lake was read for what stands here",
            (now - self._read_at).total_seconds(),
        )

    def _now(self, now: datetime) -> Vitals | None:
        with self._lock:
            fresh = self._read_at is not None and now - self._read_at < KEPT
            if fresh:
                return self._found
            if self._reading is None:
                self._reading = threading.Event()
                threading.Thread(
                    target=self._read, args=(self._reading, now), name="metrics", daemon=True
                ).start()
            reading, known = self._reading, self._found is not None
        reading.wait(WAIT_S if known else FIRST_WAIT_S)
        return self._found

    def _read(self, done: threading.Event, now: datetime) -> None:
        try:
            found = vitals(self._context, self._counted)
            with self._lock:
                self._found, self._read_at = found, now
        except FreshgroundError as error:
            _log.warning("The lake cannot be read for /metrics: %s", error)
        finally:
            self._reading = None
            done.set()


def _of_indexes(context: Context, rows: list[IndexVitals], now: datetime) -> Iterator[Metric]:
    def gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
        made = GaugeMetricFamily(f"freshground_index_{name}", text, labels=("index", *labels))
        gauges.append(made)
        return made

    gauges: list[GaugeMetricFamily] = []
    staleness = gauge("staleness_seconds", "Now minus as-of of the live release")
    sla = gauge("sla_seconds", "The staleness that the SLA allows")
    as_of = gauge("as_of_timestamp_seconds", "As-of of the live release, since 1970")
    verdict = gauge("verdict", "1 for the verdict of the SLA that holds", "verdict")
    objective = gauge("objective_ratio", "Share of time that is to be within the SLA")
    left = gauge("error_budget_left_ratio", "Share of the error budget that is left, 0 to 1")
    burn = gauge("error_budget_burn_rate", "1 uses up the budget in 30 days", "window")
    release = gauge("release", "The live release's number")
    documents = gauge("documents", "Documents in the live release")
    chunks = gauge("chunks", "Chunks in the live release")
    stale = gauge("stale_documents", "Documents that are served in an older version")
    aside = gauge("quarantined_documents", "Documents of its sources that may not be served")
    for row in rows:
        label, manifest = [row.index.id], row.manifest
        margin = context.settings.governor.margin_of(row.index.sla.max_staleness)
        state = row.judged(now, margin)
        sla.add_metric(label, row.index.sla.max_staleness.total_seconds())
        objective.add_metric(label, row.index.sla.objective)
        aside.add_metric(label, row.quarantined)
        for word in VERDICTS:
            verdict.add_metric([*label, word], float(word == state.state))
        spent = row.budget
        left.add_metric(label, spent.left)
        burn.add_metric([*label, "1h"], spent.burn_1h)
        burn.add_metric([*label, "24h"], spent.burn_24h)
        if state.staleness is not None and row.as_of is not None:
            staleness.add_metric(label, state.staleness.total_seconds())
            as_of.add_metric(label, row.as_of.timestamp())
        if manifest is not None:
            release.add_metric(label, manifest.release)
            documents.add_metric(label, manifest.counts["documents"])
            chunks.add_metric(label, manifest.counts["chunks"])
            stale.add_metric(label, manifest.counts["stale"])
    yield from gauges


def _of_quality(sources: Sequence[str], found: Vitals) -> Iterator[Metric]:
    aside = GaugeMetricFamily(
        "freshground_source_quarantined_documents",
        "Documents that may not be served",
        labels=("source",),
    )
    for source_id in sources:
        aside.add_metric([source_id], found.aside[source_id])
    failing = GaugeMetricFamily(
        "freshground_failing_checks",
        "Checks that do not hold now",
        labels=("layer", "severity"),
    )
    for layer in LAYERS:
        for severity in SEVERITIES:
            failing.add_metric([layer, severity], found.failing[layer, severity])
    yield from (aside, failing)


def _of_totals(settings: Settings, totals: Totals) -> Iterator[Metric]:
    """Yield counters. What may ever be counted stands there with 0, so that its first is seen."""

    def counter(name: str, text: str, *labels: str) -> CounterMetricFamily:
        return CounterMetricFamily(f"freshground_{name}", text, labels=labels)

    refreshes = counter("refreshes", "Whole refreshes, by how they ended", "outcome")
    stages = counter("stages", "Stages that did something, by how they ended", "stage", "outcome")
    gates = counter("gate_failures", "Candidates that a gate stopped", "index")
    aside = counter("quarantined_documents", "Documents newly set aside", "source")
    tokens = counter("embedded_tokens", "Tokens embedded", "index")
    money = counter("spend", "Money spent on embedding, in the currency of the settings", "index")
    for outcome in OUTCOMES.values():
        refreshes.add_metric([outcome], totals.refreshes[outcome])
    for names, number in totals.stages.items():
        stages.add_metric(list(names), number)
    for source_id in settings.source_ids:
        aside.add_metric([source_id], totals.quarantine[source_id])
    for index in settings.indexes:
        gates.add_metric([index.id], totals.gates[index.id])
        tokens.add_metric([index.id], totals.tokens[index.id])
        money.add_metric([index.id], totals.money[index.id])
    yield from (refreshes, stages, gates, aside, tokens, money)
