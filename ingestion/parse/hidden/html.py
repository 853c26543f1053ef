"""Hidden text of HTML: what its styles keep from sight, comments, alternative texts, metadata.

A style counts where it stands (`style=`) and where a rule of the page's own `<style>` with a plain
selector (a tag, a class, an id) sets it. Styles from elsewhere are not at hand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lxml import etree

from freshground.core.records import Hidden
from ingestion.parse.hidden.bounded import bounded
from ingestion.parse.hidden.colours import WHITE, alike, colour
from ingestion.parse.hidden.selectors import COMMENT, rules_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUSPECTS = etree.XPath("//*[@style or @hidden or @color or self::template or self::noscript]")
_TEXTS = etree.XPath("//*[@alt or @title or @aria-label or @placeholder]")
_LINKED = etree.XPath("//link[contains(@rel, 'stylesheet')]")
_PAINTED = etree.XPath(
    ".//*[@bgcolor or @color or contains(@style, 'color') or contains(@style, 'background')]|.//img"
)
_CLEAR = re.compile(r"transparent|rgba\([^)]*,\s*0?\.?0\d*\s*\)")
_NAMES = ("alt", "title", "aria-label", "placeholder")
_CONDITIONAL = re.compile(
    r"\s*\[(?:if|endif)\b|\s*(?:end|start|begin)?\s*\[?/?\w{0,20}\]?\s*$", re.IGNORECASE
)
_NUMBER = re.compile(r"(-?\d*\.?\d+)\s*(px|pt|em|rem|%|cm|mm|in|vw|vh|ex|ch)?", re.IGNORECASE)
_POINTS = {"px": 0.75, "pt": 1.0, "em": 12.0, "rem": 12.0, "%": 0.12, "cm": 28.3, "mm": 2.83,
           "in": 72.0, "vw": 6.0, "vh": 6.0, "ex": 6.0, "ch": 6.0, "": 0.75}  # fmt: skip
TINY = 2.5
"""Points below which type is not read."""
FAR = 300.0
"""Points beyond the page's edge that something stands away on purpose."""

REVEALED = 0.5
"""The share of a page's text from which on what is invisible waits to be shown."""

_TINY_TYPE = re.compile(
    r"font(?:-size)?\s*:[^;}]{0,200}?(?<![\d.])(?:0|[12])(?![\d])", re.IGNORECASE
)
MIN_WORDS = 3
_SPACE = re.compile(r"\s+")


def take(root: Any) -> tuple[Hidden, ...]:
    """Take hidden elements and comments out of a tree; return their text, bounded."""
    return bounded(_take(root))


def _take(root: Any) -> Iterator[Hidden]:
    yield from _metadata(root)
    sheet = "\n".join(node.text or "" for node in root.iter("style"))
    styles = {node: node.get("style", "") for node in _SUSPECTS(root)}
    small = any(map(_TINY_TYPE.search, (sheet, *styles.values())))
    rules = rules_of(sheet, sizes=small)
    for matches, declarations in rules:
        for node in matches(root):
            styles[node] = f"{declarations};{styles.get(node, '')}"
    linked = bool(_LINKED(root))
    found: dict[Any, str] = {}
    for node, style in styles.items():
        if node is root or not isinstance(node.tag, str) or node.tag in {"html", "body", "head"}:
            continue
        kind = _kind(node, style)
        if kind is None and not linked and _is_like_ground(node, styles):
            kind = "white"
        if kind:
            found[node] = kind
    yield from _out(root, found)
    for node in root.iter(etree.Comment):
        text = _line(node.text or "")
        if text and not _CONDITIONAL.match(text):
            yield Hidden("comment", text)
    etree.strip_tags(root, etree.Comment)
    if small:
        yield from _tiny_type(root, styles)
    for node in _TEXTS(root):
        for name in _NAMES:
            value = (node.get(name) or "").strip()
            if len(value.split()) >= MIN_WORDS:
                yield Hidden("alt_text", value)


def _out(root: Any, found: dict[Any, str]) -> Iterator[Hidden]:
    """Take the elements out of the tree, and yield their text."""
    texts = {node: _text(node) for node in _outermost(root, found)}
    size = sum(len(text) for text in root.itertext())
    unseen = sum(len(text) for node, text in texts.items() if found[node] == "invisible")
    # A page that is mostly invisible is one that its scripts reveal, if it has any.
    if unseen > REVEALED * size and next(root.iter("script"), None) is not None:
        found = {n: k for n, k in found.items() if k != "invisible" or "hidden" in n.attrib}
        texts = {node: _text(node) for node in _outermost(root, found)}
    for node, text in texts.items():
        # What is empty and has no looks is not seen. To take thousands out of one parent would
        # join what stands between them anew each time.
        node.clear(keep_tail=True)
        node.tag = "span"
        if text:
            yield Hidden(found[node], text)


def _outermost(root: Any, found: dict[Any, str]) -> list[Any]:
    """Return those of the elements that lie in no other of them, in order."""
    outermost = []
    walk = etree.iterwalk(root, events=("start",))
    for _, node in walk:
        if node in found:
            outermost.append(node)
            walk.skip_subtree()
    return outermost


