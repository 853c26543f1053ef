"""`freshground people`: who logs in at the dashboard; `freshground audit`: who did what."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from rich.table import Table

from freshground.core.errors import ConfigError
from freshground.service.cli.options import By, Comment, Json, Place, open_context
from freshground.service.cli.output import console, print_json

app = typer.Typer(no_args_is_help=True, help="People who log in at the dashboard by a password.")

Name = Annotated[str, typer.Argument(help="The person's name; what they do is recorded under it.")]
Group = Annotated[list[str] | None, typer.Option(help="They see what this group sees; repeatable.")]
AllGroups = Annotated[
    bool, typer.Option("--all-groups", help="They see the documents of every group, as admins do.")
]
_ROLES = ("viewer", "operator", "admin")


@app.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(help="viewer, operator or admin.")] = "viewer",
    group: Group = None,
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    all_groups: AllGroups = False,
    as_json: Json = False,
) -> None:
    """Let somebody log in. The password is asked for, or read from standard input."""
    from freshground.service.accounts import add as act

    context = open_context(settings, by=by)
    groups = _groups(_role(role), group, all_groups=all_groups)
    made = act(context, name, _password(), _role(role), groups, comment)
    _say(made.as_dict(), f"{made.name} may log in as {made.role}.", as_json=as_json)


@app.command("list")
def show(settings: Place = None, *, as_json: Json = False) -> None:
    """List who may log in by a password."""
    people = open_context(settings).lake.people.all()
    if as_json:
        print_json([person.as_dict() for person in people])
        return
    table = Table(box=None, pad_edge=False)
    for name in ("name", "role", "groups", "changed", "by"):
        table.add_column(name)
    for person in people:
        groups = "every group" if person.groups is None else ", ".join(("public", *person.groups))
        at = person.at[:19].replace("T", " ")
        table.add_row(person.name, person.role, groups, at, person.by)
    console().print(table)


@app.command("role")
def change_role(
    name: Name,
    role: Annotated[str, typer.Argument(help="viewer, operator or admin.")],
    group: Group = None,
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    all_groups: AllGroups = False,
    as_json: Json = False,
) -> None:
    """Give somebody another role, and these groups; without any, those they have.

    Their sessions end within a second.
    """
    from freshground.service.accounts import change

    context = open_context(settings, by=by)
    account = context.lake.people.get(name)
    groups = None if account is None else account.groups
    if group or all_groups or role == "admin":
        groups = _groups(_role(role), group, all_groups=all_groups)
    elif account is not None and account.role == "admin":
        groups = ()  # every group was the admin's: it does not outlive the role unasked
    made = change(context, name, _role(role), groups, comment)
    _say(made.as_dict(), f"{made.name} is {made.role}; sessions end now.", as_json=as_json)


@app.command()
def password(
    name: Name,
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Give somebody another password, asked for or read from standard input; sessions end."""
    from freshground.service.accounts import set_password

    context = open_context(settings, by=by)
    made = set_password(context, name, _password(), comment)
    _say(made.as_dict(), f"{made.name} has a new password; sessions end now.", as_json=as_json)


@app.command()
def remove(
    name: Name,
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Let somebody log in no more; their sessions end within a second."""
    from freshground.service.accounts import remove as act

    made = act(open_context(settings, by=by), name, comment)
    _say(made.as_dict(), f"{made.name} is removed; sessions end now.", as_json=as_json)


@app.command()
def logout(
    name: Name,
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """End all sessions of somebody, also of one whom an issuer vouches for."""
    from freshground.service.accounts import log_out

    ended = log_out(open_context(settings, by=by), name, comment)
    _say({"name": name, "ended": ended}, f"{ended} sessions of {name} ended.", as_json=as_json)


def audit(
    of: Annotated[str, typer.Option("--by", help="Only what this person did.")] = "",
    last: Annotated[int, typer.Option(min=1, help="At most so many rows, the newest.")] = 50,
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Show who did what at the dashboard, and to accounts: when, to what, and why."""
    from freshground.service.views.audit import audit as found

    rows = found(open_context(settings), by=of, last=last)
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo("Nobody has done anything yet.")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("when", "who", "role", "what", "to what", "why"):
        table.add_column(name)
    for row in rows:
        at = row["at"][:19].replace("T", " ")
        told = (row["by"], row["role"], row["action"], row["subject"], row["comment"])
        table.add_row(at, *(_plain(text) for text in told))
    console().print(table)


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    found = sys.stdin.readline().rstrip("\r\n")
    if not found:
        raise ConfigError(
            "Standard input holds no password.", "Type it at a terminal, or send it as one line."
        )
    return found


def _role(role: str) -> Any:
    if role not in _ROLES:
        raise typer.BadParameter(f"{role!r} is none of {', '.join(_ROLES)}.", param_hint="role")
    return role


def _groups(role: str, group: list[str] | None, *, all_groups: bool) -> list[str] | None:
    if group and all_groups:
        raise typer.BadParameter("every group, or these?", param_hint="--all-groups")
    return None if all_groups or (role == "admin" and not group) else (group or [])


def _say(data: Any, text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(data)
    else:
        typer.echo(text)


def _plain(text: str) -> Any:
    from rich.text import Text

    # Brackets in a comment are no markup, and control characters do nothing to a terminal.
    return Text("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="people")
    parent.command()(audit)
