"""The rules of a page's own style sheet that may hide something, by plain selectors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_RULES = 200
COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
"""A comment of a style sheet, to its end where it has none."""

# What may repeat begins where it cannot have begun before: the time is that of one pass.
_MEDIA = re.compile(r"@[^{;@]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}|@[^;{@]*;")
_RULE = re.compile(r"(?<![^{}])([^{}]++)\{([^{}]*)\}")
_PLAIN = re.compile(r"([a-zA-Z][\w]*)?(?:([.#])([\w-]+))?")
_HIDES = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0?\.?0|font-size\s*:\s*(?:0|1|2)(?:px|pt|\b)"
    r"|(?:left|top|right|text-indent|margin-left)\s*:\s*-\d{3}|(?:^|[;\s{])color\s*:|background(?:-color)?\s*:|(?:width|height)\s*:\s*[01](?:px)?\b"
    r"|scale\(\s*0",
    re.IGNORECASE,
)


def rules_of(sheet: str, *, sizes: bool = False) -> list[tuple[Callable[[Any], list[Any]], str]]:
    """Return (finder of elements, declarations) of the rules that may hide something.

    With `sizes` those too that set the size of type: what stands in tiny type may be larger again.
    Rules for other media than the screen at hand (`@media`) are passed over.
    """
    rules: list[tuple[Callable[[Any], list[Any]], str]] = []
    if not _HIDES.search(sheet) and not (sizes and "font" in sheet):
        return rules
    for selectors, declarations in _RULE.findall(_MEDIA.sub("", COMMENT.sub("", sheet))):
        if not _HIDES.search(declarations) and not (sizes and "font" in declarations):
            continue
        for selector in selectors.split(","):
            match = _PLAIN.fullmatch(selector.strip())
            if match and selector.strip() and len(rules) < MAX_RULES:
                rules.append((_finder(*match.groups()), declarations))
    return rules


def _finder(tag: str | None, mark: str | None, name: str | None) -> Callable[[Any], list[Any]]:
    path = f"//{(tag or '*').lower()}"
    if mark == ".":
        path += f"[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"
    elif mark == "#":
        path += f"[@id='{name}']"
    return etree.XPath(path)
