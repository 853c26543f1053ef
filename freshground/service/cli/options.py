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
By = Annotated[str, typer.Option("--by", help="Who decides; default the user.")]
Comment = Annotated[str, typer.Option("--comment", help="Why; kept with the record.")]


def open_context(place: Path | None, *, bars: bool = False, by: str = "") -> Any:
    """Return a context over the settings at a place, with progress bars if wanted.

    `by` is the name under which decisions are recorded; empty, that of the user.
    """
    from freshground.service.context import Context
    from freshground.service.progress import Progress

    return Context(load(place), progress=Progress(shown=bars), by=by)
