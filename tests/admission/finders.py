"""A detector of a word, whose version and word a test sets: a rule that changes."""

from __future__ import annotations

import re

from freshground.core.findings import Finding, Scanned

WORD = {"word": "poison", "version": "1"}
SEEN: list[str] = []
"""The titles of all documents that were looked into."""


class Finder:
    def __init__(self) -> None:
        self.rules = {"injection.word": WORD["version"]}

    def scan(self, document) -> Scanned:
        SEEN.append(document.title)
        return Scanned(
            tuple(
                Finding("injection.word", WORD["version"], m.start(), m.end(), 0.9, "a word")
                for m in re.finditer(WORD["word"], document.text)
            )
        )


def finder(_policy) -> Finder:
    return Finder()
