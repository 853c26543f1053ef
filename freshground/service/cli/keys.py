"""`freshground keys`: who may ask the query service."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from freshground.service.cli.options import By, Json, Place, open_context
from freshground.service.cli.output import console, print_json

app = typer.Typer(no_args_is_help=True, help="Keys to the query service; only hashes are kept.")

Name = Annotated[str, typer.Argument(help="The key's name; usage is charged to it.")]
_ROLES = ("query", "admin")


@app.command()
def create(
    name: Name,
    role: Annotated[str, typer.Option(help="query, or admin.")] = "query",
    group: Annotated[
        list[str] | None, typer.Option(help="It reads what this group reads; repeatable.")
    ] = None,
    where: Annotated[
        str | None, typer.Option("--filter", help="OData filter added to every request.")
    ] = None,
    index: Annotated[list[str] | None, typer.Option(help="Only this index; repeatable.")] = None,
    by: By = "",
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Make a key and print its secret, once. A query key without groups reads what is public."""
    if role not in _ROLES:
        raise typer.BadParameter(f"{role!r} is none of {', '.join(_ROLES)}.", param_hint="--role")
    context = open_context(settings, by=by)
    key, secret = context.lake.keys.create(
        name, role, groups=group or (), where=where, indexes=index or (), by=context.by
    )
    _show(key, secret, as_json=as_json)


@app.command("list")
def show(settings: Place = None, *, as_json: Json = False) -> None:
    """List the keys; no secrets, since nobody has them but their callers."""
    keys = open_context(settings).lake.keys.all()
    if as_json:
        print_json([key.as_dict() for key in keys])
        return
    table = Table(box=None, pad_edge=False)
    for name in ("name", "role", "groups", "filter", "indexes", "secrets", "changed"):
        table.add_column(name)
    for key in keys:
        groups = "every group" if key.groups is None else ", ".join(("public", *key.groups))
        table.add_row(
            key.name,
            key.role,
            groups,
            key.filter or "",
            "all" if key.indexes is None else ", ".join(key.indexes),
            ", ".join(s.id for s in key.secrets) or "revoked",
            key.at[:19].replace("T", " "),
        )
    console().print(table)


@app.command()
def rotate(
    name: Name,
    by: By = "",
    settings: Place = None,
    *,
    finish: Annotated[
        bool, typer.Option("--finish", help="Retire the older secret instead.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Give a key a second secret; both are good until `--finish` retires the older one."""
    context = open_context(settings, by=by)
    if finish:
        key = context.lake.keys.finish(name, by=context.by)
        if as_json:
            print_json(key.as_dict())
        else:
            typer.echo(f"Key {name} has one secret: {key.secrets[0].id}.")
        return
    _show(*context.lake.keys.rotate(name, by=context.by), as_json=as_json)


@app.command()
def revoke(name: Name, by: By = "", settings: Place = None, *, as_json: Json = False) -> None:
    """Make all secrets of a key worthless, within a second."""
    context = open_context(settings, by=by)
    key = context.lake.keys.revoke(name, by=context.by)
    if as_json:
        print_json(key.as_dict())
    else:
        typer.echo(f"Key {name} is revoked.")


def _show(key: Any, secret: str, *, as_json: bool) -> None:
    if as_json:
        print_json({**key.as_dict(), "secret": secret})
        return
    typer.echo(secret)
    typer.echo("This is the only time that it is shown. Send it as header `api-key`.", err=True)
    if len(key.secrets) > 1:
        typer.echo(
            f"Both secrets are good until: freshground keys rotate {key.name} --finish", err=True
        )


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="keys")
