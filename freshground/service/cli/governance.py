"""Commands on what may be served: take-downs, denials, holds, differences of releases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from freshground.core.settings import load

if TYPE_CHECKING:
    from collections.abc import Callable

_LIST = 20
_MARKS = {
    "added": ("+", "green"),
    "changed": ("~", "yellow"),
    "moved": (">", "cyan"),
    "removed": ("-", "red"),
}

app = typer.Typer()

Name = Annotated[str, typer.Argument(help="Uri, key, document id or chunk id.")]
IndexName = Annotated[str, typer.Argument(help="Index id.")]
Comment = Annotated[str, typer.Option("--comment", help="Why; kept with the record.")]
By = Annotated[str, typer.Option("--by", help="Who decided; default the user.")]
Place = Annotated[
    Path | None,
    typer.Option("--settings", "-s", help="Settings file or its folder."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


def _context(place: Path | None, by: str = "") -> Any:
    from freshground.service.context import Context

    return Context(load(place), by=by)


def _print(found: Any, show: Callable[[Any], None], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2, default=str))
    else:
        show(found)


@app.command()
def takedown(
    name: Name,
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Serve a document or chunk no more: at once, on every release, and in the next ones."""
    from freshground.service.takedown import takedown as act

    _print(act(_context(settings, by), name, comment=comment), _show_takedown, as_json=as_json)


@app.command()
def restore(
    name: Annotated[str, typer.Argument(help="As for takedown, or the id of a denial.")],
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Lift a take-down: older releases serve it at once, the next one holds it again."""
    from freshground.service.takedown import restore as act

    _print(act(_context(settings, by), name, comment=comment), _show_restored, as_json=as_json)


@app.command()
def denials(settings: Place = None, *, as_json: Json = False) -> None:
    """List what may not be served now, whatever release is asked."""
    from freshground.service.takedown import denials as read

    _print(read(_context(settings)), _show_denials, as_json=as_json)


@app.command()
def resume(
    index: IndexName,
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """End the hold that a rollback put on an index: the next refresh publishes again."""
    from freshground.service.holding import resume as act

    context = _context(settings, by)
    found = act(context, context.settings.index(index), comment)
    _print(
        found,
        lambda row: typer.echo(f"Index {row['index']} is on hold no more: refresh publishes."),
        as_json=as_json,
    )


@app.command()
def diff(
    index: IndexName,
    release_a: Annotated[int, typer.Argument(help="Release to compare from.")],
    release_b: Annotated[int, typer.Argument(help="Release to compare with.")],
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Show what differs between two releases, by document and chunk."""
    from freshground.service.diff import diff as compare

    context = _context(settings)
    found = compare(context, context.settings.index(index), release_a, release_b)
    _print(found, _show_diff, as_json=as_json)


def _show_takedown(found: dict[str, Any]) -> None:
    what = "passage" if found["chunk_ids"] else "document"
    typer.echo(
        f"Taken down: {what} of {', '.join(found['known_as'])}. Queries skip it from now on."
    )
    if found["chunk_ids"]:
        typer.echo(
            "It holds for just this passage: an edit, a rename or another chunking makes a new "
            "one. Take the document down to be sure."
        )
    for uri in found["same_bytes"][:_LIST]:
        typer.echo(f"The same bytes are still served from {uri}.")
    typer.echo(f"To serve it again: freshground restore {found['id']}")


def _show_restored(found: dict[str, Any]) -> None:
    for row in found["restored"]:
        typer.echo(f"Lifted {row['id']} of {row['at']} by {row['by']}.")
    typer.echo("The next refresh publishes it again where the live release has dropped it.")


def _show_denials(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        count = len(row["chunk_ids"]) or len(row["doc_ids"])
        unit = "passages" if row["chunk_ids"] else "documents"
        left = f" to {', '.join(row['groups']) or 'nobody'}" if row["kind"] == "narrowed" else ""
        why = f": {row['comment']}" if row["comment"] else ""
        typer.echo(f"{row['id']}  {row['kind']}{left}, {count} {unit}, by {row['by']}{why}")
        for uri in row["known_as"][:_LIST]:
            typer.echo(f"  {uri}")
    if not rows:
        typer.echo("Nothing is denied.")


def _show_diff(found: dict[str, Any]) -> None:
    out = Console(highlight=False, soft_wrap=True)
    counts = ", ".join(f"{n} {kind}" for kind, n in found["counts"].items())
    out.print(Text(f"{found['index']} release {found['from']} -> {found['to']}: {counts}"))
    if not found["same_recipe"]:
        out.print(Text("Chunking, embedding or fields changed in between: every row is new."))
    for row in found["documents"]:
        mark, style = _MARKS[row["change"]]
        old = f"{row['moved_from']} -> " if row["moved_from"] else ""
        parts = [
            f"{sign}{len(row[name])}"
            for sign, name in (("+", "chunks_added"), ("-", "chunks_removed"))
            if row[name]
        ]
        if row["chunks_redescribed"]:
            parts.append(f"~{row['chunks_redescribed']}")
        out.print(Text(f"  {mark} {old}{row['uri']}  chunks {' '.join(parts) or '='}", style))
