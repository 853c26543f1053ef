"""Writes publications: which version of which document a candidate brings, and since when it waits.

The rows are written before the candidate is published and count once a pointer names it, so that
none is lost and none lies. From them come the freshness lags.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from freshground.lake.schemas import PUBLICATIONS
from freshground.lake.tables import among, quoted, records

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from freshground.lake.lake import Lake
    from freshground.lake.ledger import Current
    from indexes.plan import IndexPlan

_IDS_AT_ONCE = 2_000


def waiting_since(
    modified_at: datetime | None, observed_at: datetime, before: datetime | None
) -> datetime:
    """Return the moment from which a version's freshness lag counts.

    `observed_at` is the start of the listing that first saw it, `before` that of the complete
    listing before. A time of modification counts if it lies between the two. A file that arrives
    with an older date, or at the first listing of all, could not have been seen earlier than it
    was; nor can a source's clock that runs ahead make a lag negative.
    """
    if modified_at is None or before is None or not before < modified_at <= observed_at:
        return observed_at
    return modified_at


def last_before(listings: Sequence[datetime], at: datetime) -> datetime | None:
    """Return the newest of the sorted listings that started before `at`."""
    place = bisect_left(listings, at)
    return listings[place - 1] if place else None


def write(
    lake: Lake,
    index_id: str,
    candidate: str,
    plan: IndexPlan,
    deleted: Mapping[str, Mapping[str, Any]],
    listings: Mapping[str, Sequence[datetime]],
    published: Collection[str],
    built_at: datetime,
    run_id: str,
) -> int:
    """Record what a plan changes in an index; return the number of rows.

    `deleted` gives the newest bronze row of the removed documents that their source deleted,
    `listings` the sorted starts of each source's complete listings, `published` the candidates that
    were published so far. A document that is only
    written in another way (another chunker, a new model) is no publication.
    """
    known = _last(lake, index_id, [d.doc_id for d in plan.written], published)
    rows: list[dict[str, Any]] = []
    for change, documents in (("added", plan.added), ("edited", plan.changed)):
        for document in documents:
            row = _version(document, known.get(document.doc_id), change, listings)
            if row is not None:
                rows.append(row)
    for doc_id in plan.removed:
        gone = deleted.get(doc_id)
        if gone is not None:
            rows.append(_removal(gone, listings))
    shared = {
        "index_id": index_id,
        "candidate": candidate,
        "built_at": built_at,
        "run_id": run_id,
    }
    lake.publications.append(
        pa.Table.from_pylist([{**row, **shared} for row in rows], schema=PUBLICATIONS)
    )
    return len(rows)


def _version(
    document: Current,
    known: Mapping[str, Any] | None,
    change: str,
    listings: Mapping[str, Sequence[datetime]],
) -> dict[str, Any] | None:
    row = document.row
    starts = listings.get(row["source_id"], ())
    shared = {
        "doc_id": document.doc_id,
        "source_id": row["source_id"],
        "content_hash": document.content_hash,
        "groups": list(row["groups"]),
        "modified_at": row["modified_at"],
        "observed_at": row["first_listed_at"],
        "listed_at": row["listed_at"],
    }
    if document.content_hash != row["content_hash"]:
        # The last good version goes on being served: that publishes nothing new.
        return None
    if known is None or known["content_hash"] != document.content_hash:
        observed = row["first_listed_at"]
        since = waiting_since(row["modified_at"], observed, last_before(starts, observed))
        return {**shared, "change": change, "since": since}
    if change == "added":
        return {**shared, "change": "added", "since": row["listed_at"]}
    if list(known["groups"] or ()) != list(row["groups"]):
        # The source tells no time of such a change: it is younger than the listing before.
        since = last_before(starts, row["listed_at"]) or row["listed_at"]
        return {**shared, "change": "described", "since": since}
    return None


def _removal(row: Mapping[str, Any], listings: Mapping[str, Sequence[datetime]]) -> dict[str, Any]:
    """A deletion waits since the last listing that still held the document."""
    at = row["listed_at"]
    return {
        "doc_id": row["doc_id"],
        "source_id": row["source_id"],
        "content_hash": row["content_hash"],
        "groups": list(row["groups"]),
        "modified_at": row["modified_at"],
        "observed_at": row["first_listed_at"],
        "listed_at": at,
        "change": "removed",
        "since": last_before(listings.get(row["source_id"], ()), at) or at,
    }


def _last(
    lake: Lake, index_id: str, doc_ids: Sequence[str], published: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Return the newest published row of documents of an index, by doc_id; none once removed."""
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(doc_ids), _IDS_AT_ONCE):
        ids = among("doc_id", doc_ids[start : start + _IDS_AT_ONCE])
        table = lake.publications.rows(
            "SELECT candidate, doc_id, content_hash, groups, change FROM t "
            f"WHERE index_id = {quoted([index_id])} AND {ids} ORDER BY built_at"
        )
        found |= {r["doc_id"]: r for r in records(table) if r["candidate"] in published}
    return {doc_id: row for doc_id, row in found.items() if row["change"] != "removed"}


def read(
    lake: Lake, index_id: str, published: Mapping[str, datetime], since: datetime
) -> list[dict[str, Any]]:
    """Return the publications whose candidate was published after `since`, oldest first.

    `published` maps candidates to the moment of their first publication. Each row has
    `published_at` and `lag_s`, its freshness lag in seconds.
    """
    wanted = {c: at for c, at in published.items() if at >= since}
    if not wanted:
        return []
    key = (index_id, tuple(wanted.items()))
    return list(lake.publications.kept(key, lambda: _published(lake, index_id, wanted)))


def _published(lake: Lake, index_id: str, wanted: Mapping[str, datetime]) -> list[dict[str, Any]]:
    table = lake.publications.rows(
        "SELECT candidate, doc_id, source_id, change, content_hash, modified_at, observed_at, "
        "listed_at, "
        f"since, built_at FROM t WHERE index_id = {quoted([index_id])} "
        f"AND {among('candidate', list(wanted))}"
    )
    rows = []
    for row in records(table):
        at = wanted[row["candidate"]]
        rows.append({**row, "published_at": at, "lag_s": (at - row["since"]).total_seconds()})
    return sorted(rows, key=lambda row: (row["published_at"], row["doc_id"]))


def columns(lake: Lake, index_id: str) -> pa.Table:
    """Return candidate, source_id, listed_at and since of every row of an index, also unpublished.

    Times are microseconds since 1970.
    """
    table = lake.publications.rows(
        "SELECT candidate, source_id, listed_at, since FROM t "
        f"WHERE index_id = {quoted([index_id])}"
    )
    whole = pa.table(
        {
            name: table.column(name).cast(pa.timestamp("us", "UTC")).cast(pa.int64())
            if name in ("listed_at", "since")
            else table.column(name)
            for name in table.column_names
        }
    )
    return whole.combine_chunks()


def of_document(lake: Lake, index_id: str, doc_id: str) -> list[dict[str, Any]]:
    """Return every row of a document in an index, oldest first, also of unpublished candidates."""
    table = lake.publications.rows(
        f"SELECT * FROM t WHERE index_id = {quoted([index_id])} "
        f"AND doc_id = {quoted([doc_id])} ORDER BY built_at"
    )
    return records(table)
