"""One source on its way into an export: masked document by document, then written.

What a document is called can be told once all documents were looked into. Until then they wait,
masked, in a temporary file.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa

from chunking.gold import read_document
from freshground.core.clock import iso
from freshground.core.errors import Quarantine
from freshground.core.ids import digest, doc_id
from freshground.lake.schemas import BRONZE, SILVER
from freshground.lake.tables import among
from freshground.service.admission.standing import standing
from freshground.service.denial.overlay import overlay
from freshground.service.masking.addresses import Addresses
from freshground.service.workers.pool import Job
from ingestion.silver import columns
from quality.admission.pseudonyms import Pseudonyms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from freshground.core.records import Document
    from freshground.service.context import Context
    from freshground.service.denial.overlay import Overlay
    from freshground.service.masking.addresses import Known
    from freshground.service.masking.work import Masked

BATCH = 100
_FUNCTION = "freshground.service.masking.work:masked"

Spans = dict[tuple[str, str, str], list[tuple[int, int]]]
"""Characters, half open, by doc_id, content_hash and silver_id."""


class Copying:
    """What of one source production may serve, on its way from there to `target`."""

    def __init__(
        self, context: Context, target: Context, source_id: str, key: bytes, spool: IO[bytes]
    ) -> None:
        self._context = context
        self._target = target
        self._source_id = source_id
        self._key = key
        self._spool = spool
        current = standing(context, source_id)
        self._documents = {d.doc_id: d for d in current if d.content_hash is not None}
        self._narrowed = overlay(context.lake.denials.active(), {})
        self._masked: list[str] = []

    def mask(self, *, models: bool) -> Iterator[Masked | Quarantine]:
        """Mask every document; yield what was found in each, or why it stays out."""
        name, size = f"mask {self._source_id}", len(self._documents)
        with self._context.progress.bar(name, size, "documents") as step:
            jobs = self._jobs(models=models)
            for document, result in self._context.workers.each(_FUNCTION, jobs):
                step(1)
                if not isinstance(result, Quarantine):
                    pickle.dump(result.document, self._spool)
                    self._masked.append(document)
                yield result

    def _jobs(self, *, models: bool) -> Iterator[Job]:
        out = _taken_out(self._context, self._narrowed)
        wanted = list(self._documents.values())
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            for row in self._context.ledger.silver_rows(batch).to_pylist():
                cut = out.get((row["doc_id"], row["content_hash"], row["silver_id"]), [])
                args = (read_document(row), cut, self._key)
                yield Job(row["doc_id"], args, {"models": models})

    def write(self, known: Known) -> int:
        """Write what was masked as objects and silver rows; return how many documents.

        `known` are the values found in the documents of all sources.
        """
        objects = self._context.ledger.objects(self._source_id)
        addresses = Addresses(self._source_id, objects, known, Pseudonyms(self._key))
        lake = self._target.lake
        self._spool.seek(0)
        for start in range(0, len(self._masked), BATCH):
            bronze, silver = [], []
            for name in self._masked[start : start + BATCH]:
                document = pickle.load(self._spool)  # noqa: S301 - `mask` wrote it, a nameless file
                # What a message says of its attachments may name what was found in these.
                document = replace(document, metadata=addresses.masked(dict(document.metadata)))
                data = self._data(document)
                said = {"content_hash": lake.blobs.put(data), "size": len(data)}
                bronze.append(self._bronze(self._documents[name].row, addresses) | said)
                silver.append(self._silver(bronze[-1], document))
            lake.bronze.append(pa.Table.from_pylist(bronze, schema=BRONZE))
            lake.silver.append(pa.Table.from_pylist(silver, schema=SILVER))
        archives = [
            self._bronze(objects[name], addresses)
            | {"content_hash": f"none:{digest('archive', name)}", "size": None, "holds": len(parts)}
            for name, parts in _archives(objects, self._masked).items()
        ]
        lake.bronze.append(pa.Table.from_pylist(archives, schema=BRONZE))
        self._note_listing(len(self._masked) + len(archives))
        return len(self._masked)

    def _data(self, document: Document) -> bytes:
        """Return the object that a masked document becomes: its text."""
        if self._target.settings.source(self._source_id).type != "records":
            return document.text.encode("utf-8", "surrogatepass")
        row = {"text": document.text, "title": document.title, "metadata": dict(document.metadata)}
        return json.dumps(row, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")

    def _bronze(self, row: Mapping[str, Any], addresses: Addresses) -> dict[str, Any]:
        beside = addresses.of(row)
        return {
            **row,
            "doc_id": doc_id(self._source_id, beside.key),
            "key": beside.key,
            "uri": beside.uri,
            "metadata": json.dumps(beside.metadata, ensure_ascii=False, sort_keys=True),
            "groups": self._narrowed.groups_of(row["doc_id"], row["groups"]),
            "etag": None,  # may be a hash of the original
            "moved_from": None,
            "parent": beside.parent,
            "rule": None,
            "reason": None,
            "run_id": self._target.run_id,
        }

    def _silver(self, bronze: Mapping[str, Any], document: Document) -> dict[str, Any]:
        return {
            **{name: bronze[name] for name in ("doc_id", "source_id", "content_hash", "run_id")},
            "silver_id": self._target.silver_id(self._source_id),
            "status": "ok",
            **columns(document),
            "masked_from": None,
            "parsed_at": self._target.clock.now(),
        }

    def _note_listing(self, count: int) -> None:
        """Note the listing that the copy reflects: its as-of is that of what was copied."""
        newest = self._context.lake.journal.latest("listing").get(self._source_id)
        body = {
            "listed_at": newest.body["listed_at"] if newest else iso(self._context.clock.now()),
            "complete": True,
            "objects": count,
            "excluded": 0,
            "problems": [],
            "deferred": 0,
            "entered": count,
            "measured": [],
        }
        self._target.lake.journal.add(self._target.run_id, "listing", self._source_id, body)


def _archives(
    objects: Mapping[str, Mapping[str, Any]], documents: list[str]
) -> dict[str, set[str]]:
    """Return the archives that documents lie in, at any depth, with what of it is in each."""
    found: dict[str, set[str]] = {}
    for document in documents:
        name = document
        while (above := objects[name]["parent"]) in objects:
            if objects[above]["holds"] is not None:
                found.setdefault(above, set()).add(name)
            name = above
    return found


def _taken_out(context: Context, active: Overlay) -> Spans:
    """Return the spans of chunks that are taken down."""
    found: Spans = {}
    if active.chunks:
        rows = context.lake.gold.rows(
            'SELECT doc_id, content_hash, silver_id, start, "end" FROM t WHERE '
            + among("chunk_id", sorted(active.chunks))
        )
        for *version, start, end in zip(
            *(rows.column(name).to_pylist() for name in rows.column_names), strict=True
        ):
            found.setdefault(tuple(version), []).append((start, end))
    return found
