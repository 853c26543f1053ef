"""What Prometheus reads. Labels hold no names of callers, and no text of queries or paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from freshground.service.api.served.standing import standings
from freshground.service.telemetry.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

    from freshground.service.api.protection.told import Told
    from freshground.service.api.served.encoding import Encoding

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_VERDICTS = ("fresh", "due", "late", "unknown")
_INDEXES = 500
"""Indexes that are told apart: clients may make more of them than a time series bears."""

_BUSY = 429


class Metrics:
    """The metrics of one service."""

    def __init__(self, service: Any) -> None:
        self._registry = CollectorRegistry()
        self._indexes: set[str] = set()
        self._requests = Counter(
            "freshground_requests",
            "Requests answered",
            ("route", "method", "status", "index"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "freshground_request_seconds",
            "Time from a request's headers to the end of its answer",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._busy = Counter(
            "freshground_requests_refused_busy",
            "Requests refused with 429",
            registry=self._registry,
        )
        self.in_flight = Gauge(
            "freshground_requests_in_flight", "Requests not yet answered", registry=self._registry
        )
        self._registry.register(_Standings(service))
        self._registry.register(_Encoding(service.encoding))
        self._registry.register(Pipeline(service.context))

    def answered(self, route: str, method: str, status: int, seconds: float, told: Told) -> None:
        """Count one request. `route` is its template, empty when there is none."""
        route, index = route or "none", told.index
        if index not in self._indexes:
            if len(self._indexes) < _INDEXES:
                self._indexes.add(index)
            else:
                index = "(others)"
        self._requests.labels(route, method, str(status), index).inc()
        self._seconds.labels(route).observe(seconds)
        if status == _BUSY:
            self._busy.inc()

    def text(self) -> bytes:
        """Return all of them in Prometheus' text format. It asks every index how it stands."""
        return generate_latest(self._registry)


class _Standings:
    """How the indexes stand, looked up when somebody reads it."""

    def __init__(self, service: Any) -> None:
        self._service = service

    def describe(self) -> list[Metric]:
        return []  # else registering would ask the indexes

    def collect(self) -> Iterator[Metric]:
        names = ("index",)
        release = GaugeMetricFamily("freshground_release", "Release that is served", labels=names)
        ready = GaugeMetricFamily("freshground_index_ready", "1: it can answer", labels=names)
        age = GaugeMetricFamily("freshground_staleness_seconds", "Now minus as-of", labels=names)
        sla = GaugeMetricFamily(
            "freshground_sla", "1 for the verdict that holds", labels=("index", "verdict")
        )
        rows = GaugeMetricFamily("freshground_rows", "Rows in memory", labels=names)
        memory = GaugeMetricFamily("freshground_memory_bytes", "Memory of the rows", labels=names)
        for found in standings(self._service):
            label = [found.index]
            ready.add_metric(label, float(not found.missing))
            for verdict in _VERDICTS:
                sla.add_metric([found.index, verdict], float(verdict == found.verdict))
            if found.release is not None:
                release.add_metric(label, found.release)
                rows.add_metric(label, found.rows)
            if found.staleness_s is not None:
                age.add_metric(label, found.staleness_s)
            if found.memory is not None:
                memory.add_metric(label, found.memory)
        yield from (release, ready, age, sla, rows, memory)


class _Encoding:
    """What encoding queries has cost so far."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding

    def collect(self) -> Iterator[Metric]:
        texts, seconds = self._encoding.spent
        yield CounterMetricFamily("freshground_encoded_texts", "Query texts encoded", texts)
        yield CounterMetricFamily("freshground_encode_seconds", "Time spent on them", seconds)
