"""The key of a project's pseudonyms: from the environment, or the lake's own."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from freshground.core.errors import ConfigError
from freshground.lake.sealed import Sealed

if TYPE_CHECKING:
    from freshground.service.context import Context


@dataclass(frozen=True)
class MaskingKey:
    """`pseudonyms` makes them, `sealing` opens what is sealed: None where nothing is."""

    id: str
    pseudonyms: bytes
    sealing: bytes | None


def masking_key(context: Context) -> MaskingKey:
    """Return the project's key. ConfigError when the variable that is to hold it does not."""
    name = context.settings.masking.key
    held = os.environ.get(name, "").strip() if name else ""
    kept = context.memory.get(("masking", "key"))
    if kept is None or kept[0] != held:
        kept = held, _made(context, name, held.encode())
        context.memory["masking", "key"] = kept
    return kept[1]


def _made(context: Context, name: str | None, held: bytes) -> MaskingKey:
    from quality.admission import sealing

    if name is None:
        own = Sealed(context.lake.files).lake_key(secrets.token_bytes(32))
        return MaskingKey(sealing.key_id(own), sealing.derived(own, "pseudonyms"), None)
    if len(held) < sealing.LEAST_KEY:
        found = "is not set" if not held else f"holds {len(held)} bytes"
        raise ConfigError(
            f"`masking.key` names the environment variable {name}, which {found}.",
            f"Set it to the project's key, of at least {sealing.LEAST_KEY} bytes; make one by: "
            "openssl rand -hex 32",
        )
    return MaskingKey(sealing.key_id(held), sealing.derived(held, "pseudonyms"), held)
