"""`freshground monitoring`: what Grafana and Prometheus are given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from freshground.service.cli.options import Json  # noqa: TC001 - typer reads it
from freshground.service.cli.output import print_json

app = typer.Typer(no_args_is_help=True, help="A Grafana dashboard, and alert rules.")

Out = Annotated[Path | None, typer.Option("--out", help="Write to this file.")]


@app.command()
def grafana(out: Out = None, *, as_json: Json = False) -> None:
    """Print the Grafana dashboard, to be imported there as JSON."""
    from freshground.service.telemetry.grafana import as_json as text

    _tell(text(), json.loads(text()), out, as_json=as_json)


@app.command()
def alerts(out: Out = None, *, as_json: Json = False) -> None:
    """Print the alert rules as YAML, to be named under rule_files in prometheus.yml."""
    from freshground.service.telemetry.rules import as_yaml, rules

    _tell(as_yaml(), rules(), out, as_json=as_json)


def _tell(text: str, data: Any, out: Path | None, *, as_json: bool) -> None:
    if out is not None:
        out.write_text(text)
        if as_json:
            print_json({"written": str(out)})
        else:
            typer.echo(f"Written to {out}.")
    elif as_json:
        print_json(data)
    else:
        typer.echo(text, nl=False)


def register(main: typer.Typer) -> None:
    """Add the commands."""
    main.add_typer(app, name="monitoring")
