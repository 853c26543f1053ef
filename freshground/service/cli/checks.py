"""`freshground checks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from freshground.service.cli.options import Json, Place, open_context
from freshground.service.cli.output import console, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence


def checks(
    settings: Place = None,
    *,
    failing: Annotated[bool, typer.Option("--failing", help="Only those that fail now.")] = False,
    as_json: Json = False,
) -> None:
    """Show every quality check as it was found last: value, threshold, failures of 30 days."""
    from freshground.service.views.quality import checks as read
    from freshground.service.views.quality import fails

    rows = [row for row in read(open_context(settings)) if not failing or fails(row)]
    if as_json:
        print_json(rows)
    else:
        _show(rows, failing=failing)


def _show(rows: Sequence[dict[str, Any]], *, failing: bool) -> None:
    out = console()
    if not rows:
        out.print("No check fails." if failing else "No check has run yet: freshground refresh.")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("check", "of", "verdict", "value", "threshold", "failed in 30d", "last"):
        table.add_column(name)
    for row in rows:
        table.add_row(
            row["check"],
            row["subject"],
            _verdict(row),
            _number(row["value"]),
            _number(row["threshold"]),
            str(row["failed_runs"]),
            row["at"],
        )
    out.print(table)
    for row in rows:
        if row["current"] and not row["passed"]:
            out.print(Text(f"{row['check']} of {row['subject']}: {row['detail']}"))
        elif row["reaches_in"] is not None:
            runs = row["reaches_in"]
            out.print(
                Text(
                    f"{row['check']} of {row['subject']} reaches its threshold in about {runs} runs"
                )
            )


def _verdict(row: dict[str, Any]) -> Text:
    if row["passed"]:
        return Text("passed", "green")
    if not row["current"]:
        return Text("failed, before")
    return Text(f"failed ({row['severity']})", "red" if row["severity"] == "critical" else "yellow")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(checks)
