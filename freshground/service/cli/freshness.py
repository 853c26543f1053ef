"""`freshground freshness` and `freshground govern`."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from freshground.service.cli.options import Json, Place, open_context
from freshground.service.cli.output import console, print_json, span

_STYLES = {"fresh": "green", "due": "yellow", "late": "bold red", "unknown": "bold red"}


def freshness(settings: Place = None, *, as_json: Json = False) -> None:
    """Show how fresh each index and source is against its SLA, and what holds it back."""
    from freshground.service.freshness.sla import report

    rows = report(open_context(settings))
    if as_json:
        print_json(rows)
        return
    table = Table()
    names = ("index", "source", "as-of", "staleness", "of", "lag p50", "lag p95", "verdict")
    for name in (*names, "budget left"):
        table.add_column(name)
    for row in rows:
        table.add_row(
            row["index"] if row["source"] is None else "",
            row["source"] or "",
            _moment(row["as_of"]),
            span(row["staleness_s"]),
            span(row["max_staleness_s"]),
            span(row["p50_lag_s"]),
            span(row["p95_lag_s"]),
            Text(row["verdict"], style=_STYLES[row["verdict"]]),
            f"{row['budget_left']:.0%}" if "budget_left" in row else "",
        )
    out = console()
    out.print(table)
    for row in rows:
        for missed in (line for line in row["max_lag"] if not line["met"]):
            whose = row["source"] or row["index"]
            out.print(
                Text(
                    f"{whose}: {missed['percentile']} of the lag is {span(missed['value_s'])}, "
                    f"promised are {span(missed['limit_s'])}",
                    style="bold red",
                )
            )
    for text in dict.fromkeys(text for row in rows for text in row["held_by"]):
        out.print(Text(f"held by: {text}", style="bold red"))


def govern(
    settings: Place = None,
    *,
    run: Annotated[bool, typer.Option("--run", help="Refresh the sources that are due.")] = False,
    as_json: Json = False,
) -> None:
    """Decide for each source: refresh, look, wait or hold. With --run, do what is due."""
    from freshground.service.freshness.governor import as_dict
    from freshground.service.freshness.governor import govern as decide
    from freshground.service.refresh import refresh, totals
    from freshground.service.reports import exit_status

    context = open_context(settings, bars=run and not as_json)
    decisions = decide(context)
    due = [made.source for made in decisions if made.action in ("refresh", "look")]
    looks = {made.source for made in decisions if made.action == "look"}
    reports = (
        refresh(context, sources=due, indexes=_over(context, due), looks=looks)
        if run and due
        else []
    )
    if as_json:
        found: dict[str, Any] = {"decisions": [as_dict(made) for made in decisions]}
        print_json({**found, "refreshed": totals(reports)} if run else found)
    else:
        for made in decisions:
            until = f" until {_moment(as_dict(made)['until'])}" if made.until else ""
            typer.echo(f"{made.source}: {made.action}{until} ({made.reason})")
        for report in reports:
            line = f"{report.stage} {report.subject}: {report.outcome}"
            typer.echo(f"{line}. {report.message}" if report.message else line)
    raise typer.Exit(exit_status(reports))


def _over(context: Any, sources: list[str]) -> list[str]:
    """Return the indexes that any of the sources feeds."""
    return [i.id for i in context.settings.indexes if set(i.sources) & set(sources)]


def _moment(text: str | None) -> str:
    return "never" if text is None else text[:19].replace("T", " ")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(freshness)
    app.command()(govern)
