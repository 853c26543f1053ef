"""`freshground duplicates`: what says the same in several places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from freshground.service.cli.options import Index, Json, Place, open_context
from freshground.service.cli.output import console, print_json

if TYPE_CHECKING:
    from rich.table import Table

_LISTED = 50
_NEARLY = 0.999
"""What is told at most of texts that are not one."""


def duplicates(
    index: Index = None,
    threshold: Annotated[
        float, typer.Option(min=0.7, max=1, help="Share of the text that two have in common.")
    ] = 0.9,
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """List documents that say the same, and those that only look it: their facts differ."""
    from freshground.service.duplicates.listing import duplicates as find

    context = open_context(settings)
    indexes = context.settings.indexes if index is None else [context.settings.index(index)]
    found = find(context, indexes, threshold)
    if as_json:
        print_json(found)
        return
    _show(found)


def _show(found: dict[str, Any]) -> None:
    out = console()
    for cluster in found["clusters"][:_LISTED]:
        said = "one text" if cluster["kind"] == "exact" else _alike(cluster)
        out.print(f"{len(cluster['documents'])} documents, {said}", style="bold")
        table = _table()
        for row in cluster["documents"]:
            left = ", ".join(f"left out of {name}" for name in row["left_out_of"])
            table.add_row(*_cells(row), left)
        out.print(table)
    for pair in found["different"][:_LISTED]:
        one, other = pair["facts_of_one_alone"]
        out.print(f"different, {_alike(pair)}; facts that one alone states: {one} and {other}")
        table = _table()
        for row in pair["documents"]:
            table.add_row(*_cells(row), "")
        out.print(table)
    more = max(len(found["clusters"]), len(found["different"])) > _LISTED
    out.print(
        f"{found['documents']} documents: {len(found['clusters'])} groups that say the same, "
        f"{len(found['different']) + found['different_uncounted']} pairs that only look it."
        + (" --json lists all." if more else "")
    )


def _alike(found: dict[str, Any]) -> str:
    return f"{min(found['similarity'], _NEARLY):.1%} alike"


def _table() -> Table:
    from rich.table import Table

    return Table.grid(padding=(0, 2))


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    from rich.markup import escape

    return (
        f"  {row['source']}",
        escape(row["key"]),
        (row["modified_at"] or "")[:19],
        escape(", ".join(row["groups"])),
    )


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command()(duplicates)
