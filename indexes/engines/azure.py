"""Azure AI Search as an engine: a physical index for each release, an alias that apps query.

A candidate is a physical index of its own that no alias means (`update: side_by_side`), or a
difference in the lake that is applied to the live one when it is published (`in_place`). What was
begun stands in the lake (`azure_registry`), so any process can open, publish and retire it.
"""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from freshground.core.clock import iso, parse_iso
from freshground.core.errors import ConfigError, Fatal, Retriable
from freshground.lake.storage import Files
from indexes.engines.azure_alias import Aliases
from indexes.engines.azure_candidates import SideBySide, Staged
from indexes.engines.azure_change import History
from indexes.engines.azure_http import Service
from indexes.engines.azure_physical import drop_index, make_index
from indexes.engines.azure_reader import AzureReader
from indexes.engines.azure_registry import Entry, Registry, packed
from indexes.engines.azure_retire import retire
from indexes.engines.azure_schema import analyzer, definition, to_documents, to_key
from indexes.engines.azure_writer import Writer, settle_count
from indexes.engines.checks import same_schema
from indexes.engines.contract import Abilities
from indexes.engines.memory import MemoryReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    from freshground.core.clock import Clock
    from freshground.core.settings import AzureSearch
    from indexes.engines.contract import Candidate, Reader


