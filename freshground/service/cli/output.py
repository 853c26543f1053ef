"""Where commands print: JSON for machines, a console for people."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import Any

import typer
from rich.console import Console

from freshground.core.clock import spoken


def print_json(data: Any) -> None:
    """Print JSON on standard output."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def console() -> Console:
    """Return a console that breaks no lines: a terminal does that itself, and a pipe wants none."""
    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)


def span(seconds: float | None) -> str:
    """Return seconds as people write them; a dash for none."""
    return "-" if seconds is None else spoken(timedelta(seconds=seconds))
