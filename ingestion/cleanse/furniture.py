"""Page furniture: running headers and footers and page numbers, which are no text of the document.

Only blocks that stand in a page's margin are looked at. One goes when the same text, its numbers
aside, stands in the margin of at least three pages and of a third of all, or when it is a page
number: "Page 3 of 9", "3/9", and "3" or "Chapter two 3" where the number counts with the pages.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.parse.blocks import Block

MIN_PAGES = 3
MIN_SHARE = 1 / 3
_DIGITS = re.compile(r"\d+")
_LABELLED = re.compile(
    r"\s*(?:page|p\.|seite|pagina|p\u00e1gina)\s*\d+(?:\s*(?:of|/|von|de|di|sur)\s*\d+)?\s*",
    re.IGNORECASE,
)
_OF = re.compile(r"\s*\d+\s*(?:of|/|von|de|di|sur)\s*\d+\s*", re.IGNORECASE)
_BARE = re.compile(r"\W*(\d{1,4})\W*")
_COUNTED = re.compile(r"(\d{1,4})\s+\D{1,100}|\D{1,100}\s(\d{1,4})")


def drop_furniture(blocks: Sequence[Block], pages: int | None) -> list[Block]:
    """Return the blocks without page furniture. Documents without pages come back as they are."""
    if not pages:
        return list(blocks)
    seen: dict[str, set[int]] = defaultdict(set)
    offsets: dict[int, set[int]] = defaultdict(set)
    for block in blocks:
        if block.margin and block.page is not None:
            seen[_shape(block.text)].add(block.page)
            if (number := _number(block.text)) is not None:
                offsets[number - block.page].add(block.page)

    def is_furniture(block: Block) -> bool:
        if not block.margin or block.page is None:
            return False
        if _LABELLED.fullmatch(block.text) or (pages > 1 and _OF.fullmatch(block.text)):
            return True
        number = _number(block.text)
        counted = 0 if number is None else len(offsets[number - block.page])
        if _BARE.fullmatch(block.text):
            # Numbers alone all look alike with their digits aside; these must count.
            return counted > 1
        return max(counted, len(seen[_shape(block.text)])) >= max(MIN_PAGES, pages * MIN_SHARE)

    return [block for block in blocks if not is_furniture(block)]


def _number(text: str) -> int | None:
    """Return the number that a text begins or ends with, or is, as a page number would."""
    match = _BARE.fullmatch(text) or _COUNTED.fullmatch(" ".join(text.split()))
    return None if match is None else int(next(group for group in match.groups() if group))


def _shape(text: str) -> str:
    return _DIGITS.sub("#", " ".join(text.split()).casefold())
