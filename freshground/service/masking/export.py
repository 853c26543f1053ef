"""`export --mask`: a lake for a lower environment, in which nothing of the originals stands.

What production may serve is masked document by document, in worker processes, and written as
objects and silver rows of a new lake; its chunks, vectors and releases are made from these. One
that cannot be masked stays out. Groups and times are kept, names of people in records are not.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError, GateStop, Quarantine
from freshground.lake.storage import Files
from freshground.service import stages
from freshground.service.masking import settings as lower
from freshground.service.masking.addresses import Known
from freshground.service.masking.copying import Copying
from freshground.service.masking.keys import masking_key
from freshground.service.masking.vectors import copy_vectors
from freshground.service.reports import Scope, exit_status

if TYPE_CHECKING:
    from freshground.service.context import Context
    from freshground.service.masking.work import Masked
    from freshground.service.reports import StageReport


@dataclass
class Exported:
    """What an export did. `left_out` counts documents that could not be masked, by rule."""

    documents: int = 0
    findings: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    vectors_copied: int = 0
    reports: list[StageReport] = field(default_factory=list)

    def count(self, result: Masked | Quarantine) -> None:
        """Take in what became of one document."""
        if isinstance(result, Quarantine):
            self.left_out[result.rule] = self.left_out.get(result.rule, 0) + 1
            return
        for rule, count in result.counts.items():
            self.findings[rule] = self.findings.get(rule, 0) + count

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {
            "documents": self.documents,
            "findings": dict(sorted(self.findings.items())),
            "left_out": dict(sorted(self.left_out.items())),
            "vectors_copied": self.vectors_copied,
            "texts_embedded": sum(r.counts.get("texts_embedded", 0) for r in self.reports),
            "releases": [r.release for r in self.reports if r.release],
            "status": exit_status(self.reports),
        }


def export(context: Context, destination: str, *, models: bool = True) -> Exported:
    """Write a masked lake at `destination`, a new folder or URL; return what was done.

    ConfigError when something is there already. GateStop when a release cannot be made of it.
    """
    url = context.settings.resolve(destination)
    _must_be_new(url, context)
    target = context.over(lower.lowered(context.settings, url))
    done = Exported()
    _copy(context, target, done, models=models)
    for source_id in target.settings.source_ids:
        done.reports.append(stages.admit(target, Scope(source=source_id)))
        done.reports.append(stages.gold(target, Scope(source=source_id)))
    for index in target.settings.indexes:
        scope = Scope(index=index.id)
        done.vectors_copied += copy_vectors(context, target, index)
        done.reports.append(stages.embed(target, scope))
        done.reports.append(stages.build(target, scope))
    name, body = lower.written(target.settings, context.settings)
    target.lake.files.put(name, body)
    target.lake.journal.commit()
    stopped = [report for report in done.reports if report.outcome not in ("done", "nothing")]
    if stopped:
        raise GateStop(
            f"The masked documents are in {destination}, but no release could be made of them: "
            f"{stopped[0].message}",
            "Mend the cause, delete the folder and export again.",
        )
    return done


def _must_be_new(url: str, context: Context) -> None:
    options = dict(context.settings.storage_options)
    there = Path(url).exists() and (not Path(url).is_dir() or any(Path(url).iterdir()))
    if there or ("://" in url and Files(url, options).list("")):
        raise ConfigError(
            f"{url} exists already and is not empty.",
            "Name a new folder: an export never writes into one that holds something.",
        )


def _copy(context: Context, target: Context, done: Exported, *, models: bool) -> None:
    """Mask the documents of all sources; then write them, named by what was found in all."""
    key = masking_key(context).pseudonyms
    known = Known()
    with ExitStack() as spools:
        copies: list[Copying] = []
        for source_id in context.settings.source_ids:
            spool = spools.enter_context(tempfile.TemporaryFile())
            copies.append(Copying(context, target, source_id, key, spool))
            for result in copies[-1].mask(models=models):
                done.count(result)
                if not isinstance(result, Quarantine):
                    known.add(result.values)
        for copying in copies:
            done.documents += copying.write(known)
