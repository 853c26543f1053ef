"""What the commands on take-downs, denials, holds and differences print."""

from __future__ import annotations

from typing import Any

import typer
from rich.text import Text

from freshground.service.cli.output import console, print_json

_LIST = 20
_MARKS = {
    "added": ("+", "green"),
    "changed": ("~", "yellow"),
    "moved": (">", "cyan"),
    "removed": ("-", "red"),
}


def takedown(found: dict[str, Any], *, as_json: bool) -> None:
    """Say what is served no more, and what still is."""
    if as_json:
        print_json(found)
        return
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


def restored(found: dict[str, Any], *, as_json: bool) -> None:
    """Say what was lifted."""
    if as_json:
        print_json(found)
        return
    for row in found["restored"]:
        typer.echo(f"Lifted {row['id']} of {row['at']} by {row['by']}.")
    typer.echo("The next refresh publishes it again where the live release has dropped it.")


def denials(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Show what is denied, with its addresses."""
    if as_json:
        print_json(rows)
        return
    for row in rows:
        count = len(row["chunk_ids"]) or len(row["doc_ids"])
        unit = ("passage" if row["chunk_ids"] else "document") + ("s" if count > 1 else "")
        left = (
            f" to {', '.join(row['groups']) or 'nobody'}"
            if row["groups"] or row["kind"] == "narrowed"
            else ""
        )
        why = f": {row['comment']}" if row["comment"] else ""
        typer.echo(f"{row['id']}  {row['kind']}{left}, {count} {unit}, by {row['by']}{why}")
        for uri in row["known_as"][:_LIST]:
            typer.echo(f"  {uri}")
    if not rows:
        typer.echo("Nothing is denied.")


def resumed(found: dict[str, Any], *, as_json: bool) -> None:
    """Say that the hold is over."""
    if as_json:
        print_json(found)
        return
    typer.echo(f"Index {found['index']} is on hold no more: refresh publishes.")


def diff(found: dict[str, Any], *, as_json: bool) -> None:
    """Show each document that differs, in a line."""
    if as_json:
        print_json(found)
        return
    out = console()
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
