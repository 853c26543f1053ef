"""Inline markup of reStructuredText: stripped where it is plain to see, kept where it is not."""

from __future__ import annotations

import re

_INLINE = re.compile(r"[`*|_]")
_ROLE = re.compile(r":([\w:+.-]{1,80}):`([^`]+)`")
_LINK = re.compile(r"`([^`<]+?)\s*<[^`>]*>`_{0,2}")
_LITERAL = re.compile(r"``(.+?)``")
_REFERENCE = re.compile(r"`([^`]+)`_{0,2}")
_STRONG = re.compile(r"(?<![\w*])\*\*(?=\S)(.+?)(?<=\S)\*\*(?![\w*])")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*]+?)(?<=\S)\*(?![\w*])")
_NOTE_MARK = re.compile(r"\[([#*\w.-]+)\]_(?!\w)")
_ROLE_TARGET = re.compile(r"^[!~]?(.*?)(?:\s*<[^>]*>)?$", re.DOTALL)
_ROLE_LABELS = {"pep": "PEP ", "rfc": "RFC ", "issue": "#", "gh": "#"}


def inline(text: str) -> str:
    """Return a paragraph's text without its inline markup."""
    if not _INLINE.search(text):
        return text
    literals: list[str] = []

    def keep(match: re.Match[str]) -> str:
        # Literal text is out of reach of the other rules.
        literals.append(match.group(1))
        return f"\x00{len(literals) - 1}\x00"

    text = _LITERAL.sub(keep, text.replace("\x00", ""))
    if "`" in text:
        text = _ROLE.sub(_role, text)
        text = _LINK.sub(r"\1", text)
        text = _REFERENCE.sub(r"\1", text)
    if "*" in text:
        text = _STRONG.sub(r"\1", text)
        text = _EMPHASIS.sub(r"\1", text)
    if "]_" in text:
        text = _NOTE_MARK.sub(r"[\1]", text)
    if literals:
        text = re.sub("\x00(\\d+)\x00", lambda match: literals[int(match.group(1))], text)
    return text


def _role(match: re.Match[str]) -> str:
    target = _ROLE_TARGET.match(match.group(2))
    text = target.group(1) if target else match.group(2)
    label = _ROLE_LABELS.get(match.group(1).lower(), "")
    return label + text if text[:1].isdigit() else text
