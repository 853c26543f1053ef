"""Where an index lies that Azure AI Search keeps, and how it is written there."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from freshground.core.settings.values import Duration, Section


class AzureSearch(Section):
    """A search service, as `azure:` of an index. A key or Entra; never both.

    `update`: `side_by_side` makes a physical index for every release; `in_place` changes the live
    one where neither schema nor encoder changed, and its readers see that half-way for a while.
    `settle` is waited after the alias was moved; `patience` is how long counts may lag behind what
    was written; `attempts` how often a busy service is asked.
    """

    endpoint: str
    key: SecretStr | None = None
    credential: Literal["entra"] | None = None
    update: Literal["side_by_side", "in_place"] = "side_by_side"
    settle: Duration = timedelta(seconds=10)
    patience: Duration = timedelta(minutes=2)
    timeout: Duration = timedelta(minutes=1)
    attempts: int = Field(10, ge=1, le=50)
    batch_rows: int = Field(1000, ge=1, le=1000)
    batch_bytes: int = Field(16_000_000, ge=10_000, le=16_000_000)

    @field_validator("endpoint")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")) or "?" in value or "#" in value:
            raise ValueError("write the service's URL, such as https://NAME.search.windows.net")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _one_way_in(self) -> AzureSearch:
        if (self.key is None) == (self.credential is None):
            raise ValueError("write either `key: ${NAME}` or `credential: entra`")
        if self.key is not None and not self.key.get_secret_value().strip():
            raise ValueError("the key is empty")
        if self.credential and not self.endpoint.startswith("https://"):
            raise ValueError("Entra tokens are sent over https alone")
        return self
