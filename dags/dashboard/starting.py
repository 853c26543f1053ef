"""What "refresh now" does inside Airflow: it starts ingest DAGs, which wake all that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.errors import Fatal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.core.settings import Settings
    from freshground.service.ui.routing import Asked


class DagStarter:
    """Starts refreshes as Airflow's own button does, in the name of who asks."""

    def start(self, asked: Asked, indexes: Sequence[str], sources: Sequence[str]) -> str:
        """Start a run of the ingest DAG of each source named, and of those of each index named.

        With none named, of every source. Return what was started, in words. Fatal when Airflow
        has not read a DAG yet.
        """
        from airflow.api.common.trigger_dag import trigger_dag
        from airflow.exceptions import DagNotFound
        from airflow.models.dag import DagModel
        from airflow.utils.types import DagRunTriggeredByType

        from dags.ids import ingest_id

        started: list[str] = []
        paused: list[str] = []
        for source_id in _sources(asked.context.settings, indexes, sources):
            dag_id = ingest_id(source_id)
            try:
                run = trigger_dag(
                    dag_id,
                    triggered_by=DagRunTriggeredByType.UI,
                    triggering_user_name=asked.person.name,
                    conf={"reason": asked.comment or "the dashboard"},
                )
            except DagNotFound:
                raise Fatal(
                    f"Airflow has no DAG {dag_id} yet.",
                    "Wait until it has read the DAGs, or see its import errors.",
                ) from None
            started.append(f"{dag_id} ({run.run_id if run else '?'})")
            model = DagModel.get_dagmodel(dag_id)
            if model is not None and model.is_paused:
                paused.append(dag_id)
        said = f"Started {', '.join(started)}."
        if paused:
            said += f" Paused, so that nothing runs until it is switched on: {', '.join(paused)}."
        return said

    def close(self) -> None:
        """Leave the runs to Airflow."""


def _sources(settings: Settings, indexes: Sequence[str], sources: Sequence[str]) -> list[str]:
    """Return the ids of the sources meant; ConfigError for a name that is none."""
    if not indexes and not sources:
        return settings.source_ids
    named = {settings.source(source_id).id for source_id in sources}
    named |= {source_id for name in indexes for source_id in settings.index(name).sources}
    return [source_id for source_id in settings.source_ids if source_id in named]
