"""Where documents come from, and who may read them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from freshground.core.settings.access import Access
from freshground.core.settings.admission import Admission
from freshground.core.settings.containers import Containers
from freshground.core.settings.freshness import Sla
from freshground.core.settings.guards import DeleteGuard, Guards
from freshground.core.settings.scope import Labels, Scope
from freshground.core.settings.values import Age, Duration, Id, Section


class _SourceBase(Section):
    id: Id
    url: str
    access: Access
    storage_options: dict[str, Any] = Field(default_factory=dict, repr=False)
    verify_every: Duration = timedelta(days=7)
    max_bytes: int = Field(100_000_000, gt=0)
    delete_guard: DeleteGuard = DeleteGuard()
    sla: Sla | None = None
    guards: Guards = Guards()
    admission: Admission = Admission()
    scope: Scope = Scope()
    retention: Age | None = None
    labels: Labels | None = None

    @model_validator(mode="after")
    def _one_delete_guard(self) -> _SourceBase:
        if self.guards.delete is not None and "delete_guard" in self.model_fields_set:
            raise ValueError("delete_guard and guards.delete are the same; write one of them")
        return self

    @model_validator(mode="after")
    def _labels_are_known(self) -> _SourceBase:
        rules = (*self.scope.include, *self.scope.exclude)
        if self.labels is None and any(rule.label is not None for rule in rules):
            raise ValueError("a scope rule over `label` needs `labels`: the field that holds it")
        return self

    @property
    def deletions(self) -> DeleteGuard:
        """The guard of deletions, wherever it was written."""
        return self.guards.delete or self.delete_guard


class FilesSource(_SourceBase):
    """A folder, or an object store URL that fsspec reaches: each file is a document.

    `include` and `exclude` are patterns over the relative path, `**` crossing folders. With
    `access: from_source` the groups of `a/b.pdf` stand in the sidecar `a/b.pdf.access.json`.
    `html` says what of a web page is a document: its `article`, without the site around it, or the
    `full` page.
    `containers` says how archives and messages are opened; their parts have the access of the file
    that they lie in, and `exclude` holds for them too.
    """

    type: Literal["files"]
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    follow_symlinks: bool = False
    html: Literal["article", "full"] = "article"
    containers: Containers = Containers()


class RecordFields(Section):
    """Which column holds what. `metadata` lists columns to keep; "*" keeps every other one."""

    id: str = "id"
    text: str = "text"
    title: str | None = None
    modified_at: str | None = None
    groups: str | None = None
    metadata: tuple[str, ...] = ("*",)


class RecordsSource(_SourceBase):
    """One or more JSONL, CSV or Parquet files in which each row is a document."""

    type: Literal["records"]
    format: Literal["jsonl", "csv", "parquet"] | None = None
    fields: RecordFields = RecordFields()


SourceSettings = Annotated[FilesSource | RecordsSource, Field(discriminator="type")]
