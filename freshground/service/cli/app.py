"""The commands of `freshground`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from freshground import __version__
from freshground.core.errors import ConfigError, FreshgroundError
from freshground.core.settings import SETTINGS_FILE, duration
from freshground.service.cli import (
    alerts,
    approvals,
    canary,
    checks,
    duplicates,
    freshness,
    governance,
    keys,
    masking,
    migrate,
    monitoring,
    people,
    quarantine,
    questions,
    runs,
    serve,
    show,
    show_trace,
    status,
    usage,
)
from freshground.service.cli.options import By, Comment, Index, Json, Place, one_index
from freshground.service.cli.options import open_context as _context

USAGE = 64
"""Exit status of a wrong command line: Click's own 2 means "there is something to do" here."""

_EXAMPLE = """\
lake: ./lake
sources:
  - {id: handbook, type: files, url: ./docs, access: public}
indexes:
  - {id: handbook, sources: [handbook], sla: {max_staleness: 24h}}
"""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Grounding data for RAG: every index that an app queries is a release.",
)
alerts.register(app)
approvals.register(app)
freshness.register(app)
governance.register(app)
canary.register(app)
checks.register(app)
duplicates.register(app)
keys.register(app)
migrate.register(app)
masking.register(app)
monitoring.register(app)
people.register(app)
questions.register(app)
quarantine.register(app)
runs.register(app)
serve.register(app)
status.register(app)
usage.register(app)

Mode = Annotated[str, typer.Option("--mode", help="hybrid, vector or text.")]
_MODES = ("hybrid", "vector", "text")


def _duration(text: str) -> Any:
    try:
        return duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.", param_hint="--max-staleness") from None


