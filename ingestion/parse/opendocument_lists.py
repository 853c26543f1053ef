"""The numbers that OpenDocument's lists show, which their styles tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ingestion.parse.opendocument_text import TEXT

_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
Levels = dict[tuple[str, str], Any]
MAX_NUMBER = 100_000


@dataclass(slots=True)
class Count:
    """Counts the items of one list; `shape` is how it writes a number, "" for bullets."""

    shape: str = ""
    prefix: str = ""
    suffix: str = ""
    number: int = 0

    @classmethod
    def of(cls, node: Any, levels: Levels) -> Count:
        """Return the count of a list element, by its style or that of the list around it."""
        level = 1
        name = node.get(f"{TEXT}style-name")
        for above in node.iterancestors(f"{TEXT}list"):
            level += 1
            name = name or above.get(f"{TEXT}style-name")
        style = levels.get((name or "", str(level)))
        if style is None:
            return cls()
        start = style.get(f"{TEXT}start-value") or "1"
        return cls(
            style.get(f"{_STYLE}num-format") or "", style.get(f"{_STYLE}num-prefix") or "",
            style.get(f"{_STYLE}num-suffix") or "", _number(start, 1) - 1,
        )  # fmt: skip

    def next(self, item: Any) -> str:
        """Return the marker of the next item, "" for a bullet."""
        self.number = _number(item.get(f"{TEXT}start-value"), self.number + 1)
        shape, number = self.shape, self.number
        if not shape or not 0 < number < MAX_NUMBER:
            return ""
        if shape in "aA":
            letters = ""
            while number:
                number, place = divmod(number - 1, 26)
                letters = chr(ord(shape) + place) + letters
            return f"{self.prefix}{letters}{self.suffix}"
        if shape in "iI":
            letters = ""
            for value, sign in _ROMAN:
                letters += sign * (number // value)
                number %= value
            return f"{self.prefix}{letters.upper() if shape == 'I' else letters}{self.suffix}"
        return f"{self.prefix}{number}{self.suffix}"


def _number(text: str | None, usual: int) -> int:
    return int(text) if text and text.isdecimal() else usual


def levels_of(content: Any) -> Levels:
    """Return the numbered levels of a document's list styles, by style and level."""
    return {
        (style.get(f"{_STYLE}name") or "", level.get(f"{TEXT}level") or ""): level
        for style in content.iter(f"{TEXT}list-style")
        for level in style.iterchildren(f"{TEXT}list-level-style-number")
    }
