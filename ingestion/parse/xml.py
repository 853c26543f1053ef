"""XML of any vocabulary: leaf elements as "name: value" lines, grouped by their parent.

The element names are kept because in data they carry the meaning ("population: 67") and no schema
is at hand. Elements with mixed content are running text. No entity is resolved, nothing is fetched.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from freshground.core.errors import Quarantine
from ingestion.parse import bounds
from ingestion.parse.blocks import Block, Parsed, Raw


def parse(raw: Raw) -> Parsed:
    """Return the text of an XML document. Raises `Quarantine` `corrupt` when it is not XML."""
    text = raw.text.removeprefix("\ufeff").lstrip()
    if text.startswith("<?xml"):
        # The declaration names the encoding of the bytes, which is no longer that of this text.
        text = text[text.index("?>") + 2 :] if "?>" in text else text
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, recover=True, remove_comments=True,
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
    blocks: list[Block] = []
    _walk(root, blocks)
    return Parsed(blocks, "application/xml")


def _walk(root: Any, blocks: list[Block]) -> None:
    stack = [root]
    while stack:
        node = stack.pop()
        children = [child for child in node if isinstance(child.tag, str)]
        if not children or _is_mixed(node, children):
            text = " ".join("".join(node.itertext()).split())
            if text:
                blocks.append(Block("text", text if children else _line(node, text)))
            continue
        lines = []
        deeper = []
        for child in children:
            if len(child):
                deeper.append(child)
            elif text := " ".join("".join(child.itertext()).split()):
                lines.append(_line(child, text))
        if lines:
            blocks.append(Block("text", "\n".join(lines)))
        stack.extend(reversed(deeper))


def _is_mixed(node: Any, children: list[Any]) -> bool:
    return bool((node.text or "").strip()) or any((child.tail or "").strip() for child in children)


def _line(node: Any, text: str) -> str:
    return f"{etree.QName(node).localname}: {text}"
