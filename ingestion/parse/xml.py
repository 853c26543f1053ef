"""XML of any vocabulary: leaf elements as "name: value" lines, those beside each other together.

The element names are kept because in data they carry the meaning ("population: 67") and no schema
is at hand. Elements with mixed content are running text, programs are code. Entities that the
document itself defines are resolved, within the parser's bounds; nothing is fetched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from freshground.core.errors import Quarantine
from ingestion.parse import bounds
from ingestion.parse.blocks import Block, Parsed, Raw

if TYPE_CHECKING:
    from collections.abc import Iterator

_CODE = frozenset({"programlisting", "screen", "literallayout", "codeblock", "verbatim"})
"""Elements of DocBook, DITA and JATS whose lines stand as they are."""


def parse(raw: Raw) -> Parsed:
    """Return the text of an XML document. Raises `Quarantine` `corrupt` when it is not XML."""
    text = raw.text.removeprefix("\ufeff").lstrip()
    if text.startswith("<?xml"):
        # The declaration names the encoding of the bytes, which is no longer that of this text.
        text = text[text.index("?>") + 2 :] if "?>" in text else text
    parser = etree.XMLParser(
        resolve_entities="internal", no_network=True, recover=True, remove_comments=True,
        remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        # The parser mends what it can; this is what has nothing to mend.
        root = None
    bounds.whole(parser)
    if root is None:
        raise Quarantine(
            "corrupt", "The content says it is XML, and has no element.", "Store it again."
        )
    return Parsed(list(_blocks(root)), "application/xml")


def _blocks(root: Any) -> Iterator[Block]:
    """Yield the blocks of a tree in the order of the document."""
    stack: list[Any] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Block):
            yield node
            continue
        children = [child for child in node if isinstance(child.tag, str)]
        if etree.QName(node).localname in _CODE:
            yield Block("code", "".join(node.itertext()).strip("\n"))
        elif not children or _is_mixed(node, children):
            if text := " ".join("".join(node.itertext()).split()):
                yield Block("text", text if children else _line(node, text))
        else:
            stack.extend(reversed(_parts(children)))


def _parts(children: list[Any]) -> list[Any]:
    """Return leaves beside each other as one block, and what holds more as it is."""
    parts: list[Any] = []
    lines: list[str] = []
    for child in [*children, None]:
        if child is not None and not len(child) and etree.QName(child).localname not in _CODE:
            if text := " ".join("".join(child.itertext()).split()):
                lines.append(_line(child, text))
            continue
        if lines:
            parts.append(Block("text", "\n".join(lines)))
            lines = []
        if child is not None:
            parts.append(child)
    return parts


def _is_mixed(node: Any, children: list[Any]) -> bool:
    return bool((node.text or "").strip()) or any((child.tail or "").strip() for child in children)


def _line(node: Any, text: str) -> str:
    return f"{etree.QName(node).localname}: {text}"
