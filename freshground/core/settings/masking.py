"""Under which key values are masked, and whether a holder of it may have them back."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator

from freshground.core.settings.values import Section

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEY = re.compile(r"[0-9A-Fa-f]{32,}")
"""What `openssl rand -hex` makes: no name that anybody gives."""


def _name(value: object) -> object:
    if isinstance(value, str) and (_KEY.fullmatch(value) or not _NAME.fullmatch(value)):
        raise ValueError(
            "write the name of an environment variable that holds the key, never itself"
        )
    return value


EnvironmentName = Annotated[str, BeforeValidator(_name)]


class Masking(Section):
    """`key` names the environment variable that holds the key; the key itself never stands here.

    With a key, what is masked can be had back by who holds it (`freshground unmask`). Without, the
    pseudonyms are made under a random key that the lake keeps, and nothing gives the values back.
    """

    key: EnvironmentName | None = None
