"""Bronze: one row for each object version that came in.

| column        | type          | null | meaning                                              |
|---------------|---------------|------|------------------------------------------------------|
| doc_id        | str           | no   | id of the document                                   |
| key           | str           | no   | the source's key                                     |
| content_hash  | str           | no   | SHA-256 of the bytes                                 |
| size          | int           | no   | bytes                                                |
| seconds_ahead | float         | yes  | `modified_at` minus the listing's start, in seconds  |
| groups_known  | bool          | no   | whether the source said who may read it              |

No limits.
"""

from __future__ import annotations

from quality.expectations.suite import Between, Flag, Present, Rule, Suite, Unique

CLOCK_SKEW_SECONDS = 300.0

SUITE = Suite(
    layer="bronze",
    columns=("doc_id", "key", "content_hash", "size", "seconds_ahead", "groups_known"),
    rules=(
        # A row without a document id is named by its content: a key may be a person's name.
        Rule(
            "doc_id_present",
            "critical",
            "doc_id",
            Present(),
            "objects without a document id cannot be followed; list the source again.",
            sample="content_hash",
        ),
        Rule(
            "key_present",
            "critical",
            "key",
            Present(),
            "objects without a key cannot be fetched again; mend the source.",
            sample="doc_id",
        ),
        Rule(
            "content_hash_present",
            "critical",
            "content_hash",
            Present(),
            "objects without a content hash cannot be told from their next version; fetch again.",
            sample="doc_id",
        ),
        Rule(
            "doc_id_unique",
            "critical",
            "doc_id",
            Unique(),
            "one document stands more than once in the listing; the source repeats a key.",
            sample="doc_id",
            nullable=True,
        ),
        Rule(
            "size_positive",
            "warning",
            "size",
            Between(low=1.0),
            "objects are empty; look whether the source was still writing them.",
            sample="doc_id",
        ),
        Rule(
            "access_known",
            "warning",
            "groups_known",
            Flag(),
            "objects whose access is unknown are served to nobody; declare their groups.",
            sample="doc_id",
        ),
        Rule(
            "modified_not_in_future",
            "warning",
            "seconds_ahead",
            Between(high=CLOCK_SKEW_SECONDS),
            "objects are dated after their listing; check the clock of the source.",
            sample="doc_id",
            nullable=True,
        ),
    ),
)
