"""Names in the columns of tables: the first row tells which those are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quality.admission.matches import Match
from quality.admission.personal import wording
from quality.admission.personal.addressed import ANY_CASE, FULL, nobody

if TYPE_CHECKING:
    from collections.abc import Iterator

_BAR = " | "
_TABLE = re.compile(r"(?:^[^\n]*? \| [^\n]*(?:\n|\Z)){2,}", re.MULTILINE)
_ANY_NAME = re.compile(rf"{ANY_CASE}(?: {ANY_CASE}){{0,3}}")
_FULL_NAME = re.compile(FULL)


_LABELS = wording.words(wording.LABELS)
_LOOSE = wording.words(wording.LOOSE_LABELS)
_ABOUT_PEOPLE = wording.words(wording.BESIDE_NAMES)


def columns(text: str) -> Iterator[Match]:
    """Yield what stands in the columns of tables that hold names."""
    if _BAR not in text:
        return
    for table in _TABLE.finditer(text):
        header, _, _ = table.group().partition("\n")
        forms = _forms([cell.strip().lower() for cell in header.split(_BAR)])
        if not forms:
            continue
        start = table.start() + len(header) + 1
        for row in table.group()[len(header) + 1 :].splitlines():
            at = start
            for place, cell in enumerate(row.split(_BAR)):
                value = cell.strip()
                form = forms.get(place)
                if form and form.fullmatch(value) and not nobody(value):
                    first = at + cell.index(value)
                    yield Match(
                        "personal.name", first, first + len(value), 0.7, "a column of names"
                    )
                at += len(cell) + len(_BAR)
            start += len(row) + 1


def _forms(header: list[str]) -> dict[int, re.Pattern[str]]:
    """Return what a name has to look like, by the places of the columns that hold names."""
    people = any(label in _ABOUT_PEOPLE or label in _LABELS for label in header)
    strict = {place: _ANY_NAME for place, label in enumerate(header) if label in _LABELS}
    loose = {place: _FULL_NAME for place, label in enumerate(header) if label in _LOOSE and people}
    return strict | loose
