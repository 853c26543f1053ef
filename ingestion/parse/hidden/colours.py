"""Colours as documents write them, and whether two can be told apart by eye."""

from __future__ import annotations

import re

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
APART = 36
"""Two colours whose parts differ by less in sum are one to a reader."""

_NAMES: dict[str, Colour] = {
    "white": WHITE, "black": (0, 0, 0), "snow": (255, 250, 250), "ivory": (255, 255, 240),
    "ghostwhite": (248, 248, 255), "whitesmoke": (245, 245, 245), "floralwhite": (255, 250, 240),
    "azure": (240, 255, 255), "mintcream": (245, 255, 250), "red": (255, 0, 0), "blue": (0, 0, 255),
    "green": (0, 128, 0), "gray": (128, 128, 128), "grey": (128, 128, 128), "navy": (0, 0, 128),
    "yellow": (255, 255, 0), "silver": (192, 192, 192), "lightgray": (211, 211, 211),
    "lightgrey": (211, 211, 211), "darkblue": (0, 0, 139), "maroon": (128, 0, 0),
    "orange": (255, 165, 0), "purple": (128, 0, 128), "teal": (0, 128, 128),
}  # fmt: skip
_HEX = re.compile(r"#?([0-9a-f]{3,8})(?![0-9a-z])")
_RGB = re.compile(r"rgba?\(\s*([\d.]+)(%?)[\s,]+([\d.]+)%?[\s,]+([\d.]+)%?")


def colour(text: str | None) -> Colour | None:
    """Return the colour that a text begins with or names, or None where it names none."""
    text = (text or "").strip().lower()
    if match := _RGB.search(text):
        scale = 2.55 if match.group(2) else 1.0
        red, green, blue = (min(255, round(float(match.group(i)) * scale)) for i in (1, 3, 4))
        return red, green, blue
    first = text.split(None, 1)[0] if text else ""
    if first in _NAMES:
        return _NAMES[first]
    match = _HEX.fullmatch(first)
    if match is None:
        return None
    digits = match.group(1)
    if len(digits) in {3, 4}:
        digits = "".join(d * 2 for d in digits[:3])
    return (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)) if len(digits) >= 6 else None  # noqa: PLR2004


def alike(one: Colour, other: Colour) -> bool:
    """Whether a reader cannot tell two colours apart."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) < APART
