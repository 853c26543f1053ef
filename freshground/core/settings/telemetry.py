"""Where traces go."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from freshground.core.settings.values import Line, Section

Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$")]


class Telemetry(Section):
    """Traces of refreshes and queries, for OpenTelemetry.

    `otlp` is the address of a collector that takes OTLP over HTTP, such as
    http://localhost:4318; None: what OTEL_EXPORTER_OTLP_ENDPOINT says, and without it no traces.
    """

    otlp: Url | None = None
    service_name: Line = "freshground"
