"""What an index does with documents that say nearly the same."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from freshground.core.settings.values import Id, Section


class Duplicates(Section):
    """Near-duplicates of one index. Exact copies stay, one row an address: queries collapse them.

    `near`: `keep_all`, `keep_newest` by the time of modification, or `keep_preferred` by the order
    of sources in `prefer`, then the newest. `threshold` is the share of three-word runs that both
    texts have, 0 to 1. Whatever the share, two documents are different where one states a number,
    date or name that the other does not.
    """

    near: Literal["keep_all", "keep_newest", "keep_preferred"] = "keep_all"
    prefer: tuple[Id, ...] = ()
    threshold: float = Field(0.9, ge=0.7, le=1)

    @model_validator(mode="after")
    def _preference_is_said(self) -> Duplicates:
        if (self.near == "keep_preferred") != bool(self.prefer):
            raise ValueError("`near: keep_preferred` and `prefer`, a list of sources, go together")
        return self
