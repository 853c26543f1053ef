"""OpenLineage: one event a stage. The only module that imports openlineage.

Datasets are `bronze/<source>`, `silver/<source>`, `gold/<source>` and `index/<index>`; which chunk
came from which document stands in the lake itself.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freshground import __version__
from freshground.core.clock import iso
from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from openlineage.client.transport import Transport

    from freshground.core.settings import Lineage

_PRODUCER = f"https://pypi.org/project/freshground/{__version__}"
_RELEASE_SCHEMA = "urn:freshground:schemas:ReleaseFacet:1-0-0#/$defs/ReleaseFacet"
"""Kept in docs/schemas/ReleaseFacet.json; another meaning of a field is another version."""

_NAMESPACE_UUID = uuid.UUID("6f6a2f0e-5d39-4a39-9a60-1d5a4b1f1c11")


@dataclass(frozen=True)
class StageEvent:
    """What one run of a stage did. `rows` are those written to `output`.

    `release` is what `stages.manifest.summary` says of the release it proposed, with its `state`:
    published, stopped, canary or rolled_back.
    """

    stage: str
    subject: str
    run_id: str
    at: datetime
    inputs: Sequence[str]
    output: str
    version: str
    rows: int
    assertions: Sequence[dict[str, Any]] = ()
    error: str | None = None
    release: Mapping[str, Any] | None = None


@dataclass
class Emitter:
    """Sends stage events where the settings say; nowhere else. `folder` is for the file."""

    settings: Lineage
    folder: str
    _transport: Transport | None = field(default=None, repr=False)

    def emit(self, event: StageEvent) -> None:
        """Send one event. A `none` transport sends nothing and loads nothing."""
        if self.settings.transport == "none":
            return
        if self._transport is None:
            self._transport = self._open()
        self._transport.emit(_openlineage(event, self.settings.namespace))

    def _open(self) -> Transport:
        from openlineage.client.transport.console import (
            ConsoleConfig,
            ConsoleTransport,
        )
        from openlineage.client.transport.file import FileConfig, FileTransport
        from openlineage.client.transport.http import HttpConfig, HttpTransport

        url = self.settings.url
        match self.settings.transport:
            case "console":
                return ConsoleTransport(ConsoleConfig())
            case "http":
                if not url:
                    raise ConfigError("`lineage.transport: http` needs `lineage.url`.", "Add it.")
                return HttpTransport(HttpConfig(url=url))
            case _:
                place = Path(url or f"{self.folder}/openlineage.jsonl")
                place.parent.mkdir(parents=True, exist_ok=True)
                return FileTransport(FileConfig(log_file_path=str(place), append=True))


def lineage_run(run_id: str, stage: str, subject: str) -> str:
    """Return the id under which OpenLineage knows a stage of a run."""
    return str(uuid.uuid5(_NAMESPACE_UUID, f"{run_id}/{stage}/{subject}"))


def _openlineage(event: StageEvent, namespace: str) -> Any:
    from openlineage.client.event_v2 import (
        InputDataset,
        Job,
        OutputDataset,
        Run,
        RunEvent,
        RunState,
    )
    from openlineage.client.facet_v2 import (
        data_quality_assertions_dataset as quality,
    )
    from openlineage.client.facet_v2 import (
        dataset_version_dataset,
        error_message_run,
        output_statistics_output_dataset,
    )

    run_facets: dict[str, Any] = {}
    if event.error:
        run_facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(
            message=event.error, programmingLanguage="python", producer=_PRODUCER
        )
    if event.release:
        run_facets["freshground_release"] = _release_facet(event.release)
    facets: dict[str, Any] = {
        "version": dataset_version_dataset.DatasetVersionDatasetFacet(
            datasetVersion=event.version, producer=_PRODUCER
        )
    }
    if event.assertions:
        facets["dataQualityAssertions"] = quality.DataQualityAssertionsDatasetFacet(
            assertions=[quality.Assertion(**a) for a in event.assertions], producer=_PRODUCER
        )
    statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
        rowCount=event.rows, producer=_PRODUCER
    )
    run = lineage_run(event.run_id, event.stage, event.subject)
    return RunEvent(
        eventTime=iso(event.at) or "",
        eventType=RunState.FAIL if event.error else RunState.COMPLETE,
        run=Run(runId=run, facets=run_facets),
        job=Job(namespace=namespace, name=f"{event.stage}.{event.subject}"),
        inputs=[InputDataset(namespace=namespace, name=name) for name in event.inputs],
        outputs=[
            OutputDataset(
                namespace=namespace,
                name=event.output,
                facets=facets,
                outputFacets={"outputStatistics": statistics},
            )
        ],
        producer=_PRODUCER,
    )


def _release_facet(release: Mapping[str, Any]) -> Any:
    """Return the facet that docs/schemas/ReleaseFacet.json describes. It names no document."""
    import attr
    from openlineage.client.facet_v2 import RunFacet

    @attr.define
    class ReleaseFacet(RunFacet):
        index: str
        release: int
        candidate: str
        parent: int | None
        state: str
        verdict: str
        asOf: str | None  # noqa: N815 - OpenLineage's own spelling
        releaseHash: str  # noqa: N815
        gates: list[dict[str, Any]]

        @staticmethod
        def _get_schema() -> str:
            return _RELEASE_SCHEMA

    return ReleaseFacet(
        index=release["index"],
        release=release["release"],
        candidate=release["candidate"],
        parent=release["parent"],
        state=release["state"],
        verdict=release["verdict"],
        asOf=release["as_of"],
        releaseHash=release["release_hash"],
        gates=[
            {
                "gate": gate["check_id"],
                **{name: gate[name] for name in ("severity", "passed", "value", "threshold")},
            }
            for gate in release["gates"]
        ],
        producer=_PRODUCER,
    )
