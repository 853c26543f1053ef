"""`freshground runs` and `freshground cost`: what was done, and what it took."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from freshground.service.cli import show_runs
from freshground.service.cli.options import Json, Place, open_context

Outcome = Annotated[
    str | None, typer.Option(help="Only runs of this outcome, such as failed, guard or done.")
]
Days = Annotated[int, typer.Option(min=1, max=3660, help="So many days back.")]
Last = Annotated[int | None, typer.Option(min=1, help="Only so many of the newest.")]

group = typer.Typer(invoke_without_command=True, help="Runs: list them, or show one.")


@group.callback()
def runs(
    command: typer.Context,
    days: Days = 30,
    outcome: Outcome = None,
    last: Last = None,
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """List runs, the newest first: what became of them, seconds, documents, texts, tokens, money.

    `freshground runs show RUN` shows one.
    """
    from freshground.service.views import runs as view

    if command.invoked_subcommand is not None:
        return
    if outcome is not None and outcome not in view.OUTCOMES:
        known = ", ".join(view.OUTCOMES)
        raise typer.BadParameter(f"{outcome!r} is none of {known}.", param_hint="--outcome")
    rows = view.runs(open_context(settings), days=days, outcome=outcome)
    show_runs.runs(rows[:last], as_json=as_json)


@group.command("show")
def show(
    run: Annotated[str, typer.Argument(help="Run id, or the start of one.")],
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Show one run: its stages, rates and counts, and what went wrong."""
    from freshground.service.views import run as view

    show_runs.run(view.run(open_context(settings), run), as_json=as_json)


def cost(
    by: Annotated[str, typer.Option(help="Sum by index, source or model.")] = "index",
    days: Days = 30,
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Show what embedding cost, by day and in all, and how far the budgets are used."""
    from freshground.service.views import cost as view

    if by not in view.PARTS:
        known = ", ".join(view.PARTS)
        raise typer.BadParameter(f"{by!r} is none of {known}.", param_hint="--by")
    found: dict[str, Any] = view.cost(open_context(settings), by=by, days=days)  # type: ignore[arg-type]
    show_runs.cost(found, as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="runs")
    app.command()(cost)
