"""What every stage is given: settings, lake, clock, progress; and the parts made from settings."""

from __future__ import annotations

import json
import os
import threading
import uuid
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freshground import __version__
from freshground.core.clock import SystemClock
from freshground.core.ids import digest
from freshground.core.settings import masked
from freshground.lake.admissions import Admissions
from freshground.lake.lake import Lake
from freshground.lake.ledger import Ledger
from freshground.lake.lineage import Emitter
from freshground.service.progress import Progress
from indexes.release import Releases

if TYPE_CHECKING:
    from chunking.chunker import Chunker
    from freshground.core.clock import Clock
    from freshground.core.records import Encoder, Source
    from freshground.core.settings import IndexSettings, LocalEncoder, RemoteEncoder, Settings
    from freshground.service.reports import StageReport
    from freshground.service.workers.pool import Workers
    from indexes.candidate import Recipe
    from indexes.engines.contract import Engine

CODE = f"freshground {__version__}"


class Context:
    """One process's view of a project. Making one is cheap; parts are made when first used."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        progress: Progress | None = None,
        by: str = "",
        run_id: str = "",
    ) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.progress = progress or Progress()
        self.by = by or os.environ.get("USER", "unknown")
        self.run_id = run_id or uuid.uuid4().hex
        self.approved_deletes: frozenset[str] = frozenset()
        self.expected_listings: dict[str, str | None] = {}
        """What a plan that is applied saw of each source; another listing is refused."""
        self.memory: dict[tuple[str, str], Any] = {}
        """What was read and is asked for again, by who read it: it says itself when it is old."""
        self._parts: dict[tuple[str, str], Any] = {}
        self._opening = threading.Lock()

    @cached_property
    def lake(self) -> Lake:
        """The lake that the settings name, made empty where there is none."""
        return Lake.open(self.settings, self.clock)

    @cached_property
    def ledger(self) -> Ledger:
        """Questions to the lake."""
        return Ledger(self.lake)

    @cached_property
    def admissions(self) -> Admissions:
        """What admission found and decided."""
        return Admissions(self.lake, self.ledger)

    @cached_property
    def releases(self) -> Releases:
        """The releases of all indexes."""
        return Releases(self.lake)

    @cached_property
    def lineage(self) -> Emitter:
        """Where lineage events go."""
        local = self.lake.url if "://" not in self.lake.url else str(self.cache)
        return Emitter(self.settings.lineage, f"{local}/lineage")

    @cached_property
    def cache(self) -> Path:
        """The folder for what can be made again: exported models, vocabularies."""
        base = self.settings.cache or os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        path = Path(self.settings.resolve(base)).expanduser()
        return path if self.settings.cache else path / "freshground"

    def source(self, source_id: str) -> Source:
        """Return a source by its id."""
        from ingestion.sources import open_source

        key = ("source", source_id)
        if key not in self._parts:
            self._parts[key] = open_source(self.settings.source(source_id), self.settings.resolve)
        return self._parts[key]

    def encoder(self, index: IndexSettings) -> Encoder:
        """Return an index's encoder."""
        return self.opened(self.settings.encoder_of(index))

    def opened(self, settings: LocalEncoder | RemoteEncoder) -> Encoder:
        """Return the encoder of some settings; whoever has the same ones shares it."""
        from chunking import tokens
        from indexes.encoders import open_encoder

        key = ("encoder", settings.model_dump_json())
        with self._opening:  # queries and pages share one encoder: it takes seconds and memory
            if key not in self._parts:
                self._parts[key] = open_encoder(
                    settings, self.cache, self.settings.resolve, token_counter=tokens.count
                )
            return self._parts[key]

    def chunker(self, index: IndexSettings) -> Chunker:
        """Return the chunker that cuts for an index."""
        from chunking.chunker import Chunker

        settings = self.settings.chunking_of(index)
        encoder = self.encoder(index)
        tokenizer = f"{encoder.space.model}:{encoder.space.weights}"
        key = ("chunker", settings.model_dump_json() + tokenizer)
        if key not in self._parts:
            self._parts[key] = Chunker(
                settings,
                encoder_tokens=encoder.count_tokens,
                encoder_limit=encoder.max_tokens,
                tokenizer_id=tokenizer,
            )
        return self._parts[key]

    def engine(self, index: IndexSettings) -> Engine:
        """Return the engine that holds an index."""
        from indexes import engines

        recipe = self.recipe(index)
        key = ("engine", f"{recipe.id}:{index.azure!r}")
        if key not in self._parts:
            self._parts[key] = engines.make(
                index.engine,
                self.lake.url,
                recipe.schema,
                self.clock,
                language=index.language,
                storage_options=self.lake.options,
                settings=index.azure,
            )
        return self._parts[key]

    def recipe(self, index: IndexSettings) -> Recipe:
        """Return how an index's rows are made."""
        from indexes.candidate import Recipe
        from indexes.rows import SCHEMA_VERSION
        from indexes.schema import row_schema

        encoder = self.encoder(index)
        chunker = self.chunker(index)
        fields = "".join(f"{n}={f.model_dump_json()}" for n, f in sorted(index.fields.items()))
        engine = f"{index.engine}:{index.language}:{SCHEMA_VERSION}"
        if index.azure is not None:
            engine = f"{engine}:{index.azure.endpoint}"  # in another service nothing lies yet
        return Recipe(
            digest("recipe", chunker.id, encoder.space.id, fields, engine),
            chunker.id,
            encoder.space.id,
            index.fields,
            row_schema(encoder.space.dimensions, index.fields),
        )

    @cached_property
    def workers(self) -> Workers:
        """Processes for what must not hurt this one."""
        from freshground.service.workers.pool import Workers

        return Workers(self.settings.parsing)

    def silver_id(self, source_id: str) -> str:
        """Return the identity of the parser as it is used for a source."""
        from ingestion.parse import PARSER_ID

        source = self.settings.source(source_id)
        full = ["html=full"] if source.type == "files" and source.html == "full" else []
        languages = self.settings.parsing.ocr
        ocr = [f"ocr={languages}"] if languages != "eng" else []
        return digest("silver", PARSER_ID, source.type, *full, *ocr)

    @cached_property
    def settings_id(self) -> str:
        """The version of the settings. A hash alone: what stands in them may be confidential."""
        return digest("settings", json.dumps(masked(self.settings), sort_keys=True))

    def over(self, settings: Settings) -> Context:
        """Return a context over other settings, with this one's clock, progress and encoders."""
        other = Context(settings, clock=self.clock, progress=self.progress, by="export")
        other._parts = {k: part for k, part in self._parts.items() if k[0] == "encoder"}
        return other

    def note(self, report: StageReport) -> None:
        """Record a stage's report in the journal, with the code and settings that it ran with."""
        body = {**report.as_dict(), "by": self.by, "code": CODE, "settings": self.settings_id}
        self.lake.journal.add(self.run_id, "stage", report.subject, body)
