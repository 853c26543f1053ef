"""An index: its fields, and the sections that govern it."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, model_validator

from freshground.core.settings.azure import AzureSearch
from freshground.core.settings.duplicates import Duplicates
from freshground.core.settings.encoders import Chunking, EncoderSettings
from freshground.core.settings.freshness import Sla
from freshground.core.settings.gates import Canary, Gates
from freshground.core.settings.guards import Budget
from freshground.core.settings.values import Id, Section

_AZURE_NAME = re.compile(r"(?=.{2,80}$)[a-z0-9]+([-_][a-z0-9]+)*")


class IndexField(Section):
    """A document metadata key that queries may filter, sort or facet on."""

    type: Literal["string", "int", "float", "bool", "datetime", "strings"] = "string"
    filter: bool = True
    sort: bool = False
    facet: bool = False


class Fusion(Section):
    """How hybrid search joins its arms: `adaptive`, or `rrf`, Azure's exact formula (k 60)."""

    mode: Literal["adaptive", "rrf"] = "adaptive"


class IndexSettings(Section):
    """A named, served projection of gold."""

    id: Id
    sources: tuple[Id, ...] = Field(min_length=1)
    sla: Sla = Sla()
    fields: dict[str, IndexField] = Field(default_factory=dict)
    chunking: Chunking | None = None
    encoder: EncoderSettings | None = None
    language: str = "english"
    fusion: Fusion = Fusion()
    gates: Gates = Gates()
    canary: Canary | None = None
    duplicates: Duplicates = Duplicates()
    budget: Budget = Budget()
    keep_releases: int = Field(5, ge=1)
    engine: Literal["lance", "memory", "azure"] = "lance"
    azure: AzureSearch | None = None

    @model_validator(mode="after")
    def _names_fit(self) -> IndexSettings:
        if (self.engine == "azure") != (self.azure is not None):
            raise ValueError("`engine: azure` and the section `azure` go together")
        if self.engine == "azure" and not _AZURE_NAME.fullmatch(self.id):
            raise ValueError(
                f"Azure takes no index named {self.id!r}: 2 to 80 letters and digits, and single "
                "hyphens or underscores between them"
            )
        strange = sorted(set(self.duplicates.prefer) - set(self.sources))
        if strange:
            raise ValueError(f"duplicates.prefer names {strange[0]!r}, no source of the index")
        return self
