"""Which text of a page is its content, by trafilatura; the only module that imports it.

trafilatura leads the open comparisons of article extractors. It is asked as its authors ask it
there: balanced, with tables, without readers' comments. Only its choice is taken: the blocks are
our own, because its output loses heading levels, list numbers, cells and the spaces of code.
"""

from __future__ import annotations

import logging
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_TREE = 8_000
MAX_CELLS = 3_000
"""Elements of a page, and cells of tables, up to which it is asked: what it does grows faster than
the page, with the square of the cells. So large a page is no article."""

_BREAKING = frozenset({"p", "head", "item", "cell", "row", "quote", "code", "list", "table", "lb"})


def content(page: str, root: Any) -> list[str]:
    """Return the paragraphs of the page's content in order; none where no content is recognised.

    `root` is the page's tree.
    """
    if _reaches(root.iter(), MAX_TREE) or _reaches(root.iter("td", "th"), MAX_CELLS):
        return []
    import trafilatura

    # It logs what it finds odd in a page, with parts of the page.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    found: Any = trafilatura.bare_extraction(page, include_comments=False, include_tables=True)
    return [] if found is None or found.body is None else _paragraphs(found.body)


def _reaches(nodes: Iterator[Any], size: int) -> bool:
    return next(islice(nodes, size, None), None) is not None


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
