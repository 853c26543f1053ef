"""The lake's API keys in memory, read again at most once a second."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from freshground.core.errors import FreshgroundError
from freshground.lake.keys import Key, Lookup, Secret, hashed, new_secret
from freshground.service.api.errors import ApiError
from freshground.service.api.principal import Principal

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.lake.keys import Keys

READ_EVERY = 1.0
"""Seconds for which what was read counts: so long does a revoked key live on."""

BELIEVED = 30.0
"""Seconds for which keys count that cannot be read again. A revocation might be among them."""


class KeyRing:
    """Finds who a secret belongs to. For one event loop."""

    def __init__(self, keys: Keys, timer: Callable[[], float] = time.monotonic) -> None:
        self._keys = keys
        self._timer = timer
        self._lookup = Lookup(())
        self._read_at: float | None = None
        self._tried_at: float | None = None
        self._reading = asyncio.Lock()
        self._own: list[Key] = []

    def temporary_admin(self, name: str = "dev") -> str:
        """Return the secret of an admin key that this process alone knows."""
        secret = new_secret()
        kept = Secret(secret.split("_")[1], hashed(secret), "")
        self._own.append(Key(name, "admin", None, None, None, (kept,), 0, "", ""))
        return secret

    async def find(self, secret: str) -> Principal | None:
        """Return who a secret belongs to, None when it is no live one.

        ApiError 503 when the keys cannot be read: access that cannot be read is no access.
        """
        own = Lookup(self._own).find(secret) if self._own else None
        if own is not None:
            return _principal(own)
        now = self._timer()
        if self._tried_at is None or now - self._tried_at >= READ_EVERY:
            await self._read()
        if self._read_at is None or self._timer() - self._read_at > BELIEVED:
            raise ApiError(
                503,
                "KeysUnreadable",
                "The service cannot read its keys now.",
                headers={"Retry-After": "1"},
            )
        key = self._lookup.find(secret)
        return None if key is None else _principal(key)

    async def _read(self) -> None:
        async with self._reading:
            started = self._timer()
            if self._tried_at is not None and started - self._tried_at < READ_EVERY:
                return  # another request has just read them
            try:
                found = await asyncio.to_thread(self._keys.all)
            except FreshgroundError:
                self._tried_at = started
                return  # what was read last counts for a while
            self._lookup = Lookup(found)
            self._read_at = self._tried_at = started


def _principal(key: Key) -> Principal:
    return Principal(
        name=key.name,
        role=key.role,
        groups=None if key.groups is None else frozenset(key.groups),
        required=key.filter,
        indexes=None if key.indexes is None else frozenset(key.indexes),
    )
