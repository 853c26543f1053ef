"""Options that many commands share, and the context they are turned into."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from freshground.core.settings import SETTINGS_FILE, load

Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
Place = Annotated[
    Path | None,
    typer.Option("--settings", "-s", help=f"Settings file or its folder; default {SETTINGS_FILE}."),
]
Index = Annotated[
    str | None, typer.Option("--index", help="Index id; needed if there are several.")
]
By = Annotated[str, typer.Option("--by", help="Who decides; default the user.")]
Comment = Annotated[str, typer.Option("--comment", help="Why; kept with the record.")]


def open_context(place: Path | None, *, bars: bool = False, by: str = "") -> Any:
    """Return a context over the settings at a place, with progress bars if wanted.

    `by` is the name under which decisions are recorded; empty, that of the user.
    """
    from freshground.service.context import Context
    from freshground.service.progress import Progress

    return Context(load(place), progress=Progress(shown=bars), by=by)


def one_index(context: Any, name: str | None) -> Any:
    """Return the index that is named, or the only one; a usage error where there are several."""
    if name is not None:
        return context.settings.index(name)
    if len(context.settings.indexes) == 1:
        return context.settings.indexes[0]
    known = ", ".join(index.id for index in context.settings.indexes)
    raise typer.BadParameter(f"there are several indexes; name one: {known}.", param_hint="--index")
