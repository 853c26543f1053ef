"""The command that brings an older lake to the present format."""

from __future__ import annotations

import typer

from freshground.core.settings import load
from freshground.service.cli.options import Json, Place
from freshground.service.cli.output import print_json


def migrate(settings: Place = None, *, as_json: Json = False) -> None:
    """Bring a lake that an older Freshground wrote to the present format."""
    from freshground.lake.migration import migrate as act

    found = act(load(settings))
    if as_json:
        print_json(found)
        return
    if found["from"] == found["to"]:
        typer.echo(f"The lake {found['lake']} has format {found['to']} already.")
        return
    typer.echo(f"The lake {found['lake']} has format {found['to']} now, not {found['from']}.")
    for table, columns in found["added"].items():
        typer.echo(f"  {table}: {', '.join(columns)}")
    typer.echo("The next refresh judges every document that is served.")


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command()(migrate)
