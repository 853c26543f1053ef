"""The boundaries of two documents, written down.

A change here means that every document is cut anew: raise `chunker.REVISION` with it.
"""

from __future__ import annotations

from chunking_documents import Parts, article, chunker, document

HANDBOOK: Parts = [
    ("title", "Claims handbook"),
    ("text", "This handbook tells adjusters how a claim is handled."),
    ("heading1", "1 Notice"),
    ("text", "The insured gives notice within 14 days. Late notice is accepted for good reason."),
    ("text", "Notice may be given by:"),
    ("list_item", "- telephone"),
    ("list_item", "- letter or e-mail"),
    ("list_item", "- the customer portal"),
    ("heading1", "2 Assessment"),
    ("heading2", "2.1 Desk"),
    ("text", "Claims below 500 EUR are settled at the desk. No surveyor is sent."),
    ("heading2", "2.2 On site"),
    (
        "text",
        (
            "A surveyor visits within five working days. Photographs are taken of every damaged "
            "item. The insured keeps damaged items until the surveyor has seen them."
        ),
    ),
    ("heading1", "3 Payment"),
    ("caption", "Table 1: time limits"),
    ("table", "Amount | Days\nup to 500 | 3\nup to 5,000 | 10\nabove | 30"),
    ("footnote", "Days are working days."),
]


HANDBOOK_GOLDEN: list[tuple[int, int, int, str]] = [
    (0, 244, 53, ""),
    (246, 336, 25, "2 Assessment > 2.1 Desk"),
    (338, 505, 37, "2 Assessment > 2.2 On site"),
    (507, 619, 42, "3 Payment"),
]
ARTICLE_GOLDEN: list[tuple[int, int]] = [
    (0, 366),
    (368, 733),
    (735, 806),
    (807, 1095),
    (1097, 1321),
    (1323, 1541),
    (1543, 1914),
    (1916, 2137),
    (2139, 2521),
    (2522, 2883),
    (2884, 2956),
    (2958, 3184),
    (3186, 3482),
    (3484, 3865),
    (3867, 4026),
    (4027, 4244),
    (4246, 4617),
    (4619, 4924),
    (4926, 5074),
    (5076, 5295),
    (5297, 5515),
    (5517, 5901),
    (5902, 5976),
    (5977, 6050),
]


def test_a_handbook() -> None:
    chunks = chunker(60, limit=80).split(document(HANDBOOK, title="Claims handbook"))
    assert [
        (chunk.start, chunk.end, chunk.tokens, " > ".join(chunk.headings)) for chunk in chunks
    ] == HANDBOOK_GOLDEN


def test_a_long_article() -> None:
    chunks = chunker(60, limit=80).split(document(article(11, 24)))
    assert [(chunk.start, chunk.end) for chunk in chunks] == ARTICLE_GOLDEN
