"""Commands on what is set aside: list, show, release, reject, replay."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from freshground.service.cli import show_quarantine as show
from freshground.service.cli.options import By, Comment, Json, Place, open_context

Name = Annotated[str, typer.Argument(help="Document: its uri, key or id.")]
OfSource = Annotated[str, typer.Option(help="Only of this source.")]


class State(StrEnum):
    """Which documents are listed."""

    all = "all"
    waiting = "waiting"
    decided = "decided"
    lapsed = "lapsed"
    released = "released"


commands = typer.Typer(invoke_without_command=True, help="Documents that may not be served.")


@commands.callback()
def bare(asked: typer.Context, settings: Place = None, *, as_json: Json = False) -> None:
    """List documents that may not be served, and decide about them."""
    if asked.invoked_subcommand is None:
        _list("", "", State.all, settings, as_json=as_json)


@commands.command("list")
def list_(
    rule: Annotated[str, typer.Option(help="Only what this rule speaks against.")] = "",
    source: OfSource = "",
    state: Annotated[
        State, typer.Option(help="waiting and decided are all; released are served again.")
    ] = State.all,
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """List documents that are set aside or held by a check: why, and what was decided."""
    _list(rule, source, state, settings, as_json=as_json)


def _list(rule: str, source: str, state: State, settings: Place, *, as_json: bool) -> None:
    from freshground.service.quarantine.choosing import chosen, in_state
    from freshground.service.quarantine.evidence import evidence

    context = open_context(settings)
    if source:
        context.settings.source(source)
    rows = chosen(in_state(context, state.value), rule, source)
    spans = evidence(context, rows)
    show.rows([{**row, "evidence": spans.get(row["doc_id"], [])} for row in rows], as_json=as_json)


@commands.command("show")
def show_(name: Name, settings: Place = None, *, as_json: Json = False) -> None:
    """Show one of them: what speaks against it, where, and everything that was decided."""
    from freshground.service.quarantine.listing import shown
    from freshground.service.views.quarantine import with_evidence

    context = open_context(settings)
    row = shown(context, name)
    if not as_json:  # what machines keep holds no text
        [row] = with_evidence(context, [row])
    show.one(row, as_json=as_json)


@commands.command()
def release(
    name: Annotated[str, typer.Argument(help="Document: its uri, key or id.")] = "",
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    lapsed: Annotated[
        bool,
        typer.Option("--lapsed", help="All that was released before a rule's version changed."),
    ] = False,
    rule: Annotated[str, typer.Option(help="With --lapsed: only of this rule.")] = "",
    source: Annotated[str, typer.Option(help="With --lapsed: only of this source.")] = "",
    as_json: Json = False,
) -> None:
    """Let the next refresh serve a document that is set aside or held: this version alone."""
    from freshground.service.quarantine import deciding

    if lapsed == bool(name):
        raise typer.BadParameter("name a document, or write --lapsed.", param_hint="NAME")
    if name and (rule or source):
        raise typer.BadParameter("they go with --lapsed.", param_hint="--rule, --source")
    context = open_context(settings, by=by)
    if lapsed:
        found = deciding.release_lapsed(context, rule, source, comment)
        show.decided_all(found, as_json=as_json)
    else:
        show.decided(deciding.release(context, name, comment), as_json=as_json)


@commands.command()
def reject(
    name: Name, comment: Comment = "", by: By = "", settings: Place = None, *, as_json: Json = False
) -> None:
    """Keep this version aside for good, released or not: it waits for nobody."""
    from freshground.service.quarantine.deciding import reject as act

    show.decided(act(open_context(settings, by=by), name, comment), as_json=as_json)


@commands.command()
def replay(
    names: Annotated[
        list[str] | None, typer.Argument(help="Documents: uri, key or id; default all.")
    ] = None,
    rule: Annotated[str, typer.Option(help="Only what this rule set aside.")] = "",
    source: OfSource = "",
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Have the next refresh try again what is set aside, and nothing else."""
    from freshground.service.quarantine.deciding import replay as act

    found = act(open_context(settings, by=by), rule, source, names or (), comment)
    show.decided_all(found, as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    app.add_typer(commands, name="quarantine")
