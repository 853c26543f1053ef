"""Whether a text may hold anything that a pattern looks for: most do not, and are done with.

A gate is a looser pattern in RE2, which reads a text once, at a few nanoseconds a character,
however much the pattern says. One that stays shut means that the exact pattern finds nothing.
"""

from __future__ import annotations

import re2


class Gate:
    """A pattern over a text's UTF-8. Case counts unless the pattern says otherwise."""

    def __init__(self, *forms: str) -> None:
        self._form = re2.compile("|".join(f"(?:{form})" for form in forms).encode())

    def opens(self, data: bytes) -> bool:
        """Return whether the pattern is found in a text's bytes."""
        return self._form.search(data) is not None


def seen(text: str) -> bytes:
    """Return a text's bytes, for gates."""
    return text.encode("utf-8", "surrogatepass")
