"""API keys: who may ask, in what role, and what may be shown to them.

`keys/<name>/<generation>.json` holds all of a key and is written only if absent: of two changes at
one time one loses and is refused. Readers take the highest generation.

A secret is 256 random bits, of which only the SHA-256 is kept. A slow hash protects passwords,
since people choose guessable ones; nobody guesses 256 bits, so a quick hash gives nothing away and
costs a request microseconds. Secrets hold an id in the clear, by which the hash is found; the
hashes are then compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from freshground.core.clock import iso
from freshground.core.errors import ConfigError, Retriable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from freshground.core.clock import Clock
    from freshground.lake.storage import Files

Role = Literal["admin", "query"]

PREFIX = "fg_"
"""How secrets begin: scanners of repositories and logs find them by it."""

LIVE = 2
"""Secrets that a key may have at one time: the new one, and the old one until all callers moved."""

_SECRET = re.compile(r"fg_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_FOLDER = "keys"


@dataclass(frozen=True, slots=True)
class Secret:
    """What is kept of a secret: `id` in the clear, `hash` as 64 hex digits of SHA-256."""

    id: str
    hash: str
    created_at: str


@dataclass(frozen=True, slots=True)
class Key:
    """One key as it is now. Without secrets it is revoked.

    `groups` None: rows of every known group, which admins alone may have. `filter` is an OData
    filter that is added to every request; `indexes` None: all.
    """

    name: str
    role: Role
    groups: tuple[str, ...] | None
    filter: str | None
    indexes: tuple[str, ...] | None
    secrets: tuple[Secret, ...]
    generation: int
    at: str
    by: str

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-ready data to show: no hashes."""
        told = asdict(self)
        told["secrets"] = [{"id": s.id, "created_at": s.created_at} for s in self.secrets]
        return {**told, "revoked": not self.secrets}


class Keys:
    """The keys of one lake. Files are read once, since a generation never changes."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._read: dict[str, Key] = {}

    def all(self) -> list[Key]:
        """Return all keys as they are now, revoked ones too, by name: one listing."""
        newest: dict[str, str] = {}
        for path in self._files.list(_FOLDER):
            newest[path.split("/")[1]] = path  # sorted: the highest generation is the last
        return [self._load(path) for path in newest.values()]

    def get(self, name: str) -> Key | None:
        """Return a key, None when there never was one."""
        paths = self._files.list(f"{_FOLDER}/{name}") if _NAME.fullmatch(name) else []
        return self._load(paths[-1]) if paths else None

    def create(
        self,
        name: str,
        role: Role,
        *,
        groups: Iterable[str] = (),
        where: str | None = None,
        indexes: Iterable[str] = (),
        by: str = "",
    ) -> tuple[Key, str]:
        """Make a key; return it and its secret, which cannot be had again.

        A query key without groups reads what is public; an admin key, what every group reads.
        ConfigError when the name is taken or is none.
        """
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f"{name!r} is no name for a key.", "Use a-z, 0-9, - and _, at most 63 characters."
            )
        found = tuple(sorted(set(groups)))
        only = tuple(sorted(set(indexes)))
        if where is not None and not where.strip():
            # An empty variable in a script: a key without the filter that was meant would be wider.
            raise ConfigError("The filter is empty.", "Leave it out, or write it.")
        if not all(text.strip() for text in (*found, *only)):
            raise ConfigError("A group or index is empty.", "Leave it out, or name it.")
        before = self.get(name)
        if before is not None and before.secrets:
            raise ConfigError(f"There is a key {name!r}.", "Rotate it, or choose another name.")
        secret, kept = self._secret()
        key = Key(
            name,
            role,
            None if role == "admin" and not found else found,
            where,
            only or None,
            (kept,),
            before.generation + 1 if before else 1,
            self._now(),
            by,
        )
        return self._write(key), secret

    def rotate(self, name: str, by: str = "") -> tuple[Key, str]:
        """Give a key a second secret; both are good until `finish`. ConfigError at a third one."""
        key = self._live(name)
        if len(key.secrets) >= LIVE:
            raise ConfigError(
                f"Key {name!r} has {LIVE} secrets already.",
                f"Retire the older one: freshground keys rotate {name} --finish",
            )
        secret, kept = self._secret()
        return self._write(self._next(key, (*key.secrets, kept), by)), secret

    def finish(self, name: str, by: str = "") -> Key:
        """Retire all secrets of a key but the newest."""
        key = self._live(name)
        if len(key.secrets) == 1:
            raise ConfigError(
                f"Key {name!r} has one secret; retiring it would leave none.",
                f"Make a second one first: freshground keys rotate {name}",
            )
        return self._write(self._next(key, key.secrets[-1:], by))

    def revoke(self, name: str, by: str = "") -> Key:
        """Make all secrets of a key worthless. Revoking twice is no error."""
        key = self.get(name)
        if key is None:
            raise _unknown(name)
        return self._write(self._next(key, (), by)) if key.secrets else key

    def _live(self, name: str) -> Key:
        key = self.get(name)
        if key is None:
            raise _unknown(name)
        if not key.secrets:
            raise ConfigError(f"Key {name!r} is revoked.", f"freshground keys create {name}")
        return key

    def _next(self, key: Key, kept: tuple[Secret, ...], by: str) -> Key:
        return replace(
            key, secrets=kept, generation=key.generation + 1, at=self._now(), by=by or key.by
        )

    def _secret(self) -> tuple[str, Secret]:
        found = new_secret()
        match = _SECRET.fullmatch(found)
        assert match is not None
        return found, Secret(match[1], hashed(found), self._now())

    def _now(self) -> str:
        return iso(self._clock.now()) or ""

    def _write(self, key: Key) -> Key:
        path = f"{_FOLDER}/{key.name}/{key.generation:010d}.json"
        if not self._files.put_new(path, json.dumps(asdict(key)).encode()):
            raise Retriable(f"Somebody else changed key {key.name!r} just now.", "Run it again.")
        return key

    def _load(self, path: str) -> Key:
        if path not in self._read:
            data = self._files.get(path)
            if data is None:
                raise FileNotFoundError(path)
            told = json.loads(data)
            told["secrets"] = tuple(Secret(**each) for each in told["secrets"])
            for name in ("groups", "indexes"):
                told[name] = None if told[name] is None else tuple(told[name])
            self._read[path] = Key(**told)
        return self._read[path]


def new_secret() -> str:
    """Return a secret: an id of 48 bits in the clear, and 256 random bits."""
    return f"{PREFIX}{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"


def hashed(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Lookup:
    """Keys by their secrets."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._by_id = {s.id: (s.hash, key) for key in keys for s in key.secrets}

    def find(self, secret: str) -> Key | None:
        """Return the key that a secret belongs to, None when it is no live one."""
        match = _SECRET.fullmatch(secret)
        if match is None:
            return None
        kept, key = self._by_id.get(match[1], ("", None))
        return key if hmac.compare_digest(kept, hashed(secret)) else None


def _unknown(name: str) -> ConfigError:
    return ConfigError(f"There is no key {name!r}.", "See `freshground keys list`.")