def _tiny_type(root: Any, styles: dict[Any, str]) -> Iterator[Hidden]:
    """Empty and yield the texts in tiny type, not what is larger again within it.

    Mails and pages set whole tables to no size, to lose the gaps between cells.
    """
    within: list[list[str] | None] = [None]
    for event, node in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            around = within[-1]
            own = _size(styles.get(node, ""), None if around is None else node)
            if own is not None:
                around = None if own >= TINY else [] if around is None else around
            within.append(around)
            if around is not None:
                around.append(node.text or "")
                node.text = None
            continue
        left, around = within.pop(), within[-1]
        if left is not None and around is None and (text := _line(" ".join(left))):
            yield Hidden("tiny", text)
        if around is not None:
            around.append(node.tail or "")
            node.tail = None


def _line(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def _size(style: str, node: Any = None) -> float | None:
    """Return the size of type that a style sets, in points; None where it takes that around it."""
    declared = _declared(style)
    text = declared.get("font-size")
    if text is None and (
        short := re.search(r"(?<![\w.])[\d.]+(?:px|pt|rem)", declared.get("font", ""))
    ):
        text = short.group()
    if text is None and node is not None and node.tag == "font" and node.get("size"):
        return 12.0
    if text is None:
        return None
    match = _NUMBER.match(text)
    relative = match is not None and (match.group(2) or "").lower() in {"em", "%", "ex", "ch"}
    if relative and node is not None and float(match.group(1)) > 0:
        return None  # a share of what is around it
    return _points(text)


def _metadata(root: Any) -> Iterator[Hidden]:
    for node in root.iter("meta"):
        content = (node.get("content") or "").strip()
        if len(content.split()) >= MIN_WORDS and not node.get("http-equiv"):
            yield Hidden("metadata", content)


def _text(node: Any) -> str:
    pieces: list[str] = []
    for child in node.iter():
        if isinstance(child.tag, str) and child.tag not in {"script", "style"}:
            pieces.append(child.text or "")
        if child is not node:
            pieces.append(child.tail or "")
    return _line(" ".join(pieces))


def _kind(node: Any, style: str) -> str | None:
    """Return how an element is hidden, or None where it is seen."""
    if "hidden" in node.attrib or node.tag in {"template", "noscript"}:
        return "invisible"
    declared = _declared(style)
    if not declared or "transition" in style or "animation" in style:
        # What is to move will be shown.
        return None
    value = declared.get
    if value("display", "").startswith("none") or value("visibility", "")[:6] in {
        "hidden",
        "collap",
    }:
        return "invisible"
    if value("opacity") is not None and _small(value("opacity", ""), 0.05):
        return "invisible"
    if _is_away(declared):
        return "off_page"
    if _is_shut(declared):
        return "tiny"
    return None


def _declared(style: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in COMMENT.sub("", style).split(";"):
        name, colon, text = part.partition(":")
        if colon:
            found[name.strip().lower()] = text.replace("!important", "").strip().lower()
    return found


def _points(text: str) -> float:
    match = _NUMBER.match(text)
    return float(match.group(1)) * _POINTS[(match.group(2) or "").lower()] if match else 12.0


def _small(text: str, limit: float) -> bool:
    match = _NUMBER.match(text)
    return bool(match) and float(match.group(1)) * (0.01 if match.group(2) == "%" else 1) <= limit


def _is_away(declared: dict[str, str]) -> bool:
    if declared.get("position", "")[:5] in {"absol", "fixed"}:
        for side in ("left", "top", "right", "bottom"):
            if side in declared and _points(declared[side]) <= -FAR:
                return True
    names = ("text-indent", "margin-left", "margin-top", "margin")
    if any(_points(declared[name]) <= -FAR for name in names if name in declared):
        return True
    moved = re.search(r"translate\w*\(\s*(-?[\d.]+\s*\w*)", declared.get("transform", ""))
    return bool(moved) and _points(moved.group(1)) <= -FAR


def _is_shut(declared: dict[str, str]) -> bool:
    """Whether an element has no room to show what it holds."""
    if not declared.get("overflow", "").startswith(("hidden", "clip")):
        return bool(re.search(r"scale\(\s*0", declared.get("transform", "")))
    names = ("height", "width", "max-height", "max-width")
    return any(_points(declared[name]) <= 1 for name in names if name in declared)


def _is_like_ground(node: Any, styles: dict[Any, str]) -> bool:
    """Whether the type of an element has the colour of what it stands on, as far as known."""
    declared = _declared(styles[node])
    own = colour(declared.get("color") or node.get("color"))
    if own is None or _PAINTED(node):
        return bool(_CLEAR.match(declared.get("color", "")))
    place = node
    while place is not None:
        above = _declared(styles.get(place) or place.get("style", ""))
        painted = f"{above.get('background', '')} {above.get('background-image', '')}"
        if "url(" in painted or "gradient" in painted or place.get("background"):
            return False
        if ground := _ground(above) or place.get("bgcolor"):
            known = colour(ground)
            return known is not None and alike(own, known)
        place = place.getparent()
    return alike(own, WHITE)


def _ground(declared: dict[str, str]) -> str | None:
    return declared.get("background-color") or declared.get("background")
