"""The difference between a listing and what bronze knows. Pure: it reads nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.core.ids import digest, doc_id

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from freshground.core.records import Listing, ObjectStat

UNREADABLE = "unreadable"
"""The rule of an object that could not be read: it is tried again at each listing."""

_CLOCK_GRAIN = timedelta(seconds=2)
"""A file changed within this time of being hashed may have changed again unseen: FAT's grain."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a listing means. Each list is in the listing's order.

    `added` are unknown, `suspects` may hold new bytes and must be read, `described` have the same
    bytes and other groups, metadata or address. `deleted` are bronze rows that the listing lacks:
    empty for an incomplete listing. `unchanged` counts the rest.
    """

    added: tuple[ObjectStat, ...]
    suspects: tuple[ObjectStat, ...]
    described: tuple[ObjectStat, ...]
    deleted: tuple[dict[str, Any], ...]
    unchanged: int

    @property
    def some(self) -> bool:
        """Whether anything may have changed."""
        return bool(self.added or self.suspects or self.described or self.deleted)


def metadata_text(stat: ObjectStat) -> str:
    """Return an object's metadata as canonical JSON."""
    return json.dumps(dict(stat.metadata), sort_keys=True, ensure_ascii=False, default=str)


def listing_digest(listing: Listing) -> str:
    """Return the identity of what a listing saw, whenever it was taken."""
    return digest(
        listing.source_id,
        "\n".join(listing.problems),
        *(
            digest(
                stat.key,
                stat.uri,
                str(stat.size),
                str(iso(stat.modified_at)),
                str(stat.etag),
                "\n".join(stat.groups),
                metadata_text(stat),
            )
            for stat in listing.objects
        ),
    )


def is_suspect(stat: ObjectStat, row: Mapping[str, Any], at: datetime, verify: timedelta) -> bool:
    """Return whether an object's bytes may differ from those that bronze holds.

    An etag is believed. Without one, size and time are, unless the file is so young at its last
    hashing that a later write could bear the same time.
    """
    if row["rule"] == UNREADABLE or at - row["hashed_at"] >= verify:
        return True
    if stat.etag is not None or row["etag"] is not None:
        return stat.etag != row["etag"]
    if stat.modified_at is None or row["touched_at"] is None:
        return True
    if stat.size != row["size"] or stat.modified_at != row["touched_at"]:
        return True
    return stat.modified_at >= row["hashed_at"] - _CLOCK_GRAIN


def is_described_anew(stat: ObjectStat, row: Mapping[str, Any]) -> bool:
    """Return whether groups, metadata or address differ from what bronze holds."""
    return (
        list(stat.groups) != row["groups"]
        or stat.uri != row["uri"]
        or stat.holds != row.get("holds")
        or ((stat.metadata or row["metadata"] != "{}") and metadata_text(stat) != row["metadata"])
    )


def compare(listing: Listing, known: Mapping[str, Mapping[str, Any]], verify: timedelta) -> Changes:
    """Compare a listing with the newest bronze rows by doc_id, deleted ones included."""
    added: list[ObjectStat] = []
    suspects: list[ObjectStat] = []
    described: list[ObjectStat] = []
    seen: set[str] = set()
    unchanged = 0
    for stat in listing.objects:
        document = doc_id(listing.source_id, stat.key)
        seen.add(document)
        row = known.get(document)
        if row is None or row["state"] == "deleted":
            added.append(stat)
        elif is_suspect(stat, row, listing.started_at, verify):
            suspects.append(stat)
        elif is_described_anew(stat, row):
            described.append(stat)
        else:
            unchanged += 1
    deleted = (
        tuple(dict(r) for k, r in known.items() if r["state"] == "live" and k not in seen)
        if listing.complete
        else ()
    )
    return Changes(tuple(added), tuple(suspects), tuple(described), deleted, unchanged)


def without(
    changes: Changes,
    doc_ids: Collection[str],
    source_id: str,
    known: Mapping[str, Mapping[str, Any]],
) -> Changes:
    """Return changes as if the bytes of some documents were not new yet.

    Their readers, metadata and address do not wait: these are described anew, with time and etag
    left as bronze has them, so that the next listing suspects the bytes again.
    """
    if not doc_ids:
        return changes
    added = tuple(s for s in changes.added if doc_id(source_id, s.key) not in doc_ids)
    suspects: list[ObjectStat] = []
    described = list(changes.described)
    for stat in changes.suspects:
        document = doc_id(source_id, stat.key)
        row = known[document] if document in doc_ids else None
        if row is None:
            suspects.append(stat)
        elif is_described_anew(stat, row):
            described.append(replace(stat, modified_at=row["touched_at"], etag=row["etag"]))
    return replace(changes, added=added, suspects=tuple(suspects), described=tuple(described))
