"""The Grafana dashboard, made here so that its panels are all of one kind."""

from __future__ import annotations

import json
from typing import Any

_INDEX = 'index=~"$index"'
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_WIDTH = 24
_SEARCH = 'route=~".*docs.*"'

Panel = tuple[str, str, int, str, str, dict[str, str]]
"""Title, kind, width of 24, unit, what it says, and queries by legend."""

_PANELS: tuple[tuple[str, int, tuple[Panel, ...]], ...] = (
    (
        "Is it fresh?",
        8,
        (
            (
                "Verdict", "state-timeline", 12, "none",
                "1: within the SLA or due; 0: late or unknown",
                {"{{index}}": 'max by (index) (freshground_index_verdict{verdict=~"fresh|due",'
                              + _INDEX + "})"},
            ),
            (
                "Error budget left", "bargauge", 6, "percentunit", "Of 30 days",
                {"{{index}}": "min by (index) (freshground_index_error_budget_left_ratio{"
                              + _INDEX + "})"},
            ),
            (
                "Live release", "stat", 6, "none", "",
                {"{{index}}": "max by (index) (freshground_index_release{" + _INDEX + "})"},
            ),
            (
                "Staleness against the SLA", "timeseries", 12, "s", "Now minus as-of",
                {
                    "{{index}}": "max by (index) (freshground_index_staleness_seconds{"
                                 + _INDEX + "})",
                    "SLA of {{index}}": "max by (index) (freshground_index_sla_seconds{"
                                        + _INDEX + "})",
                },
            ),
            (
                "Burn rate of the error budget", "timeseries", 12, "none",
                "1 uses up the budget in exactly 30 days",
                {"{{index}}, {{window}}": "max by (index, window) "
                                          "(freshground_index_error_budget_burn_rate{"
                                          + _INDEX + "})"},
            ),
        ),
    ),
    (
        "What is in it?",
        7,
        (
            (
                "Documents", "timeseries", 8, "short", "In the live release",
                {
                    "{{index}}": "max by (index) (freshground_index_documents{" + _INDEX + "})",
                    "stale in {{index}}": "max by (index) (freshground_index_stale_documents{"
                                          + _INDEX + "})",
                },
            ),
            (
                "Quarantined documents", "timeseries", 8, "short", "",
                {"{{source}}": "max by (source) (freshground_source_quarantined_documents)"},
            ),
            (
                "Failing checks", "timeseries", 8, "short", "In the newest run of each stage",
                {"{{layer}}, {{severity}}":
                    "max by (layer, severity) (freshground_failing_checks)"},
            ),
        ),
    ),
    (
        "What does the pipeline do?",
        7,
        (
            (
                "Refreshes", "timeseries", 8, "short", "By how they ended, in an hour",
                {"{{outcome}}": "max by (outcome) (increase(freshground_refreshes_total[1h]))"},
            ),
            (
                "Stages", "timeseries", 8, "short", "By how they ended, in an hour",
                {"{{stage}} {{outcome}}":
                    "max by (stage, outcome) (increase(freshground_stages_total[1h]))"},
            ),
            (
                "Candidates stopped by a gate", "timeseries", 8, "short", "In a day",
                {"{{index}}": "max by (index) (increase(freshground_gate_failures_total{"
                              + _INDEX + "}[1d]))"},
            ),
            (
                "Tokens embedded", "timeseries", 12, "short", "In an hour",
                {"{{index}}": "max by (index) (increase(freshground_embedded_tokens_total{"
                              + _INDEX + "}[1h]))"},
            ),
            (
                "Money spent", "timeseries", 12, "none", "In a day, as prices in the settings say",
                {"{{index}}": "max by (index) (increase(freshground_spend_total{"
                              + _INDEX + "}[1d]))"},
            ),
        ),
    ),
    (
        "How are queries answered?",
        7,
        (
            (
                "Requests", "timeseries", 8, "reqps", "By status",
                {"{{status}}": "sum by (status) (rate(freshground_requests_total[5m]))"},
            ),
            (
                "Share that fails", "timeseries", 8, "percentunit", "Of all requests",
                {"5xx": 'sum(rate(freshground_requests_total{status=~"5.."}[5m])) / '
                        "sum(rate(freshground_requests_total[5m]))"},
            ),
            (
                "Time of a query", "timeseries", 8, "s", "",
                {
                    f"p{percent}": f"histogram_quantile(0.{percent}, sum by (le) "
                    f"(rate(freshground_request_seconds_bucket{{{_SEARCH}}}[5m])))"
                    for percent in (50, 95, 99)
                },
            ),
            (
                "Requests in flight, and refused", "timeseries", 12, "short", "",
                {
                    "in flight": "sum(freshground_requests_in_flight)",
                    "refused in 5 min":
                        "sum(increase(freshground_requests_refused_busy_total[5m]))",
                },
            ),
            (
                "Memory of what is served", "timeseries", 12, "bytes", "",
                {"{{index}}": "max by (index) (freshground_memory_bytes{" + _INDEX + "})"},
            ),
        ),
    ),
)  # fmt: skip


def dashboard() -> dict[str, Any]:
    """Return the dashboard as Grafana imports it: the data source is chosen there."""
    panels: list[dict[str, Any]] = []
    top = 0
    for title, height, rows in _PANELS:
        panels.append(_row(len(panels) + 1, title, top))
        top += 1
        left = 0
        for told in rows:
            width = told[2]
            if left + width > _WIDTH:
                left, top = 0, top + height
            place = {"h": height, "w": width, "x": left, "y": top}
            panels.append(_panel(len(panels) + 1, told, place))
            left += width
        top += height
    return {
        "title": "Freshground",
        "uid": "freshground",
        "description": "Whether grounding data is fresh, good and served.",
        "tags": ["freshground"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "utc",
        "templating": {"list": [_data_source(), _indexes()]},
        "panels": panels,
    }


def as_json() -> str:
    """Return the dashboard as the text of a file."""
    return json.dumps(dashboard(), indent=2) + "\n"


def _row(number: int, title: str, top: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": "row",
        "title": title,
        "collapsed": False,
        "gridPos": {"h": 1, "w": _WIDTH, "x": 0, "y": top},
        "panels": [],
    }


def _panel(number: int, told: Panel, place: dict[str, int]) -> dict[str, Any]:
    title, kind, _, unit, text, queries = told
    targets = [
        {"refId": chr(ord("A") + at), "datasource": _SOURCE, "expr": query, "legendFormat": legend}
        for at, (legend, query) in enumerate(queries.items())
    ]
    defaults: dict[str, Any] = {"unit": unit}
    if kind in ("bargauge", "state-timeline"):
        steps = [{"color": "red", "value": None}, {"color": "green", "value": 0.25}]
        defaults |= {"min": 0, "max": 1, "thresholds": {"mode": "absolute", "steps": steps}}
    return {
        "id": number,
        "type": kind,
        "title": title,
        "description": text,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": targets,
    }


def _data_source() -> dict[str, Any]:
    return {
        "name": "datasource",
        "type": "datasource",
        "query": "prometheus",
        "label": "Prometheus",
    }


def _indexes() -> dict[str, Any]:
    query = "label_values(freshground_index_sla_seconds, index)"
    return {
        "name": "index",
        "type": "query",
        "label": "Index",
        "datasource": _SOURCE,
        "query": {"query": query, "refId": "indexes"},
        "definition": query,
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
        "refresh": 2,
    }
