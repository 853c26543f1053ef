"""Under which key values are masked, and whether a holder of it may have them back."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from freshground.core.settings.values import Section

EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Masking(Section):
    """`key` names the environment variable that holds the key; the key itself never stands here.

    With a key, what is masked can be had back by who holds it (`freshground unmask`). Without, the
    pseudonyms are made under a random key that the lake keeps, and nothing gives the values back.
    """

    key: EnvironmentName | None = None
