"""Commands on masking: a lake for a lower environment, and values back for who holds the key."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from freshground.service.cli.options import By, Comment, Json, Place, open_context
from freshground.service.cli.output import console, print_json


def export(
    destination: Annotated[str, typer.Argument(help="A new folder, or URL of an object store.")],
    settings: Place = None,
    *,
    mask: Annotated[
        bool, typer.Option("--mask", help="Replace personal data and secrets by pseudonyms.")
    ] = False,
    models: Annotated[
        bool, typer.Option(help="Look for names, places and groups of people by a model.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Write a masked copy of the lake, with releases that answer: for tests and development."""
    from freshground.service.masking.export import export as act

    if not mask:
        raise typer.BadParameter(
            "an export without it would be a copy of production; write --mask.", param_hint="--mask"
        )
    found = act(open_context(settings, bars=not as_json), destination, models=models).as_dict()
    if as_json:
        print_json(found)
        return
    out = console()
    out.print(f"{found['documents']} documents in {destination}", markup=False)
    if found["findings"]:
        out.print("Found and masked, beside what policies masked already:")
    for rule, count in found["findings"].items():
        out.print(f"  {rule:24} {count}", markup=False)
    for rule, count in found["left_out"].items():
        out.print(f"  left out, {rule}: {count}", markup=False)
    place = destination
    if "://" in destination:
        out.print(f"Its settings are {destination}/freshground.yaml; keep a copy.", markup=False)
        place = "COPY"
    out.print(f"Ask it: freshground query TEXT --settings {place}", markup=False)


def unmask(
    text: Annotated[str, typer.Argument(help="Text with pseudonyms; - reads standard input.")],
    document: Annotated[
        str | None, typer.Option(help="Uri, key or id of the document it stands in.")
    ] = None,
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Give back what pseudonyms stand for, to who holds the project's key. It is recorded."""
    from freshground.service.masking.unmask import unmask as act

    said = sys.stdin.read() if text == "-" else text
    found = act(open_context(settings, by=by), said, document=document, comment=comment)
    if as_json:
        print_json(found)
    else:
        typer.echo(found["text"])
        if found["unknown"]:
            names = ", ".join(found["unknown"])
            typer.echo(f"Nothing is sealed of {names} under this key.", err=True)
    raise typer.Exit(1 if found["unknown"] else 0)


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    for command in (export, unmask):
        app.command()(command)
