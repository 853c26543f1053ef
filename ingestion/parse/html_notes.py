"""Footnotes of HTML: by EPUB's and ARIA's roles, and by the names that writers of pages give them.

Those of pandoc, docutils, Sphinx, AsciiDoctor, Markdown processors, MediaWiki and Word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTE = re.compile(
    r"(?:^|\s)(?:doc-)?(?:footnotes?|endnotes?|rearnotes?|footnotes-list|footnote-definition|"
    r"Mso(?:Foot|End)noteText|mw-references|references-notes)(?:\s|$)",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"(?:^|\s)(?:doc-)?(?:noteref|footnote-ref(?:erence)?)(?:\s|$)")
_BACK = re.compile(
    r"(?:^|\s)(?:doc-backlink|(?:footnote|fn)-back(?:ref|link)?|reversefootnote|"
    r"mw-cite-backlink)(?:\s|$)"
)
_ARROWS = frozenset("\u21a9\u21b5\u2191\u23ce\u21d1\u2934^\ufe0e\ufe0f \xa0")
_NAMES = ("role", "epub:type", "class")


def is_note(attributes: Mapping[str, Any]) -> bool:
    """Whether a block with these attributes is a footnote or holds them."""
    return _says(attributes, _NOTE)


def is_reference(attributes: Mapping[str, Any]) -> bool:
    """Whether a link with these attributes is the number that stands for a footnote."""
    return _says(attributes, _REFERENCE)


def is_backlink(node: Any) -> bool:
    """Whether a link only leads from a footnote back to the text."""
    if _says(node.attrib, _BACK):
        return True
    if not (node.get("href") or "").startswith("#"):
        return False
    text = "".join(node.itertext()).strip()
    return bool(text) and _ARROWS.issuperset(text)


def _says(attributes: Mapping[str, Any], what: re.Pattern[str]) -> bool:
    return any(name in attributes and what.search(attributes[name]) for name in _NAMES)
