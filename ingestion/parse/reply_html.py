"""Quotes and signatures that mail programs mark in their HTML: taken out before it is read."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from ingestion.parse.reply_words import FORWARDED

_QUOTES = (
    "gmail_quote", "gmail_extra", "yahoo_quoted", "protonmail_quote", "moz-cite-prefix",
    "zmail_extra", "tutanota_quote", "ms-outlook-mobile-reference-message", "OutlookMessageHeader",
    "gmail_attr", "airmail_ext_on", "bloop_original_html",
)  # fmt: skip
_SIGNATURES = (
    "gmail_signature", "moz-signature", "signature", "Signature", "AppleMailSignature",
    "protonmail_signature_block", "ms-outlook-mobile-signature", "x_Signature", "bloop_sign",
    "ms-outlook-ios-signature",
)  # fmt: skip
_LIKELY = re.compile(
    r"<blockquote|appendonsend|divRplyFwdMsg|"
    + "|".join(re.escape(name) for name in (*_QUOTES, *_SIGNATURES))
)
_AFTER = ("appendonsend", "divRplyFwdMsg", "x_appendonsend", "x_divRplyFwdMsg")
"""Below an element of these ids everything is quoted: Outlook on the web."""


def without_marked(markup: str, *, forward: bool) -> tuple[str, list[str], list[str]]:
    """Return a message's HTML without marked quotes and signatures, and the texts of both.

    With `forward`, and where a mark encloses what is passed on, quotes stay.
    """
    if _LIKELY.search(markup) is None:
        return markup, [], []
    from lxml import etree

    from ingestion.parse.html import tree

    root = tree(markup)
    if root is None:
        return markup, [], []
    quoted: list[str] = []
    signatures: list[str] = []
    gone: set[Any] = set()
    for node in list(root.iter(etree.Element)):
        if node in gone:
            continue
        if _named(node, _SIGNATURES) and node.tag not in ("body", "html"):
            _drop(node, signatures, gone)
        elif not forward and _is_quote(node) and not _passed_on(node):
            _drop(node, quoted, gone)
        elif not forward and node.get("id") in _AFTER and not _passed_on(node):
            for later in node.itersiblings(etree.Element):
                _drop(later, quoted, gone)
            _drop(node, quoted, gone)
    if not (quoted or signatures):
        return markup, [], []
    return etree.tostring(root, encoding="unicode", method="html"), quoted, signatures


def _is_quote(node: Any) -> bool:
    if node.tag == "blockquote":
        return (node.get("type") or "").lower() == "cite" or _named(node, _QUOTES)
    return _named(node, _QUOTES)


def _named(node: Any, names: tuple[str, ...]) -> bool:
    return node.get("id") in names or bool(
        set((node.get("class") or "").split()).intersection(names)
    )


def _passed_on(node: Any) -> bool:
    text = "".join(islice(node.itertext(), 100))[:300].strip()
    return FORWARDED.match(text.split("\n", 1)[0][:120]) is not None


def _drop(node: Any, texts: list[str], gone: set[Any]) -> None:
    gone.update(node.iter())
    if text := " ".join(" ".join(node.itertext()).split()):
        texts.append(text)
    # Nothing stands between what was before it and behind it: the tail stays where it is.
    node.clear(keep_tail=True)
    node.tag = "span"
