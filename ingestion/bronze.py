"""Writes bronze: objects exactly as they came, every version, and which of them are live."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from freshground.core.columns import Columns
from freshground.core.errors import FreshgroundError, Quarantine, Retriable
from freshground.core.ids import content_hash, digest, doc_id
from freshground.lake.schemas import BRONZE
from ingestion.changes import UNREADABLE, Changes, metadata_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from freshground.core.records import Fetched, Listing, ObjectStat, Source
    from freshground.lake.lake import Lake

BATCH_OBJECTS = 500
BATCH_BYTES = 64_000_000


@dataclass
class BronzeReport:
    """Counts of one ingest, and the metrics of the rows written, for the checks.

    `vanished` counts new objects that were gone before they could be read.
    """

    added: int = 0
    changed: int = 0
    touched: int = 0
    verified: int = 0
    removed: int = 0
    moved: int = 0
    described: int = 0
    unchanged: int = 0
    vanished: int = 0
    unreadable: int = 0
    metrics: Columns = field(default_factory=Columns)

    def add(self, other: BronzeReport) -> None:
        """Take in what a second look at the same listing wrote; what was unchanged is the same."""
        for name, value in vars(other).items():
            if name not in ("metrics", "unchanged"):
                setattr(self, name, getattr(self, name) + value)
        self.metrics.extend(other.metrics)


def moves(deleted: Iterable[Mapping[str, Any]], hashes: Mapping[str, str]) -> dict[str, str]:
    """Return new doc_id -> old doc_id for added documents that hold a deleted one's bytes.

    `hashes` gives the content hash of each added doc_id. Each deleted document moves once, in the
    order of ids, so that the answer is the same everywhere.
    """
    old: dict[str, list[str]] = defaultdict(list)
    for row in sorted(deleted, key=lambda r: r["doc_id"], reverse=True):
        old[row["content_hash"]].append(row["doc_id"])
    found: dict[str, str] = {}
    for new, value in sorted(hashes.items()):
        if old.get(value):
            found[new] = old[value].pop()
    return found


class _Writer:
    """Collects rows and writes them batch by batch; their bytes lie in the lake before."""

    def __init__(self, lake: Lake, report: BronzeReport) -> None:
        self._lake = lake
        self._report = report
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0

    def add(self, row: dict[str, Any], size: int = 0) -> None:
        self._rows.append(row)
        self._bytes += size
        if len(self._rows) >= BATCH_OBJECTS or self._bytes >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        self._lake.bronze.append(pa.Table.from_pylist(self._rows, schema=BRONZE))
        for row in self._rows:
            if row["state"] == "live":
                self._report.metrics.add(**_metrics(row))
        self._rows, self._bytes = [], 0


def write(
    lake: Lake,
    source: Source,
    listing: Listing,
    changes: Changes,
    known: Mapping[str, Mapping[str, Any]],
    run_id: str,
    progress: Callable[[int], None],
) -> BronzeReport:
    """Read what may be new and record every change; deletions last.

    Killed anywhere, the next listing finds the rest. `progress` counts objects read.
    """
    report = BronzeReport(unchanged=changes.unchanged)
    writer = _Writer(lake, report)
    new_hashes: dict[str, str] = {}
    old = {r["content_hash"]: r["doc_id"] for r in changes.deleted}
    pending_moves: list[dict[str, Any]] = []
    for item in source.fetch([*changes.added, *changes.suspects]):
        progress(1)
        document = doc_id(source.id, item.stat.key)
        before = known.get(document)
        live = before if before is not None and before["state"] == "live" else None
        if item.data is None and item.error is None:
            # A known object that vanishes stays live until the next listing lacks it.
            report.vanished += live is None
            continue
        row = _row(lake, listing, item, live, run_id)
        if live is None:
            report.added += 1
            new_hashes[document] = row["content_hash"]
        elif row["content_hash"] != live["content_hash"]:
            report.changed += 1
        elif row["rule"] == UNREADABLE:
            report.unreadable += 1
            continue
        elif item.stat.modified_at != live["touched_at"] or item.stat.etag != live["etag"]:
            report.touched += 1
        else:
            report.verified += 1
        report.unreadable += row["rule"] == UNREADABLE
        if live is None and row["content_hash"] in old:
            pending_moves.append(row)
        else:
            writer.add(row, row["size"] or 0)
    moved = moves(changes.deleted, new_hashes)
    for row in pending_moves:
        writer.add({**row, "moved_from": moved.get(row["doc_id"])})
    for stat in changes.described:
        before = known[doc_id(source.id, stat.key)]
        writer.add(
            {**before, **_described(stat), "listed_at": listing.started_at, "run_id": run_id}
        )
        report.described += 1
    gone = set(moved.values())
    for row in changes.deleted:
        writer.add(
            {
                **row,
                "state": "deleted",
                "listed_at": listing.started_at,
                "rule": "moved" if row["doc_id"] in gone else None,
                "reason": None,
                "run_id": run_id,
            }
        )
    writer.flush()
    report.moved = len(moved)
    report.removed = len(changes.deleted)
    return report


def _described(stat: ObjectStat) -> dict[str, Any]:
    return {
        "key": stat.key,
        "uri": stat.uri,
        "groups": list(stat.groups),
        "metadata": metadata_text(stat),
        "parent": stat.parent,
        "holds": stat.holds,
        "touched_at": stat.modified_at,
        "etag": stat.etag,
    }


def _row(
    lake: Lake,
    listing: Listing,
    item: Fetched,
    live: Mapping[str, Any] | None,
    run_id: str,
) -> dict[str, Any]:
    """Return the bronze row of one object that was read, its bytes kept."""
    stat = item.stat
    rule = reason = None
    if item.data is not None:
        held = live["content_hash"] if live else None
        value = content_hash(item.data)
        if value != held:
            lake.blobs.put(item.data)
    else:
        rule, reason = _why(item.error)
        value = "none:" + digest(rule, str(stat.size), stat.etag or str(stat.modified_at))
    same = live is not None and live["content_hash"] == value
    first = live["first_listed_at"] if same and live else listing.started_at
    return {
        "doc_id": doc_id(listing.source_id, stat.key),
        "source_id": listing.source_id,
        "state": "live",
        "content_hash": value,
        "size": stat.size,
        "modified_at": live["modified_at"] if same and live else stat.modified_at,
        "listed_at": listing.started_at,
        "hashed_at": listing.started_at,
        "first_listed_at": first,
        "moved_from": live["moved_from"] if live else None,
        "rule": rule,
        "reason": reason,
        "run_id": run_id,
        **_described(stat),
    }


def _metrics(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the measures that the bronze suite judges."""
    at = row["modified_at"]
    return {
        "doc_id": row["doc_id"],
        "key": row["key"],
        "content_hash": row["content_hash"],
        "size": row["size"],
        "groups_known": bool(row["groups"]),
        "seconds_ahead": max(0.0, (at - row["listed_at"]).total_seconds()) if at else None,
    }


def _why(error: FreshgroundError | None) -> tuple[str, str]:
    """Return rule and reason of an object without bytes; other errors end the ingest."""
    if isinstance(error, Quarantine):
        return error.rule, str(error)
    if isinstance(error, Retriable):
        return UNREADABLE, str(error)
    if error is None:
        raise ValueError("an object without bytes and without an error has vanished")
    raise error
