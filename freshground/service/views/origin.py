"""What started a run, in a word."""

from __future__ import annotations

_AIRFLOW = "airflow:"
_NAMES = {"command": "command line", "apply": "plan", "call": "program"}


def trigger_of(run_id: str, by: str, told: str | None = None) -> str:
    """Return dashboard, command line, plan, program, airflow or unknown."""
    if by.startswith(_AIRFLOW) or run_id.startswith("freshground_"):
        return "airflow"
    return _NAMES.get(told or "", told or "unknown")
