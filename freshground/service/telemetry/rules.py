"""Alert rules for Prometheus. Several replicas tell of one lake: rules take the worst of them."""

from __future__ import annotations

from typing import Any

_BURN = "max by (index) (freshground_index_error_budget_burn_rate"
_FAST = (
    # A fiftieth of 30 days' budget in an hour. Where the objective is so low that no hour can burn
    # that fast: half of an hour out of the SLA.
    "clamp_max(0.5 / (1 - max by (index) (freshground_index_objective_ratio)), 14.4)"
)
_REQUESTS = "sum by (job) (rate(freshground_requests_total"
_SEARCH = 'route=~".*docs.*"'


def _rule(
    name: str, expression: str, wait: str, severity: str, summary: str, do: str
) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expression,
        "for": wait,
        "labels": {"severity": severity},
        "annotations": {"summary": summary, "description": do},
    }


def rules() -> dict[str, Any]:
    """Return the rules as a file of Prometheus holds them."""
    freshness = [
        _rule(
            "FreshgroundLate",
            'max by (index) (freshground_index_verdict{verdict="late"}) == 1',
            "5m",
            "critical",
            "Index {{ $labels.index }} is older than its SLA allows.",
            "`freshground freshness` says what holds it back.",
        ),
        _rule(
            "FreshgroundErrorBudgetBurnsFast",
            f'{_BURN}{{window="1h"}}) > on (index) {_FAST}',
            "2m",
            "critical",
            "Index {{ $labels.index }} burns its error budget {{ $value | humanize }} times too "
            "fast.",
            "At this rate 30 days' budget lasts two days or less. See `freshground freshness`.",
        ),
        _rule(
            "FreshgroundErrorBudgetBurns",
            f'({_BURN}{{window="24h"}}) > 3) and on (index) ({_BURN}{{window="1h"}}) > 3)',
            "15m",
            "warning",
            "Index {{ $labels.index }} has burnt its error budget {{ $value | humanize }} times "
            "too fast for a day, and still does.",
            "A tenth of the budget of 30 days goes each day. See `freshground freshness`.",
        ),
        _rule(
            "FreshgroundErrorBudgetSpent",
            "min by (index) (freshground_index_error_budget_left_ratio) == 0",
            "15m",
            "warning",
            "Index {{ $labels.index }} has used up its error budget of 30 days.",
            "Look at its sources, or at whether the SLA promises too much.",
        ),
        _rule(
            "FreshgroundAgeUnknown",
            'max by (index) (freshground_index_verdict{verdict="unknown"}) == 1',
            "1h",
            "warning",
            "Nobody knows how old index {{ $labels.index }} is.",
            "No complete listing stands behind what it serves, or it was never published.",
        ),
    ]
    quality = [
        _rule(
            "FreshgroundGateFailed",
            "max by (index) (increase(freshground_gate_failures_total[1h])) > 0",
            "0m",
            "warning",
            "A gate stopped a release of index {{ $labels.index }}.",
            "The old release goes on serving while its clock runs. See the gates on Releases.",
        ),
        _rule(
            "FreshgroundCriticalCheckFails",
            'max by (layer) (freshground_failing_checks{severity="critical"}) > 0',
            "15m",
            "warning",
            "{{ $value }} critical checks fail in layer {{ $labels.layer }}.",
            "What fails is not published. See the failing rows on Quality.",
        ),
        _rule(
            "FreshgroundQuarantineGrows",
            "max by (source) (delta(freshground_source_quarantined_documents[6h])) > 10",
            "5m",
            "warning",
            "{{ $value | humanize }} documents of {{ $labels.source }} were set aside in 6 hours.",
            "See the reasons with `freshground quarantine list`.",
        ),
        _rule(
            "FreshgroundRefreshFailed",
            'max (increase(freshground_refreshes_total{outcome="failed"}[1h])) > 0',
            "0m",
            "warning",
            "A refresh failed.",
            "See its cause and the next step on Runs.",
        ),
    ]
    queries = [
        _rule(
            "FreshgroundQueriesFail",
            f'{_REQUESTS}{{status=~"5.."}}[5m])) / {_REQUESTS}[5m])) > 0.05',
            "5m",
            "critical",
            "{{ $value | humanizePercentage }} of requests fail.",
            "The service's log says why; /ready names indexes that cannot answer.",
        ),
        _rule(
            "FreshgroundQueriesSlow",
            "histogram_quantile(0.95, sum by (job, le) "
            f"(rate(freshground_request_seconds_bucket{{{_SEARCH}}}[5m]))) > 1",
            "10m",
            "warning",
            "One query in twenty takes more than {{ $value | humanizeDuration }}.",
            "Add a replica, or look at freshground_requests_in_flight and refused ones.",
        ),
        _rule(
            "FreshgroundIndexNotReady",
            "min by (index) (freshground_index_ready) == 0",
            "10m",
            "critical",
            "A replica cannot answer queries of index {{ $labels.index }}.",
            "/ready and the service's log say why.",
        ),
    ]
    watching = [
        _rule(
            "FreshgroundScrapeMissing",
            "absent(freshground_index_sla_seconds)",
            "5m",
            "critical",
            "Prometheus gets nothing from Freshground: none of these alerts can fire.",
            "Is the service up, and may the key of the scrape read /metrics?",
        ),
        _rule(
            "FreshgroundLakeNotRead",
            "min (freshground_pipeline_read_age_seconds) > 300",
            "5m",
            "warning",
            "The service has not read its lake for {{ $value | humanizeDuration }}.",
            "The service's log says why.",
        ),
    ]
    groups = {
        "freshness": freshness, "quality": quality, "queries": queries, "watching": watching,
    }  # fmt: skip
    return {"groups": [{"name": f"freshground-{name}", "rules": of} for name, of in groups.items()]}


def as_yaml() -> str:
    """Return the rules as the text of a file."""
    import yaml

    return yaml.safe_dump(rules(), sort_keys=False, width=100)
