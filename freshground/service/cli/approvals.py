"""Commands on plans: make, save, apply, and decide about those that a guard stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from freshground.service.cli import show_plan
from freshground.service.cli.options import By, Comment, Json, Place, open_context

Source = Annotated[str, typer.Argument(help="Source id.")]
Saved = Annotated[Path, typer.Argument(help="A plan that `plan --save` wrote.")]
Save = Annotated[Path | None, typer.Option("--save", help="Write the plan here, to be applied.")]
Stopped = Annotated[Path | None, typer.Option("--plan", help="Approve what stops this saved plan.")]
Digest = Annotated[
    str | None, typer.Option("--plan-digest", help="Decide only if this plan is the one stopped.")
]


def plan(
    save: Save = None,
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Show what a refresh would do. Exit status 2 when there is something to do."""
    from freshground.service.plans import apply as saved
    from freshground.service.plans import planning

    found = planning.plan(open_context(settings))
    if save is not None:
        saved.save(found, save)
    show_plan.plan(found, as_json=as_json)
    raise typer.Exit(2 if found["work"] else 0)


def apply(
    file: Saved,
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Refresh as a saved plan says; refused when the world moved on. Exits as refresh does."""
    from freshground.service.cli import show
    from freshground.service.plans import apply as saved
    from freshground.service.reports import exit_status

    found = saved.read(file)
    reports = saved.apply(open_context(settings, bars=not as_json), found)
    show.refresh(reports, as_json=as_json)
    raise typer.Exit(exit_status(reports))


def approvals(settings: Place = None, *, as_json: Json = False) -> None:
    """List the plans that a guard stopped, and what was decided about them."""
    from freshground.service.plans import approvals as service

    show_plan.approvals(service.stopped(open_context(settings)), as_json=as_json)


def approve(
    source: Source,
    by: By = "",
    comment: Comment = "",
    plan_digest: Digest = None,
    plan: Stopped = None,
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Let exactly the plan that stopped a source pass; a larger one is stopped again."""
    from freshground.service.plans import apply as saved
    from freshground.service.plans import approvals as service

    items = saved.items_of(saved.read(plan), source) if plan is not None else None
    row = service.approve(
        open_context(settings, by=by), source, plan=plan_digest, items=items, comment=comment
    )
    show_plan.decision(row, as_json=as_json)


def reject(
    source: Source,
    by: By = "",
    comment: Comment = "",
    plan_digest: Digest = None,
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Keep the plan that stopped a source stopped, and say why."""
    from freshground.service.plans import approvals as service

    row = service.reject(open_context(settings, by=by), source, plan=plan_digest, comment=comment)
    show_plan.decision(row, as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    for command in (plan, apply, approvals, approve, reject):
        app.command()(command)
