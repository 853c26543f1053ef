"""Who may read, as settings say it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from freshground.core.records import PUBLIC
from freshground.core.settings.values import Section


class Groups(Section):
    """Access for named groups only."""

    groups: tuple[str, ...] = Field(min_length=1)

    @field_validator("groups")
    @classmethod
    def _no_wildcard(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if PUBLIC in value:
            raise ValueError("'*' is no group; write `access: public` to let everybody read")
        return value


Access = Literal["public", "from_source"] | Groups
