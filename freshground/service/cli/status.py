"""`freshground status` and `freshground watch`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated, Any

import typer

from freshground.core.clock import iso
from freshground.service.cli import show_status
from freshground.service.cli.options import Json, Place, open_context
from freshground.service.cli.output import console, print_json

if TYPE_CHECKING:
    from rich.console import Group

EVERY = 2.0
"""Seconds between two looks."""


def status(settings: Place = None, *, as_json: Json = False) -> None:
    """Show each index: SLA, error budget, live release, quarantine, checks, queries, spend."""
    from freshground.service.views.overview import overview

    show_status.status(overview(open_context(settings)), as_json=as_json)


def watch(
    settings: Place = None,
    *,
    every: Annotated[
        float, typer.Option(min=0.5, max=3600, help="Seconds between two looks.")
    ] = EVERY,
    once: Annotated[bool, typer.Option("--once", help="Look once, and end.")] = False,
    as_json: Json = False,
) -> None:
    """Show live what needs you, each index, and what runs. Ctrl-C ends it.

    With --json one look is printed as `overview`, `needs` and `running`.
    """
    from rich.live import Live

    context = open_context(settings)
    if as_json:
        overview, needs, running = _look(context)
        print_json({"overview": overview, "needs": needs, "running": running})
        return
    if once:
        console().print(_screen(context))
        return
    context.lake.keep_journal()  # it is asked again and again
    out = console()
    waiting = threading.Event()
    with Live(_screen(context), console=out, screen=out.is_terminal, auto_refresh=False) as live:
        while not waiting.wait(every):
            live.update(_screen(context), refresh=True)


def _look(context: Any) -> tuple[list[Any], list[Any], list[Any]]:
    from freshground.service.freshness.sla import report
    from freshground.service.views.needs import needs
    from freshground.service.views.overview import overview
    from freshground.service.views.progress import running

    fresh = report(context)
    rows = overview(context, fresh)
    return rows, needs(context, fresh, rows), running(context)


def _screen(context: Any) -> Group:
    return show_status.screen(*_look(context), iso(context.clock.now()) or "")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.command()(watch)
