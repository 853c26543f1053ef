"""One Arrow schema a table. `FORMAT` counts every change of any of them."""

from __future__ import annotations

import pyarrow as pa

FORMAT = 2

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

HIDDEN = pa.struct(
    [("kind", pa.string()), ("text", pa.string()), ("at", pa.int64()), ("page", pa.int32())]
)

FINDING = pa.struct(
    [
        ("rule", pa.string()),
        ("version", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("confidence", pa.float64()),
        ("evidence", pa.string()),  # in words, never the text
        ("hidden", pa.int32()),
    ]
)

REASON = pa.struct(
    [
        ("rule", pa.string()),
        ("version", pa.string()),
        ("action", pa.string()),
        ("findings", pa.int32()),
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
        ("parent", pa.string()),  # doc_id of the archive or message that it is a part of
        ("holds", pa.int64()),  # parts of what is nothing but its parts: no document itself
        ("rule", pa.string()),  # why there are no bytes
        ("reason", pa.string()),
        ("run_id", pa.string()),
    ]
)

PART = pa.struct(
    [
        ("name", pa.string()),  # safe, and unique in its container
        ("content_hash", pa.string()),  # its bytes lie among the blobs; null where rule says why
        ("size", pa.int64()),
        ("likely", pa.string()),  # the kind of container that it may be in turn
        ("rule", pa.string()),
        ("reason", pa.string()),
    ]
)

CONTAINERS = pa.schema(
    [
        ("source_id", pa.string()),
        ("content_hash", pa.string()),  # of the object's bytes
        ("opened_by", pa.string()),  # the program that opened it, and its limits
        ("kind", pa.string()),  # null: no container
        ("bare", pa.bool_()),  # has no text of its own
        ("parts", pa.list_(PART)),  # of one level
        ("rule", pa.string()),  # why it could not be opened
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
        ("hidden", pa.list_(HIDDEN)),  # what readers do not see: for admission alone
        ("masked_from", pa.string()),  # silver_id of the row that this one masks, null of others
        ("parsed_at", _TIME),
        ("run_id", pa.string()),
    ]
)

ADMISSIONS = pa.schema(
    [
        ("doc_id", pa.string()),
        ("source_id", pa.string()),
        ("content_hash", pa.string()),
        ("silver_id", pa.string()),
        ("rules", _TEXTS),  # "rule@version" of what looked at it for this row
        ("findings", pa.list_(FINDING)),  # of these rules alone
        ("scores", pa.string()),  # JSON
        ("policy_id", pa.string()),  # what the verdict was made by
        ("verdict", pa.string()),  # serve, mask, restrict or quarantine
        ("reasons", pa.list_(REASON)),
        ("masked_id", pa.string()),  # silver_id of the masked row, where one is served
        ("groups", _TEXTS),  # who alone may read it, where it is restricted
        ("judged_at", _TIME),
        ("run_id", pa.string()),
    ]
)

SIGNATURES = pa.schema(
    [
        ("doc_id", pa.string()),
        ("source_id", pa.string()),
        ("content_hash", pa.string()),
        ("silver_id", pa.string()),
        ("made_by", pa.string()),  # the method and its parameters
        ("text_hash", pa.string()),  # of the normalised text: equal texts are exact duplicates
        ("signature", pa.binary()),
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
        ("language", pa.string()),  # of the chunk: ISO 639-1, null where it is not known
        ("table_header", pa.string()),  # first row of the table that it goes on with
        ("cells", pa.string()),  # ranges of a sheet that it holds
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
    "containers": CONTAINERS,
    "silver": SILVER,
    "admissions": ADMISSIONS,
    "signatures": SIGNATURES,
    "gold": GOLD,
    "vectors": VECTORS,
    "journal": JOURNAL,
    "publications": PUBLICATIONS,
}
