"""The content of a page: the site around it left out, and what was left out counted."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ingestion.parse.html_notes import is_note
from ingestion.parse.web.extractor import content
from ingestion.parse.web.selection import Rest, select

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingestion.parse.blocks import Block

_PARTS = frozenset({"nav", "footer", "aside", "dialog"})
_ROLES = frozenset(
    {"navigation", "contentinfo", "banner", "complementary", "search", "dialog", "alertdialog"}
)
_NAMED = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|breadcrumbs?|side-?bar|site-?nav|nav-?bar|navigation|"
    r"foot(?:er)?|share|sharing|social|newsletter|related|recommended|skip-?link|comments?)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
MAX_LINKED = 0.02
"""The share of a page's text in links up to which it may be a page without a site around it."""

_ARTICLE = re.compile(
    r"""og:type["']?[^>]{0,40}["']article|["']article["'][^>]{0,40}og:type|"""
    r"""schema\.org/(?:\w*Article|BlogPosting|\w*Review)\b|"""
    r""""@type"\s*:\s*\[?\s*"(?:\w*Article|BlogPosting|\w*Review)\"""",
    re.IGNORECASE,
)

MIN_CHARS = 250


def content_blocks(
    root: Any, page: str, blocks: list[Block], walk: Callable[[Any], list[Block]]
) -> tuple[list[Block], dict[str, Any]]:
    """Return the blocks of a page's content, and what to tell of those left out.

    `root` is the page's tree, `page` its text, `blocks` are all of its blocks, `walk` makes such of
    a tree.
    """
    size = _size(blocks)
    if size < MIN_CHARS or not _has_site(root, size):
        return blocks, {}
    bare = _without_site(root)
    lean = walk(bare) or blocks
    rest = Rest(lean, _linked(bare), is_article=bool(_ARTICLE.search(page)))
    kept = select(blocks, rest, content(page, root))
    dropped = size - _size(kept)
    if not kept or dropped <= 0:
        return blocks, {}
    return kept, {"boilerplate_blocks": len(blocks) - len(kept), "boilerplate_chars": dropped}


def _size(blocks: Sequence[Block]) -> int:
    return sum(len(block.text.strip()) for block in blocks)


def _has_site(root: Any, size: int) -> bool:
    """Whether anything shows that the page stands in a site: marked parts, or many links."""
    if any(_is_part(node) for node in root.iter() if isinstance(node.tag, str)):
        return True
    return _linked(root) > MAX_LINKED * size


def _linked(root: Any) -> int:
    """Return the characters of a tree's text that are links."""
    links = (node for node in root.iter("a") if node.get("href"))
    return sum(len(" ".join("".join(node.itertext()).split())) for node in links)


def _is_part(node: Any) -> bool:
    if is_note(node.attrib):
        return False
    if node.tag in _PARTS or (node.get("role") or "").lower() in _ROLES:
        return True
    if node.tag in {"html", "body", "main", "article"}:
        return False
    return any(_NAMED.search(node.get(name) or "") for name in ("class", "id"))


def _without_site(root: Any) -> Any:
    """Return a copy of the tree without the parts that are marked as the site's."""
    root = deepcopy(root)
    for node in [node for node in root.iter() if isinstance(node.tag, str) and _is_part(node)]:
        if node is not root and node.getparent() is not None:
            node.drop_tree()
    return root
