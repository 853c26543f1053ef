"""The one module that knows OpenTelemetry: spans, and how they leave this process.

A run has one trace, wherever its stages run: the trace's id, and that of its root, are made from
the run's id. A caller's `traceparent` (a header, or TRACEPARENT in the environment) comes first.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from freshground import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from opentelemetry.context import Context as Around
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Span

TIMEOUT_S = 2.0
"""How long one sending may take, unless OpenTelemetry's own variable says otherwise."""

REST_S = 30.0
"""How long nothing is sent to a collector that did not answer."""

_TIMEOUTS = ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT")
_log = logging.getLogger(__name__)
_w3c = TraceContextTextMapPropagator()
_forced: ContextVar[tuple[int, int] | None] = ContextVar("forced", default=None)


class Noted:
    """A span, while it is open."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def note(self, values: Mapping[str, Any], *, failed: bool = False) -> None:
        """Add what is known of it; what is None is left out."""
        self._span.set_attributes({n: v for n, v in values.items() if v is not None})
        if failed:
            self._span.set_status(Status(StatusCode.ERROR))


class Traces:
    """Spans of one process for one collector."""

    def __init__(self, exporter: SpanExporter, service: str) -> None:
        name = os.environ.get("OTEL_SERVICE_NAME") or service
        about = Resource.create({"service.name": name, "service.version": __version__})
        self._provider = TracerProvider(resource=about, id_generator=_Ids())
        self._processor = BatchSpanProcessor(exporter)
        self._provider.add_span_processor(self._processor)
        self._tracer = self._provider.get_tracer("freshground", __version__)

    @contextmanager
    def in_run(self, run_id: str, name: str, values: Mapping[str, Any]) -> Iterator[Noted]:
        """Open a span in the trace of a run."""
        trace_id, root_id = _ids(run_id)
        flags = trace.TraceFlags(trace.TraceFlags.SAMPLED)
        root = SpanContext(trace_id, root_id, is_remote=True, trace_flags=flags)
        with self._open(name, values, trace.set_span_in_context(NonRecordingSpan(root))) as noted:
            yield noted

    @contextmanager
    def of_run(self, run_id: str, name: str, values: Mapping[str, Any]) -> Iterator[Noted]:
        """Open the root of a run's trace."""
        token = _forced.set(_ids(run_id))
        try:
            with self._open(name, values, _outer()) as noted:
                yield noted
        finally:
            _forced.reset(token)

    @contextmanager
    def alone(self, name: str, values: Mapping[str, Any]) -> Iterator[Noted]:
        """Open a span in a trace of its own, or in the one that the environment names."""
        with self._open(name, values, _outer()) as noted:
            yield noted

    def request(
        self,
        name: str,
        headers: Mapping[str, str],
        start_ns: int,
        end_ns: int,
        values: Mapping[str, Any],
        *,
        failed: bool,
    ) -> None:
        """Make a span of a request that is over. `headers` by lower-case name; times since 1970."""
        span = self._tracer.start_span(
            name,
            _w3c.extract(headers)
            if "traceparent" in headers
            else trace.set_span_in_context(trace.INVALID_SPAN),
            SpanKind.SERVER,
            {n: v for n, v in values.items() if v is not None},
            start_time=start_ns,
        )
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end_ns)

    def flush(self) -> None:
        """Send what waits."""
        self._processor.force_flush()

    def close(self) -> None:
        """Send what waits, and end."""
        self._provider.shutdown()

    @contextmanager
    def _open(self, name: str, values: Mapping[str, Any], parent: Around) -> Iterator[Noted]:
        # An error's own text may quote a document, so the span says which kind it was.
        with self._tracer.start_as_current_span(
            name,
            parent,
            attributes=dict(values),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield Noted(span)
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise


@lru_cache
def opened(url: str, service: str) -> Traces:
    """Return what sends to a collector; it is closed when the process ends."""
    timeout = None if any(os.environ.get(name) for name in _TIMEOUTS) else TIMEOUT_S
    return Traces(Patient(OTLPSpanExporter(url, timeout=timeout), url), service)


class Patient(SpanExporter):
    """Sends spans, and lets a collector that does not answer rest: spans are dropped meanwhile."""

    def __init__(self, exporter: SpanExporter, url: str) -> None:
        self._exporter = exporter
        self._url = url
        self._rests_until = 0.0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans; say once when they cannot be sent."""
        if time.monotonic() < self._rests_until:
            return SpanExportResult.FAILURE
        found = self._exporter.export(spans)
        if found is not SpanExportResult.SUCCESS:
            self._rests_until = time.monotonic() + REST_S
            _log.warning(
                "Traces cannot be sent to %s; they are dropped for %g s. Start the collector, or "
                "unset telemetry.otlp and OTEL_EXPORTER_OTLP_ENDPOINT.",
                self._url,
                REST_S,
            )
        return found

    def shutdown(self) -> None:
        """End."""
        self._exporter.shutdown()


class _Ids(RandomIdGenerator):
    """Random ids, but for the root of a run."""

    def generate_trace_id(self) -> int:
        forced = _forced.get()
        return super().generate_trace_id() if forced is None else forced[0]

    def generate_span_id(self) -> int:
        forced = _forced.get()
        if forced is None:
            return super().generate_span_id()
        _forced.set(None)  # the root's alone: its children have their own
        return forced[1]


def _ids(run_id: str) -> tuple[int, int]:
    """Return the ids of a run's trace and of its root."""
    hashed = hashlib.sha256(run_id.encode()).digest()
    outer = trace.get_current_span(_outer()).get_span_context()
    trace_id = outer.trace_id if outer.is_valid else int.from_bytes(hashed[:16], "big")
    return trace_id, int.from_bytes(hashed[16:24], "big")


def _outer() -> Around:
    """Return the context that the environment names; an empty one where it names none."""
    return _w3c.extract(
        {"traceparent": os.environ.get("TRACEPARENT", "")},
        trace.set_span_in_context(trace.INVALID_SPAN),
    )
