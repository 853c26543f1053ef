"""`freshground usage`: what each caller has used, for charging it back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

import typer
from rich.table import Table

from freshground.service.cli.options import Json, Place, open_context
from freshground.service.cli.output import console, print_json

_BY = ("key", "day")
_DAYS = 30


def usage(
    since: Annotated[
        str | None, typer.Option(help=f"First day in UTC, as 2026-11-01; default {_DAYS} days ago.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Sum by key, or by day; default both.")] = None,
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Show requests, tokens (estimates: bytes by four) and milliseconds, by key and day."""
    if by is not None and by not in _BY:
        raise typer.BadParameter(f"{by!r} is none of {', '.join(_BY)}.", param_hint="--by")
    from freshground.service.views.usage import usage as view

    context = open_context(settings)
    try:
        first = (
            date.fromisoformat(since)
            if since
            else context.clock.now().date() - timedelta(days=_DAYS)
        )
    except ValueError:
        raise typer.BadParameter(
            f"{since!r} is no day; write one as 2026-11-01.", param_hint="--since"
        ) from None
    rows = view(context, first, by)  # type: ignore[arg-type]
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False)
    for name in ("day", "key", "requests", "tokens_in", "tokens_out", "milliseconds"):
        if by is None or name not in _BY or name == by:
            table.add_column(name, justify="left" if name in _BY else "right")
    for row in rows:
        table.add_row(*(f"{v:.0f}" if isinstance(v, float) else str(v) for v in row.values()))
    console().print(table)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(usage)
