"""`export --mask`: a lake for a lower environment, in which nothing of the originals stands.

What production may serve is masked document by document, in worker processes, and written as
objects and silver rows of a new lake; its chunks, vectors and releases are made from these. One
that cannot be masked stays out. Groups and times are kept, names of people in records are not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from freshground.core.clock import iso
from freshground.core.errors import ConfigError, GateStop, Quarantine
from freshground.core.ids import content_hash, doc_id
from freshground.core.records import Document, Element
from freshground.lake.schemas import BRONZE, SILVER
from freshground.lake.storage import Files
from freshground.lake.tables import among
from freshground.service import stages
from freshground.service.admission.standing import standing
from freshground.service.denial.overlay import overlay
from freshground.service.masking import settings as lower
from freshground.service.masking.keys import masking_key
from freshground.service.masking.vectors import copy_vectors
from freshground.service.reports import Scope, exit_status
from freshground.service.workers.pool import Job
from ingestion.silver import columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from freshground.lake.ledger import Current
    from freshground.service.context import Context
    from freshground.service.reports import StageReport

BATCH = 100
_FUNCTION = "freshground.service.masking.work:masked"


@dataclass
class Exported:
    """What an export did. `left_out` counts documents that could not be masked, by rule."""

    documents: int = 0
    findings: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    vectors_copied: int = 0
    reports: list[StageReport] = field(default_factory=list)

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
    key = masking_key(context)
    target = context.over(lower.lowered(context.settings, url))
    done = Exported()
    out = _taken_out(context)
    for source_id in context.settings.source_ids:
        _copy(context, target, source_id, key.pseudonyms, out, done, models=models)
    for source_id in target.settings.source_ids:
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


def _taken_out(context: Context) -> dict[str, set[tuple[str, str, int, int]]]:
    """Return by document the spans of chunks that are taken down: version and characters."""
    active = overlay(context.lake.denials.active(), {})
    found: dict[str, set[tuple[str, str, int, int]]] = {}
    if active.chunks:
        rows = context.lake.gold.rows(
            'SELECT doc_id, content_hash, silver_id, start, "end" FROM t WHERE '
            + among("chunk_id", sorted(active.chunks))
        )
        for document, content, silver, start, end in zip(
            *(rows.column(name).to_pylist() for name in rows.column_names), strict=True
        ):
            found.setdefault(document, set()).add((content, silver, start, end))
    return found


def _copy(
    context: Context,
    target: Context,
    source_id: str,
    key: bytes,
    out: Mapping[str, set[tuple[str, str, int, int]]],
    done: Exported,
    *,
    models: bool,
) -> None:
    documents = [d for d in standing(context, source_id) if d.content_hash is not None]
    narrowed = overlay(context.lake.denials.active(), {})
    written = 0
    with context.progress.bar(f"mask {source_id}", len(documents), "documents") as step:
        for start in range(0, len(documents), BATCH):
            batch = documents[start : start + BATCH]
            made = list(_masked(context, batch, key, out, done, models=models))
            rows = [
                _rows(target, source_id, document, narrowed.groups_of(document.doc_id,
                      document.row["groups"]), masked, beside)
                for document, masked, beside in made
            ]  # fmt: skip
            target.lake.bronze.append(pa.Table.from_pylist([b for b, _ in rows], schema=BRONZE))
            target.lake.silver.append(pa.Table.from_pylist([s for _, s in rows], schema=SILVER))
            written += len(rows)
            step(len(batch))
    done.documents += written
    _note_listing(context, target, source_id, written)


def _masked(
    context: Context,
    batch: Sequence[Current],
    key: bytes,
    out: Mapping[str, set[tuple[str, str, int, int]]],
    done: Exported,
    *,
    models: bool,
) -> Iterator[tuple[Current, Document, dict[str, Any]]]:
    by_id = {document.doc_id: document for document in batch}
    rows = {row["doc_id"]: row for row in context.ledger.silver_rows(batch).to_pylist()}

    def jobs() -> Iterator[Job]:
        for document in batch:
            version = (document.content_hash, document.silver_id)
            cut = [(s, e) for *held, s, e in out.get(document.doc_id, ()) if tuple(held) == version]
            beside = {
                "key": document.row["key"],
                "uri": document.row["uri"],
                "metadata": json.loads(document.row["metadata"] or "{}"),
            }
            args = (_document(rows[document.doc_id]), beside, sorted(cut), key)
            yield Job(document.doc_id, args, {"models": models})

    for name, result in context.workers.each(_FUNCTION, jobs()):
        if isinstance(result, Quarantine):
            done.left_out[result.rule] = done.left_out.get(result.rule, 0) + 1
            continue
        masked, beside, counts = result
        for rule, count in counts.items():
            done.findings[rule] = done.findings.get(rule, 0) + count
        yield by_id[name], masked, beside


def _document(row: Mapping[str, Any]) -> Document:
    elements = tuple(
        Element(**{**element, "headings": tuple(element["headings"] or ())})
        for element in row["elements"] or ()
    )
    return Document(
        row["text"], elements, row["title"], row["language"], row["media_type"], row["pages"],
        json.loads(row["metadata"] or "{}"),
    )  # fmt: skip


def _rows(
    target: Context,
    source_id: str,
    current: Current,
    groups: Sequence[str],
    masked: Document,
    beside: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the bronze and silver rows of a masked document, its object being its text."""
    if target.settings.source(source_id).type == "records":
        row = {"text": masked.text, "title": masked.title, "metadata": dict(masked.metadata)}
        data = json.dumps(row, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")
    else:
        data = masked.text.encode("utf-8", "surrogatepass")
    old = current.row
    content = content_hash(data)
    target.lake.blobs.put(data)
    document = doc_id(source_id, beside["key"])
    bronze = {
        **old,
        "doc_id": document,
        "key": beside["key"],
        "uri": beside["uri"],
        "metadata": json.dumps(beside["metadata"], ensure_ascii=False, sort_keys=True),
        "groups": list(groups),
        "content_hash": content,
        "size": len(data),
        "etag": None,  # may be a hash of the original
        "moved_from": None,
        "rule": None,
        "reason": None,
        "run_id": target.run_id,
    }
    silver = {
        "doc_id": document,
        "source_id": source_id,
        "content_hash": content,
        "silver_id": target.silver_id(source_id),
        "status": "ok",
        **columns(masked),
        "masked_from": None,
        "parsed_at": target.clock.now(),
        "run_id": target.run_id,
    }
    return bronze, silver


def _note_listing(context: Context, target: Context, source_id: str, count: int) -> None:
    """Note the listing that the copy reflects: its as-of is that of what was copied."""
    newest = context.lake.journal.latest("listing").get(source_id)
    body = {
        "listed_at": newest.body["listed_at"] if newest else iso(context.clock.now()),
        "complete": True,
        "objects": count,
        "excluded": 0,
        "problems": [],
        "deferred": 0,
        "entered": count,
        "measured": [],
    }
    target.lake.journal.add(target.run_id, "listing", source_id, body)
