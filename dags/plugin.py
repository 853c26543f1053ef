"""What Airflow loads into each of its processes: the deadline that reads an index's SLA."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from dags.deadlines import PLUGIN, StalenessDeadline


class FreshgroundPlugin(AirflowPlugin):
    """Registered by the package's entry point in the group `airflow.plugins`."""

    name = PLUGIN
    deadline_references: ClassVar[list[Any]] = [StalenessDeadline]