def _mode(mode: str) -> Any:
    if mode not in _MODES:
        raise typer.BadParameter(f"{mode!r} is none of {', '.join(_MODES)}.", param_hint="--mode")
    return mode


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Where to write it.")] = Path()) -> None:
    """Write a freshground.yaml that works, with a folder for documents."""
    place = folder / SETTINGS_FILE
    if place.exists():
        raise ConfigError(f"{place} exists already.", "Edit it, or name another folder.")
    try:
        (folder / "docs").mkdir(parents=True, exist_ok=True)
        place.write_text(_EXAMPLE, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{place} cannot be written: {error}.", "Name another folder.") from None
    typer.echo(f"Wrote {place}. Put documents into {folder / 'docs'}, then: freshground refresh")


@app.command()
def refresh(
    settings: Place = None,
    source: Annotated[list[str] | None, typer.Option(help="Only this source; repeatable.")] = None,
    index: Annotated[list[str] | None, typer.Option(help="Only this index; repeatable.")] = None,
    approve_deletes: Annotated[
        list[str] | None, typer.Option(help="Let this source's guard pass once; repeatable.")
    ] = None,
    by: By = "",
    comment: Comment = "",
    run_id: Annotated[str, typer.Option(hidden=True)] = "",
    trigger: Annotated[str, typer.Option(hidden=True)] = "command",
    *,
    as_json: Json = False,
) -> None:
    """Bring every index up to date: list, parse, chunk, embed, judge, publish."""
    from freshground.service.refresh import refresh as run
    from freshground.service.reports import exit_status

    context = _context(settings, bars=not as_json, by=by)
    context.run_id = run_id or context.run_id
    for name in (*(source or ()), *(approve_deletes or ())):
        context.settings.source(name)
    context.approved_deletes = frozenset(approve_deletes or ())
    reports = run(
        context, sources=source or (), indexes=index or (), trigger=trigger, comment=comment
    )
    show.refresh(reports, as_json=as_json)
    raise typer.Exit(exit_status(reports))


@app.command()
def query(
    text: Annotated[str, typer.Argument(help="What to look for.")],
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="Number of hits.")] = 5,
    index: Index = None,
    mode: Mode = "hybrid",
    where: Annotated[str | None, typer.Option("--filter", help="OData filter.")] = None,
    as_group: Annotated[
        list[str] | None, typer.Option(help="Answer as a member of this group; repeatable.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Ask the release that served at this time.")
    ] = None,
    release: Annotated[int | None, typer.Option(help="Ask this release.")] = None,
    max_staleness: Annotated[
        str | None, typer.Option(help="Refuse to answer from what is older, such as 6h.")
    ] = None,
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Ask the live release of an index, or an earlier one."""
    from freshground.service.asking.past import moment
    from freshground.service.asking.query import query as ask

    context = _context(settings)
    groups = frozenset(as_group) if as_group is not None else None
    try:
        answer = ask(
            context,
            one_index(context, index),
            text,
            k=k,
            mode=_mode(mode),
            where=where,
            groups=groups,
            release=release,
            at=None if as_of is None else moment(as_of),
            max_staleness=None if max_staleness is None else _duration(max_staleness),
        )
    finally:
        context.lake.queries.flush()  # refusals and errors count as well
        context.lake.traffic.flush()
    show.answer(answer.as_dict(), as_json=as_json)


@app.command()
def releases(index: Index = None, settings: Place = None, *, as_json: Json = False) -> None:
    """List the releases that are kept, with their gates."""
    from freshground.service import status as service

    context = _context(settings)
    show.releases(service.releases(context, one_index(context, index)), as_json=as_json)


@app.command()
def rollback(
    index: Annotated[str, typer.Argument(help="Index id.")],
    to: Annotated[int | None, typer.Option(help="Release; default the one before.")] = None,
    blame: Annotated[
        list[str] | None,
        typer.Option(help="Document at fault: the hold ends when its version is gone; repeatable."),
    ] = None,
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Serve an earlier release again, at once, and publish nothing new until `resume`."""
    from freshground.service.releases.holding import rollback as act

    context = _context(settings, by=by)
    found = act(context, context.settings.index(index), to, blame=blame or (), comment=comment)
    show.rollback(found, as_json=as_json)


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="Chunk id, document id, uri, key, or source/key.")],
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Trace what is served to its source, versions, runs and checks; and an object to releases."""
    from freshground.service.lineage.explain import explain as trace

    show_trace.explain(trace(_context(settings), name), as_json=as_json)


@app.command()
def evaluate(
    queries: Annotated[Path, typer.Option(help="JSONL with _id and text.")],
    qrels: Annotated[Path, typer.Option(help="TSV with query-id, corpus-id, score.")],
    spans: Annotated[
        Path | None, typer.Option(help="JSONL with character spans of answers.")
    ] = None,
    index: Index = None,
    mode: Mode = "hybrid",
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Measure retrieval on the live release: nDCG@10, recall@5/10/100, MRR@10."""
    from freshground.service.asking.evaluation import evaluate as measure

    context = _context(settings)
    report = measure(context, one_index(context, index), queries, qrels, spans, _mode(mode))
    show.evaluation(report, as_json=as_json)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run the command line. Our errors are one message and a status; others keep a traceback."""
    for name, value in (
        ("DO_NOT_TRACK", "1"),
        ("HF_HUB_OFFLINE", "1"),
        ("UNSTRUCTURED_DISABLE_NOTICE", "1"),
    ):
        os.environ.setdefault(name, value)
    try:
        status = app(standalone_mode=False)
    except typer.TyperException as error:
        # Typer carries a Click of its own: the class of this name in `click` is another one.
        if error.format_message():
            typer.echo(f"Error: {error.format_message()}\nSee `freshground --help`.", err=True)
        status = USAGE
    except typer.Exit as error:
        status = error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("Stopped. What was committed is kept; run it again to go on.", err=True)
        status = 130
    except FreshgroundError as error:
        typer.echo(f"Error: {error}", err=True)
        status = error.exit_status
    except BrokenPipeError:
        status = 0
        sys.stdout = None  # the reader went away: nobody is left to flush for
    sys.exit(status if isinstance(status, int) else 0)
