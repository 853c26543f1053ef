"""Page furniture: running headers and footers and page numbers, which are no text of the document.

Only blocks that stand in a page's margin are looked at. One goes when the same text, its numbers,
dates and months aside, stands in the margin of at least three pages and of a third of all, of a
chapter's run of pages, or of most left or most right pages; or when it is a page number: "Page 3 of
9", "3/9", and "3", "iv" or "Chapter two 3" where the number counts with the pages.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingestion.parse.blocks import Block

MIN_PAGES = 3
MIN_SHARE = 1 / 3
MIN_RUN = 4
"""Pages, each the next or the next but one, that make a run: a chapter's header."""

MIN_SIDE = 0.8
"""The share of left or of right pages, the first page of all aside, that makes a header of that
side in a document too short for the share of all pages."""

_DIGITS = re.compile(r"\d+")
_OF_WORDS = r"(?:of|/|von|de|di|sur|av|af|van|z|из|/)"
_LABELLED = re.compile(
    r"\W*(?:page|p\.|pg\.?|seite|blatt|pagina|p\u00e1gina|p\u00e1g\.?|pag\.?|side|sida|sivu|strana|"
    r"strona|oldal|str\.|страница|стр\.|\u0441\u0442\u043e\u0440\u0456\u043d\u043a\u0430)"
    rf"\s*(?:\d+|[ivxlc]+)(?:\s*{_OF_WORDS}\s*\d+)?\W*"
    r"|\W*\u7b2c?\s*\d+\s*[\u9875\u9801\u30da](?:\u30fc\u30b8)?(?:\s*/?\s*\u5171\s*\d+\s*\u9875)?\W*"
    r"|\W*\d+\s*\ud398\uc774\uc9c0\W*",
    re.IGNORECASE,
)
_OF = re.compile(rf"\W*\d+\s*{_OF_WORDS}\s*\d+\W*", re.IGNORECASE)
_BARE = re.compile(r"\W*(\d{1,4})\W*")
_ROMAN = re.compile(r"\W*([ivxlc]{1,7}|[IVXLC]{1,7})\W*")
_COUNTED = re.compile(r"(\d{1,4})\s+\D{1,100}|\D{1,100}\s(\d{1,4})")
_MONTHS = re.compile(
    r"\b(?:jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|f\u00e9vrier|mar(?:ch|s|z)?|m\u00e4rz|"
    r"apr(?:il)?|avril|ma[iy]|jun[ei]?|juin|jul[iy]?|juillet|aug(?:ust)?|ao\u00fbt|"
    r"sep(?:t(?:ember|embre)?)?|o[ck]t(?:ober|obre)?|nov(?:ember|embre)?|d(?:ec|ez|\u00e9c)(?:ember|"
    r"embre)?)\b\.?"
)
_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


def drop_furniture(blocks: Sequence[Block], pages: int | None) -> list[Block]:
    """Return the blocks without page furniture. Documents without pages come back as they are."""
    if not pages:
        return list(blocks)
    seen: dict[str, set[int]] = defaultdict(set)
    offsets: dict[tuple[str, int], set[int]] = defaultdict(set)
    for block in blocks:
        if block.margin and block.page is not None:
            seen[_shape(block.text)].add(block.page)
            if (number := _number(block.text)) is not None:
                offsets[number[0], number[1] - block.page].add(block.page)
    running = {shape for shape, on in seen.items() if _is_running(on, pages)}

    def is_furniture(block: Block) -> bool:
        if not block.margin or block.page is None:
            return False
        if _LABELLED.fullmatch(block.text) or (pages > 1 and _OF.fullmatch(block.text)):
            return True
        number = _number(block.text)
        counted = 0 if number is None else len(offsets[number[0], number[1] - block.page])
        if number is not None and number[0] != "counted":
            # Numbers alone all look alike with their digits aside; these must count.
            return counted > 1
        return counted >= max(MIN_PAGES, pages * MIN_SHARE) or _shape(block.text) in running

    return [block for block in blocks if not is_furniture(block)]


def _is_running(on: set[int], pages: int) -> bool:
    """Whether what stands in the margins of some pages is a running header or footer."""
    if len(on) >= max(MIN_PAGES, pages * MIN_SHARE) or _longest_run(sorted(on)) >= MIN_RUN:
        return True
    sides = {page % 2 for page in on}
    side = [page for page in range(2, pages + 1) if page % 2 in sides]
    return len(sides) == 1 and len(on) > 1 and len(on) >= MIN_SIDE * len(side)


def _longest_run(on: Sequence[int]) -> int:
    best = run = 1
    for one, other in pairwise(on):
        run = run + 1 if other - one <= 2 else 1  # noqa: PLR2004 - of facing pages, one side each
        best = max(best, run)
    return best


def _number(text: str) -> tuple[str, int] | None:
    """Return the number that a text is, or begins or ends with, and how it is written."""
    if match := _BARE.fullmatch(text):
        return "bare", int(match[1])
    if match := _ROMAN.fullmatch(text):
        value = _roman(match[1].lower())
        return None if value is None else ("roman", value)
    match = _COUNTED.fullmatch(" ".join(text.split()))
    return None if match is None else ("counted", int(match[1] or match[2]))


def _roman(numeral: str) -> int | None:
    """Return the value of a Roman numeral below 400, None where it is not written as one."""
    values = [_VALUES[letter] for letter in numeral]
    signed = (
        -one if one < other else one for one, other in zip(values, [*values[1:], 0], strict=True)
    )
    value = sum(signed)
    return value if "".join(_written(value)) == numeral else None


def _written(value: int) -> Iterable[str]:
    for size, letters in (
        (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"),
        (1, "i"),
    ):  # fmt: skip
        while value >= size:
            yield letters
            value -= size


def _shape(text: str) -> str:
    return _MONTHS.sub("#", _DIGITS.sub("#", " ".join(text.split()).casefold()))
