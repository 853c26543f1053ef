"""The pages of the tabs on our DAGs and their runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dags.ids import works
from freshground.service.ui.routing import Asked, Page, page
from freshground.service.views.of_dag import of_dag
from freshground.service.views.stopped_plans import affected

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from freshground.service.ui.board import Board


def routes(board: Board) -> list[BaseRoute]:
    """Return the routes."""
    known = works(board.context.settings)

    def airflow_tab(asked: Asked) -> Page:
        dag_id, run = asked.path["dag_id"], asked.path.get("run_id")
        work = known.get(dag_id)
        if work is None:
            return Page("airflow/other.html", "Document quality", {"dag_id": dag_id})
        found = of_dag(
            asked.context,
            work.layer,
            source=work.source,
            index=work.index,
            # As tasks name it: see dags.tasks.open_context.
            run_id=f"{dag_id}/{run}" if run else None,
        )
        for plan in found["plans"]:
            plan["would"] = affected(
                asked.context, plan["source"], asked.person.groups, plan["plan"]
            )
        # What stopped a stage may name a document; what a gate says names checks alone.
        for stage in found["stages"]:
            if stage["outcome"] in ("failed", "guard") and asked.person.groups is not None:
                stage["message"] = "The task's log says why."
        return Page("airflow/tab.html", f"Document quality: {dag_id}", {"dag": dag_id, **found})

    return [
        page(board, "/airflow/dag/{dag_id}", airflow_tab),
        page(board, "/airflow/run/{dag_id}/{run_id:path}", airflow_tab),
    ]
