"""`freshground canary`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from freshground.service.cli.options import Json, Place, open_context
from freshground.service.cli.output import console, print_json

if TYPE_CHECKING:
    from rich.console import Console


def canary(
    index: Annotated[str, typer.Argument(help="Index id.")],
    settings: Place = None,
    *,
    promote: Annotated[bool, typer.Option("--promote", help="Make it the live release.")] = False,
    abort: Annotated[bool, typer.Option("--abort", help="End it; the index is on hold.")] = False,
    comment: Annotated[str, typer.Option("--comment", help="Why; kept with the record.")] = "",
    as_json: Json = False,
) -> None:
    """Show how a canary does beside the live release, or how the last one ended."""
    from freshground.service.asking.canary import report
    from freshground.service.stages.canary import decide

    if promote and abort:
        raise typer.BadParameter("choose one of the two.", param_hint="--promote, --abort")
    context = open_context(settings)
    wanted = context.settings.index(index)
    message = ""
    if promote or abort:
        message = decide(context, wanted, "promote" if promote else "roll back", comment).message
        context.lake.journal.commit()
    found = report(context, wanted)
    if as_json:
        print_json(found)
    else:
        _show(console(), found, message)


def _show(out: Console, found: dict[str, Any], message: str) -> None:
    if message:
        out.print(Text(message))
        return
    row = found if found["running"] else found["last"]
    if row is None:
        out.print(Text(f"Index {found['index']} has no canary."))
        return
    if found["running"]:
        out.print(
            Text(
                f"Release {row['release']} of {found['index']} is on canary beside release "
                f"{row['beside']}, with {row['share']:.0%} of the queries, until {row['until']} "
                "at the latest."
            )
        )
    else:
        out.print(Text(f"No canary runs. The last, release {row['release']}, ended {row['at']}."))
    out.print(Text(f"{row['action']}: {row['reason']}"))
    for harm in (h for h in row["harms"] if h["seen"] is not None):
        values = f"{harm['canary']:.4g}, live {harm['live']:.4g}, limit {harm['limit']:.4g}"
        out.print(Text(f"  {harm['name']}: {values}"))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(canary)
