"""People who log in by a password: their role, and whose documents they may see.

`people/<name>/<generation>.json` holds all of an account and is written only if absent: of two
changes at one time one loses and is refused. Readers take the highest generation. Sessions name the
generation that they began under, so that every change of an account ends them.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from freshground.core.clock import iso
from freshground.core.errors import ConfigError, Retriable
from freshground.lake import passwords

if TYPE_CHECKING:
    from collections.abc import Iterable

    from freshground.core.clock import Clock
    from freshground.lake.storage import Files

Role = Literal["viewer", "operator", "admin"]

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}")
_FOLDER = "people"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody as they are now. `hash` None: removed.

    `groups` None: documents of every known group; what is public is seen by all.
    """

    name: str
    role: Role
    groups: tuple[str, ...] | None
    hash: str | None
    generation: int
    at: str
    by: str

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-ready data to show: no hash."""
        told = asdict(self)
        told.pop("hash")
        return told


class People:
    """The accounts of one lake. Files are read once, since a generation never changes."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._read: dict[str, Account] = {}

    def all(self) -> list[Account]:
        """Return everybody who may log in now, by name: one listing."""
        newest: dict[str, str] = {}
        for path in self._files.list(_FOLDER):
            newest[path.split("/")[1]] = path  # sorted: the highest generation is the last
        found = [self._load(path) for path in newest.values()]
        return [account for account in found if account.hash is not None]

    def get(self, name: str) -> Account | None:
        """Return somebody, None when nobody of that name may log in."""
        found = self._newest(named(name))
        return found if found is not None and found.hash is not None else None

    def add(
        self,
        name: str,
        password: str,
        role: Role,
        *,
        groups: Iterable[str] | None = (),
        by: str = "",
    ) -> Account:
        """Let somebody log in. ConfigError when the name or the password cannot be, or is taken."""
        name = named(name)
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f"{name!r} is no name for a person.",
                "Use a-z, 0-9 and . _ @ -, at most 63 characters.",
            )
        before = self._newest(name)
        if before is not None and before.hash is not None:
            raise ConfigError(f"There is somebody named {name!r}.", "Choose another name.")
        passwords.check(name, password)
        return self._write(
            Account(
                name,
                role,
                _sorted(groups),
                passwords.hashed(password),
                before.generation + 1 if before else 1,
                self._now(),
                by,
            )
        )

    def change(self, name: str, role: Role, groups: Iterable[str] | None, by: str = "") -> Account:
        """Give somebody another role and other groups."""
        return self._next(self._known(name), by, role=role, groups=_sorted(groups))

    def set_password(self, name: str, password: str, by: str = "") -> Account:
        """Give somebody another password."""
        account = self._known(name)
        passwords.check(account.name, password)
        return self._next(account, by, hash=passwords.hashed(password))

    def remove(self, name: str, by: str = "") -> Account:
        """Let somebody log in no more. ConfigError when the last admin would go."""
        return self._next(self._known(name), by, hash=None)

    def _known(self, name: str) -> Account:
        account = self.get(name)
        if account is None:
            raise ConfigError(f"There is nobody named {name!r}.", "See `freshground people list`.")
        return account

    def _next(self, account: Account, by: str, **changes: Any) -> Account:
        changed = replace(
            account,
            **changes,
            generation=account.generation + 1,
            at=self._now(),
            by=by or account.name,
        )
        others = [each for each in self.all() if each.name != account.name]
        loses_admin = changed.role != "admin" or changed.hash is None
        if account.role == "admin" and loses_admin and all(e.role != "admin" for e in others):
            raise ConfigError(
                f"{account.name!r} is the last admin.", "Make somebody else an admin first."
            )
        return self._write(changed)

    def _newest(self, name: str) -> Account | None:
        paths = self._files.list(f"{_FOLDER}/{name}") if _NAME.fullmatch(name) else []
        return self._load(paths[-1]) if paths else None

    def _now(self) -> str:
        return iso(self._clock.now()) or ""

    def _write(self, account: Account) -> Account:
        path = f"{_FOLDER}/{account.name}/{account.generation:010d}.json"
        if not self._files.put_new(path, json.dumps(asdict(account)).encode()):
            raise Retriable(f"Somebody else changed {account.name!r} just now.", "Run it again.")
        return account

    def _load(self, path: str) -> Account:
        if path not in self._read:
            data = self._files.get(path)
            if data is None:
                raise FileNotFoundError(path)
            told = json.loads(data)
            told["groups"] = None if told["groups"] is None else tuple(told["groups"])
            self._read[path] = Account(**told)
        return self._read[path]


def named(name: str) -> str:
    """Return a name as it is kept."""
    return name.strip().lower()


def _sorted(groups: Iterable[str] | None) -> tuple[str, ...] | None:
    found = None if groups is None else tuple(sorted(set(groups)))
    if found is not None and not all(group.strip() for group in found):
        raise ConfigError("A group is empty.", "Leave it out, or name it.")
    return found
