"""Commands on what may be served: take-downs, denials, holds, differences of releases."""

from __future__ import annotations

from typing import Annotated

import typer

from freshground.service.cli import show_governance as show
from freshground.service.cli.options import By, Comment, Json, Place, open_context

Name = Annotated[str, typer.Argument(help="Uri, key, document id or chunk id.")]
IndexName = Annotated[str, typer.Argument(help="Index id.")]


def takedown(
    name: Name,
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Serve a document or chunk no more: at once, on every release, and in the next ones."""
    from freshground.service.denial.takedown import takedown as act

    show.takedown(act(open_context(settings, by=by), name, comment=comment), as_json=as_json)


def restore(
    name: Annotated[str, typer.Argument(help="As for takedown, or the id of a denial.")],
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Lift a take-down: older releases serve it at once, the next one holds it again."""
    from freshground.service.denial.takedown import restore as act

    show.restored(act(open_context(settings, by=by), name, comment=comment), as_json=as_json)


def denials(settings: Place = None, *, as_json: Json = False) -> None:
    """List what may not be served now, whatever release is asked."""
    from freshground.service.denial.takedown import denials as read

    show.denials(read(open_context(settings)), as_json=as_json)


def resume(
    index: IndexName,
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """End the hold that a rollback put on an index: the next refresh publishes again."""
    from freshground.service.releases.holding import resume as act

    context = open_context(settings, by=by)
    show.resumed(act(context, context.settings.index(index), comment), as_json=as_json)


def diff(
    index: IndexName,
    release_a: Annotated[int, typer.Argument(help="Release to compare from.")],
    release_b: Annotated[int, typer.Argument(help="Release to compare with.")],
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Show what differs between two releases, by document and chunk."""
    from freshground.service.lineage.diff import diff as compare

    context = open_context(settings)
    found = compare(context, context.settings.index(index), release_a, release_b)
    show.diff(found, as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    for command in (takedown, restore, denials, resume, diff):
        app.command()(command)
