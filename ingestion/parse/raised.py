"""Raised and lowered characters as text: "m2" is no square metre, and 10 to the 3 no "103"."""

from __future__ import annotations

_PLAIN = "0123456789+-\u2212=()"
_RAISED = str.maketrans(
    _PLAIN,
    "\u2070\xb9\xb2\xb3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b\u207b\u207c\u207d\u207e",
)
_SIGNS = frozenset(_PLAIN + ", \u2013")
"""What is raised of numbers, and of marks of notes: "1,2"."""
MAX_RAISED = 12
"""Longer ones are sentences, not exponents."""


def raised(text: str, before: str) -> str:
    """Return a superscript as text that says what it said, given the character before it.

    Numbers and signs become the characters that Unicode has for them. After a digit a caret stands
    instead: encoders and search engines fold those characters into plain ones, and would read 10
    to the 3 as 103. Words ("1st", "TM") and marks of notes in brackets stay as they are.
    """
    text = text.strip()
    is_number = len(text) <= MAX_RAISED and any(char.isdigit() for char in text)
    if not is_number or not before.strip():
        return text
    if before.isdigit():
        plain = text.lstrip("-\u2212+").isdigit()
        # A bracketed number is the mark of a note.
        return f"^{text}" if plain else text if text[0] in "[(" else f"^({text})"
    if _SIGNS.issuperset(text):
        return text.translate(_RAISED)
    return text if text[0] in "[(" or not before.isalnum() else f"^({text})"


def lowered(text: str, before: str) -> str:
    """Return a subscript as text: "H2O" is how people write it, but "10_2" is no 102."""
    text = text.strip()
    return f"_{text}" if before.isdigit() and text[:1].isdigit() else text
