"""Which text of a page is its content, by trafilatura; the only module that imports it.

trafilatura leads the open comparisons of article extractors. It is asked as its authors ask it
there: balanced, with tables, without readers' comments. Only its choice is taken: the blocks are
our own, because its output loses heading levels, list numbers, cells and the spaces of code.
"""

from __future__ import annotations

import logging
from typing import Any

MAX_TREE = 50_000
"""Elements of a page up to which it is asked: what it does grows faster than the page."""

_BREAKING = frozenset({"p", "head", "item", "cell", "row", "quote", "code", "list", "table", "lb"})


def content(page: str, elements: int) -> list[str]:
    """Return the paragraphs of the page's content in order; none where no content is recognised.

    `elements` is how many the page has.
    """
    if elements > MAX_TREE:
        return []
    import trafilatura

    # It logs what it finds odd in a page, with parts of the page.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    found: Any = trafilatura.bare_extraction(page, include_comments=False, include_tables=True)
    return [] if found is None or found.body is None else _paragraphs(found.body)


def _paragraphs(body: Any) -> list[str]:
    paragraphs: list[str] = []
    pieces: list[str] = []

    def cut() -> None:
        if text := " ".join("".join(pieces).split()):
            paragraphs.append(text)
        pieces.clear()

    from lxml import etree

    for event, node in etree.iterwalk(body, events=("start", "end")):
        if node.tag in _BREAKING:
            cut()
        if event == "start":
            pieces.append(node.text or "")
        elif node is not body:
            pieces.append(node.tail or "")
    cut()
    return paragraphs
