"""Gold: one row for each chunk.

| column         | type  | null | meaning                                                      |
|----------------|-------|------|--------------------------------------------------------------|
| chunk_id       | str   | no   | id of the chunk                                              |
| doc_id         | str   | no   | id of its document                                           |
| tokens         | int   | no   | tiktoken tokens of the text                                  |
| encoder_tokens | int   | no   | tokens that the encoder reads, special ones included         |
| span_ok        | bool  | no   | the text equals the document's slice of the span             |
| has_document   | bool  | no   | the document is in silver                                    |
| empty          | bool  | no   | the text is blank                                            |
| doc_coverage   | float | yes  | share of the document's text inside chunks, 0 to 1; on one   |
|                |       |      | row of each document, usually the first                      |

Limits: `max_tokens`, `max_encoder_tokens`, `min_coverage`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.expectations.suite import ROWS, Between, Flag, Prepared, Rule, Suite, Unique

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

DOCUMENTS = "documents"


def _prepare(frame: pd.DataFrame, limits: Mapping[str, float]) -> Prepared:
    """Add the part `documents`: one row each, null coverage where nobody measured it."""
    if frame.empty:
        return {ROWS: frame, DOCUMENTS: frame}, limits
    coverage = frame["doc_coverage"].astype("float64")
    documents = coverage.groupby(frame["doc_id"], sort=False).min().reset_index()
    return {ROWS: frame, DOCUMENTS: documents}, limits


SUITE = Suite(
    layer="gold",
    columns=(
        "chunk_id",
        "doc_id",
        "tokens",
        "encoder_tokens",
        "span_ok",
        "has_document",
        "empty",
        "doc_coverage",
    ),
    prepare=_prepare,
    rules=(
        Rule(
            "chunk_id_unique",
            "critical",
            "chunk_id",
            Unique(),
            "chunks share an id, so one would overwrite the other; cut their documents again.",
            sample="chunk_id",
        ),
        Rule(
            "text_present",
            "critical",
            "empty",
            Flag(value=False),
            "chunks are blank; cut their documents again.",
            sample="chunk_id",
        ),
        Rule(
            "tokens_within_bound",
            "critical",
            "tokens",
            Between(1.0, "max_tokens"),
            "chunks are outside the token bound of the settings; cut their documents again.",
            sample="chunk_id",
        ),
        Rule(
            "encoder_tokens_within_bound",
            "critical",
            "encoder_tokens",
            Between(high="max_encoder_tokens"),
            "chunks are longer than the encoder reads, so their ends would not be embedded; "
            "lower chunking.max_tokens or max_encoder_tokens.",
            sample="chunk_id",
        ),
        Rule(
            "span_matches_text",
            "critical",
            "span_ok",
            Flag(),
            "the text of chunks differs from their documents' slices; cut the documents again.",
            sample="chunk_id",
        ),
        Rule(
            "no_orphan",
            "critical",
            "has_document",
            Flag(),
            "chunks belong to no document; remove them by running the stage again.",
            sample="chunk_id",
        ),
        Rule(
            "coverage",
            "critical",
            "doc_coverage",
            Between(low="min_coverage"),
            "text of documents is missing from their chunks, or was not measured; look at how "
            "they are cut, or lower gates.min_coverage.",
            sample="doc_id",
            part=DOCUMENTS,
        ),
    ),
)
