"""What Airflow loads into each of its processes: the deadline of an index, and where its pages are.

The dashboard itself is made in the API server, when somebody first asks for it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from dags.dashboard.entries import apps, views
from dags.deadlines import PLUGIN, StalenessDeadline


class FreshgroundPlugin(AirflowPlugin):
    """Registered by the package's entry point in the group `airflow.plugins`."""

    name = PLUGIN
    deadline_references: ClassVar[list[Any]] = [StalenessDeadline]
    fastapi_apps: ClassVar[list[Any]] = apps()
    external_views: ClassVar[list[Any]] = views()
