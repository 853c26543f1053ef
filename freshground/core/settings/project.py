"""All of `freshground.yaml`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, PrivateAttr, model_validator

from freshground.core.errors import ConfigError
from freshground.core.settings.airflow import Airflow
from freshground.core.settings.alerts import Alerts
from freshground.core.settings.encoders import (
    Chunking,
    EncoderSettings,
    LocalEncoder,
    RemoteEncoder,
)
from freshground.core.settings.freshness import Governor
from freshground.core.settings.guards import Budget
from freshground.core.settings.indexes import IndexSettings
from freshground.core.settings.masking import Masking
from freshground.core.settings.parsing import Parsing
from freshground.core.settings.serve import Serve
from freshground.core.settings.sources import FilesSource, RecordsSource, SourceSettings
from freshground.core.settings.telemetry import Telemetry
from freshground.core.settings.values import Duration, Section


class Lineage(Section):
    """Where OpenLineage events go: `file`, `http`, `console` or `none`."""

    transport: Literal["file", "http", "console", "none"] = "file"
    url: str | None = None
    namespace: str = "freshground"


class Settings(Section):
    """Everything in `freshground.yaml`. Relative paths count from the file's folder."""

    root: Path = Path()
    lake: str
    cache: str | None = None
    storage_options: dict[str, str] = Field(default_factory=dict, repr=False)
    sources: tuple[SourceSettings, ...] = Field(min_length=1)
    indexes: tuple[IndexSettings, ...] = Field(min_length=1)
    chunking: Chunking = Chunking()
    encoder: EncoderSettings = LocalEncoder()
    lineage: Lineage = Lineage()
    airflow: Airflow = Airflow()
    parsing: Parsing = Parsing()
    masking: Masking = Masking()
    governor: Governor = Governor()
    alerts: Alerts = Alerts()
    budget: Budget = Budget()
    serve: Serve = Serve()
    telemetry: Telemetry = Telemetry()
    shard_size: int = Field(200, ge=1)
    retain_versions: Duration = timedelta(days=30)
    _file: Path | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _names_agree(self) -> Settings:
        for what, ids in (("source", self.source_ids), ("index", [i.id for i in self.indexes])):
            twice = sorted({i for i in ids if ids.count(i) > 1})
            if twice:
                raise ValueError(f"{what} id {twice[0]!r} stands twice; ids must differ")
        known = set(self.source_ids)
        for index in self.indexes:
            missing = [s for s in index.sources if s not in known]
            if missing:
                raise ValueError(
                    f"index {index.id!r} names source {missing[0]!r}, which is not under sources; "
                    f"known: {', '.join(sorted(known))}"
                )
        watched = [w.source for w in self.airflow.watchers if w.source not in known]
        if watched:
            raise ValueError(
                f"airflow.watchers names source {watched[0]!r}, which is not under sources"
            )
        return self

    @property
    def file(self) -> Path | None:
        """The file that these settings were read from, for processes of the same project."""
        return self._file

    def read_from(self, file: Path) -> Settings:
        """Note the file that these settings were read from."""
        self._file = file
        return self

    @property
    def source_ids(self) -> list[str]:
        """Ids of all sources, in the file's order."""
        return [source.id for source in self.sources]

    def source(self, source_id: str) -> FilesSource | RecordsSource:
        """Return one source's settings; ConfigError when there is none of that id."""
        for source in self.sources:
            if source.id == source_id:
                return source
        raise ConfigError(
            f"There is no source {source_id!r} in the settings.",
            f"Known sources: {', '.join(self.source_ids)}.",
        )

    def index(self, index_id: str) -> IndexSettings:
        """Return one index's settings; ConfigError when there is none of that id."""
        for index in self.indexes:
            if index.id == index_id:
                return index
        known = ", ".join(index.id for index in self.indexes)
        raise ConfigError(
            f"There is no index {index_id!r} in the settings.", f"Known indexes: {known}."
        )

    def chunking_of(self, index: IndexSettings) -> Chunking:
        """Return the index's chunking, or the project's."""
        return index.chunking or self.chunking

    def encoder_of(self, index: IndexSettings) -> LocalEncoder | RemoteEncoder:
        """Return the index's encoder, or the project's."""
        return index.encoder or self.encoder

    def resolve(self, url: str) -> str:
        """Return a URL as it is, and a relative path as an absolute one under `root`."""
        if "://" in url:
            return url
        path = Path(url).expanduser()
        return str(path if path.is_absolute() else (self.root / path).resolve())
