"""Mark-up that Word and PowerPoint share: alternatives, and parts of the tree that change place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"


def name_of(node: Any) -> str:
    """Return an element's name without its name space, "" of comments and the like."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def lift(node: Any, children: Iterable[Any]) -> None:
    """Put children of an element, or of one below it, in its place. Linear, however many."""
    for child in list(children):
        node.addprevious(child)
    node.getparent().remove(node)


def choose(root: Any) -> None:
    """Put one of the alternatives that a file offers in place of each choice.

    It is the first, which is the richest, unless that has no text and the one for old programs has.
    """
    for choice in list(root.iter(f"{_MC}AlternateContent")):
        options = [node for node in choice if name_of(node) in {"Choice", "Fallback"}]
        best = next(filter(_says, options), options[0] if options else None)
        lift(choice, best if best is not None else ())


def _says(node: Any) -> bool:
    """Whether an alternative has text, or a chart or diagram, which have theirs elsewhere."""
    return any(
        name in {"chart", "relIds"} or (name == "t" and inner.text)
        for inner in node.iter()
        if (name := name_of(inner))
    )
