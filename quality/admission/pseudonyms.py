"""What stands in place of a value: the same for the same value, and telling nothing of it.

`[EMAIL-kqzvbtwmxrd]`: the kind, and consonants made from the value by HMAC under a key. No digits
and no vowels, so that no rule finds a number, a name or a word in it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

_LETTERS = "bcdfghjklmnpqrstvwxz"
_LENGTH = 11
"""47 bits: among a million values, two share a pseudonym with a chance of 1 in 280."""

PSEUDONYM = re.compile(rf"\[[A-Z][A-Z0-9_]{{1,30}}-[{_LETTERS}]{{{_LENGTH}}}\]")

_AS_DIGITS = frozenset({"personal.card", "personal.ssn", "personal.phone"})
_WITHOUT_SPACE = frozenset({"personal.iban", "personal.national_id"})


def normal(rule: str, value: str) -> str:
    """Return a value as it is compared: spelling and spacing make no other value of it."""
    value = unicodedata.normalize("NFC", value)
    if rule in _AS_DIGITS:
        return "".join(c for c in value if c.isdigit())
    if rule in _WITHOUT_SPACE:
        return "".join(c for c in value if c.isalnum()).upper()
    if rule.startswith("secret."):
        return value
    return " ".join(value.split()).casefold()


_SAME_THING = {"personal.metadata_name": "personal.name"}
"""Rules that find the same kind of thing in other places: one person has one pseudonym."""


class Pseudonyms:
    """Makes pseudonyms under one key: bytes that whoever sees the texts must not have."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __call__(self, rule: str, value: str) -> str:
        """Return what stands in place of a value that a rule found."""
        rule = _SAME_THING.get(rule, rule)
        label = rule.partition(".")[2].upper().replace(".", "_")
        said = f"{label}\0{normal(rule, value)}".encode("utf-8", "surrogatepass")
        number = int.from_bytes(hmac.digest(self._key, said, hashlib.sha256), "big")
        letters = []
        for _ in range(_LENGTH):
            number, place = divmod(number, len(_LETTERS))
            letters.append(_LETTERS[place])
        return f"[{label}-{''.join(letters)}]"


def outside(text: str, start: int, end: int) -> bool:
    """Return whether a span touches no pseudonym of a text."""
    around = text[max(0, start - 48) : end + 48]
    shift = max(0, start - 48)
    return all(
        found.end() + shift <= start or found.start() + shift >= end
        for found in PSEUDONYM.finditer(around)
    )
