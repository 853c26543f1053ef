"""One Arrow schema a table. `FORMAT` counts every change of any of them."""

from __future__ import annotations

import pyarrow as pa

FORMAT = 1

_TIME = pa.timestamp("us", "UTC")
_TEXTS = pa.list_(pa.string())

ELEMENT = pa.struct(
    [
        ("kind", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("page", pa.int32()),
        ("level", pa.int32()),
        ("headings", _TEXTS),
    ]
)

BRONZE = pa.schema(
    [
        ("doc_id", pa.string()),
        ("source_id", pa.string()),
        ("key", pa.string()),
        ("uri", pa.string()),
        ("state", pa.string()),  # live or deleted
        ("content_hash", pa.string()),  # SHA-256; of a problem: "none:" and what the stat said
        ("size", pa.int64()),
        ("etag", pa.string()),
        ("modified_at", _TIME),  # when this content was made, as the source says
        ("touched_at", _TIME),  # the source's latest modification time of the same content
        ("listed_at", _TIME),  # start of the listing that this row records
        ("hashed_at", _TIME),  # start of the listing in which the bytes were last hashed
        ("first_listed_at", _TIME),  # start of the listing that first saw this content
        ("groups", _TEXTS),
        ("metadata", pa.string()),  # JSON
        ("moved_from", pa.string()),  # doc_id under the old name
        ("rule", pa.string()),  # why there are no bytes
        ("reason", pa.string()),
        ("run_id", pa.string()),
    ]
)

SILVER = pa.schema(
    [
        ("doc_id", pa.string()),
        ("source_id", pa.string()),
        ("content_hash", pa.string()),
        ("silver_id", pa.string()),  # parser and its settings
        ("status", pa.string()),  # ok or quarantined
        ("rule", pa.string()),
        ("reason", pa.string()),
        ("title", pa.string()),
        ("language", pa.string()),
        ("media_type", pa.string()),
        ("pages", pa.int32()),
        ("text", pa.string()),
        ("elements", pa.list_(ELEMENT)),
        ("metadata", pa.string()),  # JSON
        ("parsed_at", _TIME),
        ("run_id", pa.string()),
    ]
)

GOLD = pa.schema(
    [
        ("doc_id", pa.string()),
        ("source_id", pa.string()),
        ("content_hash", pa.string()),
        ("silver_id", pa.string()),
        ("chunker_id", pa.string()),
        ("ordinal", pa.int32()),  # 0-based; all chunks of a document stand in one commit
        ("chunk_id", pa.string()),
        ("text", pa.string()),
        ("embed_text", pa.string()),
        ("embed_hash", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("page_first", pa.int32()),
        ("page_last", pa.int32()),
        ("headings", _TEXTS),
        ("tokens", pa.int32()),
        ("run_id", pa.string()),
    ]
)

VECTORS = pa.schema(
    [
        ("space_id", pa.string()),
        ("embed_hash", pa.string()),
        ("vector", pa.list_(pa.float32())),
        ("run_id", pa.string()),
    ]
)

JOURNAL = pa.schema(
    [
        ("at", _TIME),
        ("run_id", pa.string()),
        ("kind", pa.string()),  # run, stage, listing, check, guard, release, ...
        ("subject", pa.string()),  # the source's, index's or document's id
        ("body", pa.string()),  # JSON: ids, counts and spans, never document text
    ]
)

PUBLICATIONS = pa.schema(
    [
        ("index_id", pa.string()),
        ("candidate", pa.string()),  # counts once a pointer names it
        ("doc_id", pa.string()),
        ("source_id", pa.string()),
        ("change", pa.string()),  # added, edited, described or removed
        ("content_hash", pa.string()),
        ("groups", _TEXTS),
        ("modified_at", _TIME),  # as the source says
        ("observed_at", _TIME),  # start of the listing that first saw this content
        ("listed_at", _TIME),  # start of the listing that bronze records the change with
        ("since", _TIME),  # what the freshness lag counts from; null where nobody can know
        ("built_at", _TIME),  # when the candidate was begun
        ("run_id", pa.string()),
    ]
)

TABLES = {
    "bronze": BRONZE,
    "silver": SILVER,
    "gold": GOLD,
    "vectors": VECTORS,
    "journal": JOURNAL,
    "publications": PUBLICATIONS,
}
