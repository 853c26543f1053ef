"""Formulas of Word and PowerPoint on one line: fractions with a stroke, powers with a caret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingestion.parse.wrapped.markup import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MAX_DEPTH = 50
_LINKS = {"sub": "_", "sup": "^", "den": "/"}
_SIMPLE = 1


def formula(node: Any) -> str:
    """Return the text of a formula: "E=mc^2", "(a+b)/2"."""
    return "".join(_pieces(node, 0))


def _pieces(node: Any, depth: int) -> Iterator[str]:
    for child in node if depth < MAX_DEPTH else ():
        name = name_of(child)
        if name == "t":
            yield child.text or ""
        elif name in _LINKS or name == "num":
            text = "".join(_pieces(child, depth + 1))
            whole = len(text) <= _SIMPLE or text.isalnum()
            yield _LINKS.get(name, "") + (text if whole else f"({text})") if text else ""
        elif name == "rad":
            yield f"\u221a({''.join(_pieces(child, depth + 1))})"
        elif name == "nary":
            yield _sign(child, "\u222b")
            yield from _pieces(child, depth + 1)
        elif name == "d":
            yield f"({''.join(_pieces(child, depth + 1))})"
        elif not name.endswith("Pr"):
            yield from _pieces(child, depth + 1)


def _sign(node: Any, usual: str) -> str:
    sign = node.find(f"{MATH}naryPr/{MATH}chr")
    return usual if sign is None else sign.get(f"{MATH}val") or usual
