"""Candidate: one row for each chunk that was written, and totals of the whole candidate.

Rows that were carried over from the live release were judged with it; that they are still the same
is what the totals say.

| column        | type  | null | meaning                                 |
|---------------|-------|------|-----------------------------------------|
| chunk_id      | str   | no   | id of the chunk                         |
| doc_id        | str   | no   | id of its document                      |
| vector_length | int   | no   | numbers in the vector                   |
| vector_norm   | float | no   | Euclidean length of the vector          |
| has_document  | bool  | no   | gold holds the document for this index  |
| row_hash      | str   | no   | 32 hex digits                           |

Limits: `dimensions`, `expected_rows` and `expected_documents` (what gold holds), `rows_in_engine`
and `documents_in_engine` (read back from the engine), `hash_matches` (1 when the sum of row hashes
equals gold's, else 0) and, if an index without rows is wanted, `empty_allowed` (1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.expectations.suite import (
    ROWS,
    Between,
    Flag,
    Prepared,
    Present,
    Rule,
    Suite,
    Unique,
    limit,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

TOTALS = "totals"
NORM_TOLERANCE = 1e-3


def _prepare(frame: pd.DataFrame, limits: Mapping[str, float]) -> Prepared:
    """Add the part `totals`, one row, and the limit `min_rows`."""
    import pandas as pd

    totals = pd.DataFrame(
        {
            "rows_in_engine": [limit(limits, "rows_in_engine", "candidate.count_parity")],
            "documents": [limit(limits, "documents_in_engine", "candidate.document_parity")],
            "hash_matches": [limit(limits, "hash_matches", "candidate.row_hash_matches")],
        }
    )
    empty_allowed = limits.get("empty_allowed", 0) == 1
    return {ROWS: frame, TOTALS: totals}, {**limits, "min_rows": 0.0 if empty_allowed else 1.0}


SUITE = Suite(
    layer="candidate",
    columns=("chunk_id", "doc_id", "vector_length", "vector_norm", "has_document", "row_hash"),
    prepare=_prepare,
    rules=(
        Rule(
            "chunk_id_unique",
            "critical",
            "chunk_id",
            Unique(),
            "the engine holds chunks more than once; build the candidate again.",
            sample="chunk_id",
        ),
        Rule(
            "vector_length",
            "critical",
            "vector_length",
            Between("dimensions", "dimensions"),
            "vectors are of another embedding space; build the candidate again.",
            sample="chunk_id",
        ),
        Rule(
            "vector_norm",
            "critical",
            "vector_norm",
            Between(1 - NORM_TOLERANCE, 1 + NORM_TOLERANCE),
            "vectors are not of unit length, so their scores would be wrong; embed them again.",
            sample="chunk_id",
        ),
        Rule(
            "no_orphan",
            "critical",
            "has_document",
            Flag(),
            "the engine holds chunks of no document of this index; build the candidate again.",
            sample="chunk_id",
        ),
        Rule(
            "row_hash_present",
            "critical",
            "row_hash",
            Present(),
            "rows without a hash cannot be compared with gold; build the candidate again.",
            sample="chunk_id",
        ),
        Rule(
            "count_parity",
            "critical",
            "rows_in_engine",
            Between("expected_rows", "expected_rows"),
            "the engine holds another number of rows than gold; build the candidate again.",
            sample=None,
            part=TOTALS,
        ),
        Rule(
            "document_parity",
            "critical",
            "documents",
            Between("expected_documents", "expected_documents"),
            "the engine holds another number of documents than gold; build the candidate again.",
            sample=None,
            part=TOTALS,
        ),
        Rule(
            "row_hash_matches",
            "critical",
            "hash_matches",
            Between(1.0, 1.0),
            "the engine's rows differ from gold's; build the candidate again.",
            sample=None,
            part=TOTALS,
        ),
        Rule(
            "not_empty",
            "critical",
            "rows_in_engine",
            Between(low="min_rows"),
            "the index would become empty; check its sources, or allow it to be empty.",
            sample=None,
            part=TOTALS,
        ),
    ),
)
