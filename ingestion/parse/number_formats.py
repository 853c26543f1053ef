"""What a number format of a workbook adds to a number: its unit, its currency, leading zeros.

How many decimals it shows, and how it groups digits, adds nothing: the value keeps all it has.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
      "([^"]*)"?                        # text in quotes
    | \\(.)                             # one character that stands for itself
    | \[\$([^\]-]*)(?:-[^\]]*)?\]       # a currency, perhaps with a language
    | (?:\[[^\]]*\] | _. | \*.)         # colours and conditions; blanks; what fills the cell
    | ([\u20ac$\xa3\xa5\u20b9\u20bd])
    | (General | [0\#?] (?: [0\#?.,\s]* [0\#?] )? )
    """,
    re.VERBOSE,
)
_SECTION = re.compile(r'((?:[^;"\\]|"[^"]*"?|\\.)*)')
_NO_UNIT = frozenset(" ()-+_/:,.'")


class _Around(NamedTuple):
    before: str = ""
    after: str = ""
    digits: int = 0


def dressed(number: str, number_format: str | None) -> str:
    """Return a number, written out, as its format shows it: "-$12.5", "40 kg", "007"."""
    before, after, digits = _around(number_format or "")
    if digits and number.isdecimal():
        number = number.zfill(digits)
    if before:
        number = f"-{before}{number[1:]}" if number.startswith("-") else f"{before}{number}"
    return f"{number} {after}" if after else number


@lru_cache(maxsize=512)
def _around(number_format: str) -> _Around:
    """Return what stands before and behind a number, and how many digits it has at least."""
    section = _SECTION.match(number_format)
    texts = ["", ""]
    places: list[str] = []
    rest = section.group(1) if section else ""
    for match in _TOKEN.finditer(rest):
        if match.group(5):
            places.append(match.group(5))
        else:
            texts[bool(places)] += next(filter(None, match.groups()), "")
    plain = _TOKEN.sub("", rest)
    if len(places) != 1 or any(sign in plain for sign in ",/E%"):
        # Dates, fractions, thousands: the number is not shown as it is.
        return _Around()
    before, after = (text.strip() if set(text) - _NO_UNIT else "" for text in texts)
    digits = len(places[0]) if set(places[0]) == {"0"} and len(places[0]) > 1 else 0
    return _Around(before, after, digits)
