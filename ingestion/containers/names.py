"""Names of parts: whoever made the container chose them, so nothing in them is believed.

A safe name is a relative path without `.` and `..`, without control, invisible or bidirectional
characters, of bounded length, in NFC; and no two parts of one container have the same.
"""

from __future__ import annotations

import re
import unicodedata

MARK = "!/"
"""Stands in a key between a container and the name of its part."""

_LONGEST = 120
_DEEPEST = 20
_SUFFIX = 12
_DRIVE = re.compile(r"^[A-Za-z]:")


def safe(name: str, number: int) -> str:
    """Return a part's name made safe; `number` (from 1) names one that has none left."""
    pieces = [_piece(p) for p in _DRIVE.sub("", name).replace("\\", "/").split("/")]
    kept = [p for p in pieces if p not in ("", ".", "..")]
    return "/".join(kept[-_DEEPEST:]) or f"part-{number}"


class Names:
    """Gives each part of one container a name of its own: repeats are numbered in their order."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._next: dict[str, int] = {}

    def give(self, name: str, number: int) -> str:
        """Return the name of the next part."""
        wanted = found = safe(name, number)
        while found in self._used:
            self._next[wanted] = self._next.get(wanted, 1) + 1
            found = _numbered(wanted, self._next[wanted])
        self._used.add(found)
        return found


def _piece(text: str) -> str:
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    # Categories C*: control, format (bidi, zero width), surrogates, private use, unassigned.
    text = "".join(c for c in text if c == " " or unicodedata.category(c)[0] not in "CZ")
    text = text.strip().rstrip("!")  # the mark of a part is no part of its name
    return text if len(text) <= _LONGEST else _shortened(text)


def _shortened(text: str) -> str:
    stem, dot, suffix = text.rpartition(".")
    if not dot or len(suffix) > _SUFFIX:
        return text[:_LONGEST]
    return f"{stem[: _LONGEST - len(suffix) - 1]}.{suffix}"


def _numbered(name: str, count: int) -> str:
    folder, slash, last = name.rpartition("/")
    stem, dot, suffix = last.rpartition(".")
    last = f"{stem} ({count}).{suffix}" if dot and stem else f"{last} ({count})"
    return f"{folder}{slash}{last}"
