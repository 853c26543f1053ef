"""Silver: one row for each parsed and cleansed document.

| column            | type  | null | meaning                                                     |
|-------------------|-------|------|-------------------------------------------------------------|
| doc_id            | str   | no   | id of the document                                          |
| chars             | int   | no   | code points of the cleaned text                             |
| elements          | int   | no   | elements of the document                                    |
| spans_ok          | bool  | no   | elements lie inside the text, in order, without overlapping |
| title_present     | bool  | no   | whether the content has a title                             |
| language          | str   | yes  | ISO 639-1 code                                              |
| replacement_share | float | no   | share of U+FFFD in the text, 0 to 1                         |
| quality           | float | no   | how good the text is, 1 for what is in order                |

Limit: `min_quality`, the least of the last that is in order.
"""

from __future__ import annotations

from quality.expectations.suite import Between, Flag, Present, Rule, Suite, Unique

MAX_REPLACEMENT_SHARE = 0.01
MIN_TITLE_SHARE = 0.5
MIN_LANGUAGE_SHARE = 0.8

SUITE = Suite(
    layer="silver",
    columns=(
        "doc_id",
        "chars",
        "elements",
        "spans_ok",
        "title_present",
        "language",
        "replacement_share",
        "quality",
    ),
    rules=(
        Rule(
            "doc_id_unique",
            "critical",
            "doc_id",
            Unique(),
            "one document was parsed into more than one row; run the stage again.",
            sample="doc_id",
        ),
        Rule(
            "text_present",
            "critical",
            "chars",
            Between(low=1.0),
            "documents have no text and should be in quarantine as empty.",
            sample="doc_id",
        ),
        # Chunks are cut from elements: text outside of any would be lost without a trace.
        Rule(
            "elements_present",
            "critical",
            "elements",
            Between(low=1.0),
            "documents have no elements, so no chunks would come of them; look at their parser.",
            sample="doc_id",
        ),
        Rule(
            "spans_in_text",
            "critical",
            "spans_ok",
            Flag(),
            "elements overlap, stand out of order or reach outside the text; look at the parser.",
            sample="doc_id",
        ),
        Rule(
            "replacement_characters",
            "warning",
            "replacement_share",
            Between(high=MAX_REPLACEMENT_SHARE),
            "documents hold many U+FFFD; their encoding was probably guessed wrong.",
            sample="doc_id",
        ),
        Rule(
            "text_quality",
            "warning",
            "quality",
            Between(low="min_quality"),
            "documents are poor text: damaged, repeated or hardly words; their findings of rules "
            "quality.* say why.",
            sample="doc_id",
        ),
        Rule(
            "title_completeness",
            "warning",
            "title_present",
            Flag(),
            "documents have no title in their content, which weakens their chunks in search.",
            sample="doc_id",
            mostly=MIN_TITLE_SHARE,
        ),
        Rule(
            "language_known",
            "warning",
            "language",
            Present(),
            "the language of documents is not known; check that their text was read right.",
            sample="doc_id",
            mostly=MIN_LANGUAGE_SHARE,
        ),
    ),
)
