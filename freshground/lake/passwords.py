"""Passwords of people, kept as argon2id hashes.

A slow hash protects what people choose: who steals the lake has to pay for every guess. The
library's own costs are taken, which are RFC 9106's for machines of little memory.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 12
"""Characters. There are no rules on what they are: those make passwords that people write down."""

LONGEST = 1_000


def check(name: str, password: str) -> None:
    """ConfigError when a password cannot be somebody's."""
    if len(password) < SHORTEST:
        raise ConfigError(
            f"The password has {len(password)} characters.", f"Choose one of {SHORTEST} or more."
        )
    if len(password) > LONGEST:
        raise ConfigError("The password is too long.", f"Choose one of at most {LONGEST}.")
    if password.strip().casefold() == name.casefold():
        raise ConfigError("The password is the name.", "Choose another one.")
    if len(set(password)) == 1:
        raise ConfigError("The password is one character again and again.", "Choose another one.")


def hashed(password: str) -> str:
    """Return what is kept of a password; it takes about a tenth of a second."""
    return _hasher().hash(password)


def is_right(kept: str | None, password: str) -> bool:
    """Return whether a password is the one that was kept.

    None, for somebody who is not known, takes as long as a wrong password does.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > LONGEST:
        return False
    try:
        return _hasher().verify(kept or _nobodys(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


@lru_cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@lru_cache
def _nobodys() -> str:
    import secrets

    return hashed(secrets.token_urlsafe(32))