class AzureEngine:
    """Versions as physical indexes of a search service. See `Engine`."""

    name = "azure"

    def __init__(
        self,
        root: str,
        schema: pa.Schema,
        clock: Clock,
        *,
        language: str = "english",
        storage_options: Mapping[str, str] | None = None,
        settings: AzureSearch | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if settings is None:
            raise ConfigError("Engine 'azure' has no settings.", "Write the section `azure`.")
        analyzer(language)
        in_place = settings.update == "in_place"
        self.abilities = Abilities(
            atomic_publish=False,
            branches=in_place,
            zero_copy=False,
            exact_vector=True,
            full_text=True,
            reopens=True,
            remote=True,
            pinned=not in_place,
        )
        self.service = Service(settings, clock, sleep=sleep)
        self.aliases = Aliases(self.service)
        self.registry = Registry(Files(root, dict(storage_options or {})))
        self.history = History(self.registry)
        self.clock = clock
        self._settings = settings
        self._schema = schema
        self._language = language
        self._staged: MemoryReader | None = None

    def begin(self, index: str, candidate_id: str, parent: str | None) -> Candidate:
        """See `Engine.begin`. ConfigError when the service has no aliases to publish by."""
        self.aliases.probe()
        if parent is None:
            return SideBySide(self, self._create(index, candidate_id))
        base = self._here(index, parent)
        reader = self.open(index, parent)
        if not same_schema(reader.schema, self._schema):
            raise ConfigError(
                f"Version {parent} of index {index!r} has other columns than it should have now.",
                "Begin without a parent and write every row.",
            )
        if self._settings.update == "in_place":
            entry = self._entry(index, candidate_id, base.physical, parent=parent)
            for name in _names(index, candidate_id, entry.token):
                entry = replace(entry, name=name)
                if self.registry.reserve(entry):
                    return Staged(self, entry, reader, base.rows)
        candidate = SideBySide(self, self._create(index, candidate_id))
        try:
            for batch in reader.scan(self._schema.names):
                candidate.upsert(_table(batch))
        except BaseException:
            candidate.abandon()
            raise
        return candidate

    def open(self, index: str, version: str) -> Reader:
        """See `Engine.open`.

        A version in place that is not what its physical index holds is read into memory.
        """
        entry = self._here(index, version)
        stations = self.registry.stations(index, entry.physical)
        live = AzureReader(
            self.service,
            version,
            entry.physical,
            entry.schema,
            entry.language,
            None if self.abilities.pinned else lambda: self._still(entry, stations),
        )
        if stations == [version]:
            return live
        if self._staged is None or self._staged.version != version:
            rows = [entry.schema.empty_table(), *map(_table, live.scan(entry.schema.names))]
            table = self.history.to(entry, stations).applied(pa.concat_tables(rows))
            self._staged = MemoryReader(version, table.combine_chunks(), entry.language)
        return self._staged

    def publish(self, index: str, version: str) -> None:
        """See `Engine.publish`. A version that lies in another service is left as it is."""
        entry = self.registry.finished(index, version)
        if entry.endpoint != self.service.endpoint:
            return
        self.aliases.probe()
        self._apply(entry)
        self.aliases.move(index, entry.physical)

    def retire(self, index: str, keep: Sequence[str], older_than: timedelta) -> list[str]:
        """See `Engine.retire`. Nothing that an alias means is deleted."""
        limit = self.clock.now() - older_than

        def old(entry: Entry) -> bool:
            begun = parse_iso(entry.begun)
            return begun is not None and begun < limit

        return retire(self, index, keep, old)

    def writer(self, entry: Entry) -> Writer:
        """Return a writer to the physical index of a version."""
        return Writer(
            self.service, entry.physical, lambda letters: self.registry.bury(entry, letters)
        )

    def finish(self, entry: Entry, rows: int) -> str:
        """Note that a version is whole."""
        self.registry.put(replace(entry, finished=iso(self.clock.now()), rows=rows))
        return entry.name

    def drop(self, entry: Entry, *, attempts: int | None = None) -> None:
        """Delete the physical index of a version, if it is ours, and what is known of it."""
        drop_index(self.service, entry.physical, entry.description, attempts=attempts)
        self.registry.forget(entry)

    def _apply(self, entry: Entry) -> None:
        """Bring a physical index to a version. Repeated after a kill, it ends the same."""
        before = self.registry.stations(entry.index, entry.physical)
        if before == [entry.name]:
            return
        change = self.history.to(entry, before)
        mixed = [*before, entry.name]
        self.registry.note_stations(entry.index, entry.physical, mixed)
        writer = self.writer(entry)
        writer.remove(to_key(chunk_id) for chunk_id in sorted(change.gone))
        for batch in change.rows.to_batches(1000):
            writer.put(to_documents(_table(batch), entry.release))
        writer.flush()
        settle_count(self.service, entry.physical, entry.rows)
        now = self.registry.stations(entry.index, entry.physical)
        # Another process applied one meanwhile: rows of both may be there. Who comes next mends it.
        after = [entry.name] if now == mixed else [*now, entry.name]
        self.registry.note_stations(entry.index, entry.physical, after)
        self._staged = None

    def _still(self, entry: Entry, stations: list[str]) -> None:
        """Raise Retriable when a physical index was changed since a reader of it was opened."""
        if self.registry.stations(entry.index, entry.physical) != stations:
            raise Retriable(
                f"Index {entry.index!r} was updated in place while version {entry.name} was read.",
                "Ask again.",
            )

    def _here(self, index: str, version: str) -> Entry:
        entry = self.registry.finished(index, version)
        if entry.endpoint != self.service.endpoint:
            raise Fatal(
                f"Version {version} of index {index!r} lies in {entry.endpoint}, and the settings "
                f"name {self.service.endpoint}.",
                "Refresh: it is written anew there.",
            )
        return entry

    def _entry(
        self, index: str, candidate_id: str, physical: str, *, parent: str | None = None
    ) -> Entry:
        number = re.match(r"\d+", candidate_id)
        return Entry(
            name=physical,
            index=index,
            physical=physical,
            endpoint=self.service.endpoint,
            token=uuid.uuid4().hex[:12],
            begun=iso(self.clock.now()) or "",
            release=int(number[0]) if number else None,
            language=self._language,
            columns=packed(self._schema),
            parent=parent,
        )

    def _create(self, index: str, candidate_id: str) -> Entry:
        """Make an empty physical index, under a name that neither lake nor service holds."""
        entry = self._entry(index, candidate_id, "")
        for name in _names(index, candidate_id, entry.token):
            entry = replace(entry, name=name, physical=name)
            body = definition(name, self._schema, self._language, entry.description)
            if not self.registry.reserve(entry):
                continue
            try:
                made = make_index(self.service, body)
            except BaseException:
                self.registry.forget(entry)
                raise
            if made:
                return entry
            self.registry.forget(entry)
        raise Fatal(f"No name is left for a candidate of {index!r}.", "Run it again.")


def _names(index: str, candidate_id: str, token: str) -> list[str]:
    """Return names for a candidate, the wanted one first."""
    number = re.match(r"\d+", candidate_id)
    if number is None:
        return [f"{index}-c-{token}"]
    wanted = f"{index}-v{int(number[0])}"
    return [wanted, f"{wanted}-{token}"]


def _table(batch: pa.RecordBatch) -> pa.Table:
    return pa.Table.from_batches([batch])
