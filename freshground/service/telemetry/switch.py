"""Whether traces are wanted, and where they go: without a collector nothing of them is imported."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freshground.core.settings import Settings
    from freshground.service.telemetry.otlp import Traces

_PATH = "/v1/traces"


def collector(settings: Settings) -> str | None:
    """Return the URL that traces are sent to, None where none is set.

    OpenTelemetry's own variables count, and the settings before them. OTEL_SDK_DISABLED=true
    and OTEL_TRACES_EXPORTER=none turn traces off, whatever the settings say.
    """
    told = os.environ
    if told.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    if told.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none":
        return None
    if settings.telemetry.otlp is not None:
        return _traces(settings.telemetry.otlp)
    whole = told.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").strip()
    base = told.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
    return whole or (_traces(base) if base else None)


def traces(settings: Settings) -> Traces | None:
    """Return what makes traces, one in a process for each collector; None where none is set."""
    url = collector(settings)
    if url is None:
        return None
    from freshground.service.telemetry.otlp import opened

    return opened(url, settings.telemetry.service_name)


def flush(settings: Settings) -> None:
    """Send what waits: for processes that end without the interpreter's own end, as tasks do."""
    found = traces(settings)
    if found is not None:
        found.flush()


def _traces(base: str) -> str:
    trimmed = base.rstrip("/")
    return trimmed if trimmed.endswith(_PATH) else trimmed + _PATH
