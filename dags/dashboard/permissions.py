"""What Airflow lets somebody do, as a role on the dashboard.

The pages show every source and index, and actions act on any: so each role takes the permission
on all of the project's DAGs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import (
    AccessView,
    DagAccessEntity,
    DagDetails,
)
from airflow.models.dag import DagModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.api_fastapi.auth.managers.base_auth_manager import ResourceMethod
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser

    from freshground.service.ui.person import Role


def role_of(user: BaseUser, dag_ids: Sequence[str]) -> Role | None:
    """Return what a user of Airflow is here; None for one who may not see all DAGs of the project.

    Who may read the DAGs is a viewer; who may also edit them and start runs, an operator. Who may
    edit Airflow's connections besides, and see its plugins, is an admin: with the connections, all
    sources are open to them anyway. It asks Airflow's database: call it in a thread.
    """
    manager = get_auth_manager()
    teams = DagModel.get_dag_id_to_team_name_mapping(list(dag_ids))

    def may(method: ResourceMethod, entity: DagAccessEntity | None = None) -> bool:
        return all(
            manager.is_authorized_dag(
                method=method,
                access_entity=entity,
                details=DagDetails(id=dag_id, team_name=teams.get(dag_id)),
                user=user,
            )
            for dag_id in dag_ids
        )

    if not may("GET"):
        return None
    if not (may("PUT") and may("POST", DagAccessEntity.RUN)):
        return "viewer"
    if manager.is_authorized_connection(method="PUT", user=user) and manager.is_authorized_view(
        access_view=AccessView.PLUGINS, user=user
    ):
        return "admin"
    return "operator"
