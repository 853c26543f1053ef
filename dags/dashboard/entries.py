"""What Airflow's user interface is told: where the dashboard stands, and where it appears.

Airflow 3.3 shows a tab on every DAG and run, or on none; the tab's page says when the DAG is not
one of ours.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from airflow.configuration import conf

from dags.dashboard.mount import Mounted

PREFIX = "/freshground"
"""Where the dashboard stands below Airflow's own address."""


def apps() -> list[dict[str, Any]]:
    """Return the application that Airflow's API server mounts; nothing of it is made yet."""
    return [{"app": Mounted(PREFIX), "url_prefix": PREFIX, "name": "Freshground"}]


def views() -> list[dict[str, Any]]:
    """Return the entry in the navigation, and the tabs on DAGs and runs."""
    base = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/") + PREFIX
    icon = f"{base}/static/icon.svg"
    return [
        {
            "name": "Freshground",
            "href": f"{base}/",
            "destination": "nav",
            "url_route": "freshground",
            "nav_top_level": True,
            "icon": icon,
        },
        {
            "name": "Document quality",
            "href": f"{base}/airflow/dag/{{DAG_ID}}",
            "destination": "dag",
            "url_route": "freshground-dag",
            "icon": icon,
        },
        {
            "name": "Document quality of this run",
            "href": f"{base}/airflow/run/{{DAG_ID}}/{{RUN_ID}}",
            "destination": "dag_run",
            "url_route": "freshground-run",
            "icon": icon,
        },
    ]
