"""What is done to people's accounts, each time with a row of who did it and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError
from freshground.lake import passwords
from freshground.lake.people import named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from freshground.lake.people import Account, Role
    from freshground.service.context import Context

ACTION = "action"
LOGIN = "login"
"""Kinds of journal rows: what people did, and when they came."""


def add(
    context: Context,
    name: str,
    password: str,
    role: Role,
    groups: Iterable[str] | None,
    comment: str = "",
) -> Account:
    """Let somebody log in."""
    made = context.lake.people.add(name, password, role, groups=groups, by=context.by)
    _note(context, "people_add", made.name, comment, now=made.role)
    return made


def change(
    context: Context, name: str, role: Role, groups: Iterable[str] | None, comment: str = ""
) -> Account:
    """Give somebody another role and other groups; their sessions end."""
    made = context.lake.people.change(name, role, groups, by=context.by)
    _note(context, "people_role", made.name, comment, now=made.role)
    return made


def set_password(context: Context, name: str, password: str, comment: str = "") -> Account:
    """Give somebody another password; their sessions end."""
    made = context.lake.people.set_password(name, password, by=context.by)
    _note(context, "people_password", made.name, comment)
    return made


def remove(context: Context, name: str, comment: str = "") -> Account:
    """Let somebody log in no more; their sessions end."""
    made = context.lake.people.remove(name, by=context.by)
    _note(context, "people_remove", made.name, comment)
    return made


def log_out(context: Context, name: str, comment: str = "") -> int:
    """End all sessions of a name, whoever vouched for them; return how many."""
    found = context.lake.sessions.of(name)
    for session in found:
        context.lake.sessions.end(session.id)
    _note(context, "people_logout", name, comment, sessions=len(found))
    return len(found)


def own_password(context: Context, name: str, old: str, new: str) -> None:
    """Change a password for who knows the old one. ConfigError when that is wrong."""
    account = context.lake.people.get(name)
    if not passwords.is_right(account.hash if account else None, old):
        raise ConfigError("The present password is wrong.", "Nothing was changed.")
    if passwords.is_right(account.hash if account else None, new):
        raise ConfigError("The new password is the present one.", "Choose another one.")
    context.lake.people.set_password(name, new, by=context.by)


def came(context: Context, name: str, role: Role, door: str) -> None:
    """Note that somebody has logged in."""
    body = {"action": "log_in", "by": name, "role": role, "comment": "", "door": door}
    context.lake.journal.add(context.run_id, LOGIN, named(name), body)
    context.lake.journal.commit()


def _note(context: Context, action: str, name: str, comment: str, **facts: Any) -> None:
    body = {"action": action, "by": context.by, "role": "", "comment": comment, **facts}
    context.lake.journal.add(context.run_id, ACTION, name, body)
    context.lake.journal.commit()
