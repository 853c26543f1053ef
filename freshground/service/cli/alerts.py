"""`freshground alerts`: what is wrong, what was lately, and who was told."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from freshground.service.cli.options import Json, Place, open_context
from freshground.service.cli.output import console, print_json

Send = Annotated[bool, typer.Option("--send", help="Tell the channels what they are to be told.")]


def alerts(settings: Place = None, *, send: Send = False, as_json: Json = False) -> None:
    """Show what is wrong now and was lately. With --send, tell it; status 1 if a channel failed."""
    from dataclasses import asdict

    from freshground.service.alerts import watch as service

    context = open_context(settings)
    attempts = service.tick(context) if send else []
    found: dict[str, Any] = service.alerts(context)
    if send:
        found["attempts"] = [asdict(attempt) for attempt in attempts]
    if as_json:
        print_json(found)
    else:
        _show(found, service.channels(context), send=send)
    raise typer.Exit(1 if any(attempt.error for attempt in attempts) else 0)


def _show(found: dict[str, Any], channels: dict[str, Any], *, send: bool) -> None:
    out = console()
    for row in found["open"]:
        out.print(Text(f"{row['kind']}: {row['subject']}", style="bold red"))
        out.print(Text(f"  {row['found']}"))
        out.print(Text(f"  Since {row['since']}; {_told(row, channels)}."))
        out.print(Text(f"  {row['do']}"))
    if not found["open"]:
        out.print(Text("Nothing is wrong.", style="green"))
    for row in found["over"]:
        until = row["resolved_at"] or "now"
        out.print(Text(f"over: {row['kind']}: {row['subject']}, {row['since']} to {until}"))
    for attempt in found.get("attempts", []):
        said = attempt["error"] or "sent"
        style = "bold red" if attempt["error"] else ""
        line = f"{attempt['channel']}: {attempt['message']} of {attempt['key']}: {said}"
        out.print(Text(line, style=style))
    airflow = [name for name, row in channels.items() if row["type"] == "airflow"]
    if send and airflow:
        out.print(f"Left to Airflow's task `alerts` of freshground_governor: {', '.join(airflow)}.")


def _told(row: dict[str, Any], channels: dict[str, Any]) -> str:
    """Say who knows of it."""
    if not channels:
        return "no channel is set under `alerts`"
    parts = [
        f"{name} got {told['messages']}" + (f", then failed: {told['error']}" * bool(told["error"]))
        for name, told in row["told"].items()
    ]
    return "messages: " + "; ".join(parts) if parts else "nobody was told yet"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(alerts)
