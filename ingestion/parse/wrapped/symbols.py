"""Characters that Word names by a font and a code: signs of the fonts Symbol and Wingdings."""

from __future__ import annotations

_SMALL = (
    "\u03b1\u03b2\u03c7\u03b4\u03b5\u03c6\u03b3\u03b7\u03b9\u03d5\u03ba\u03bb\u03bc\u03bd\u03bf"
    "\u03c0\u03b8\u03c1\u03c3\u03c4\u03c5\u03d6\u03c9\u03be\u03c8\u03b6"
)
_CAPITAL = (
    "\u0391\u0392\u03a7\u0394\u0395\u03a6\u0393\u0397\u0399\u03d1\u039a\u039b\u039c\u039d\u039f"
    "\u03a0\u0398\u03a1\u03a3\u03a4\u03a5\u03c2\u03a9\u039e\u03a8\u0396"
)
_SYMBOL = {
    **dict(enumerate(_SMALL, 0x61)), **dict(enumerate(_CAPITAL, 0x41)),
    0xA3: "\u2264", 0xA5: "\u221e", 0xAB: "\u2194", 0xAC: "\u2190", 0xAE: "\u2192", 0xB0: "\xb0",
    0xB1: "\xb1", 0xB3: "\u2265", 0xB4: "\xd7", 0xB6: "\u2202", 0xB7: "\u2022", 0xB8: "\xf7",
    0xB9: "\u2260", 0xBB: "\u2248", 0xBC: "\u2026", 0xC5: "\u2295", 0xCE: "\u2208", 0xD6: "\u221a",
    0xE5: "\u2211", 0xF2: "\u222b", 0x2D: "\u2212",
}  # fmt: skip
_WINGDINGS = {
    0x6F: "\u25a1", 0x71: "\u2751", 0x72: "\u2752", 0xA8: "\u25fb", 0xDF: "\u2190", 0xE0: "\u2192",
    0xE8: "\u2794", 0xFB: "\u2718", 0xFC: "\u2714", 0xFD: "\u2612", 0xFE: "\u2611",
}  # fmt: skip
"""Boxes and their marks, which say what is agreed to, and arrows."""
_PRIVATE = range(0xF000, 0xF100)


def symbol(font: str, code: str) -> str:
    """Return the character of a font and a hexadecimal code, "" where nothing is known of it."""
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    if number not in _PRIVATE:
        return chr(number) if 0x20 <= number < 0xD800 else ""  # noqa: PLR2004 - no surrogates
    if font.lower() == "symbol":
        number -= _PRIVATE.start
        return _SYMBOL.get(number, chr(number) if 0x20 <= number < 0x7F else "")  # noqa: PLR2004
    if font.lower() == "wingdings" and number - _PRIVATE.start in _WINGDINGS:
        return _WINGDINGS[number - _PRIVATE.start]
    # Signs of other fonts: cleansing knows the common bullets and ticks.
    return chr(number)
