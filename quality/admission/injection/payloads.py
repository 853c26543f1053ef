"""Texts that stand in a document in disguise: encoded, turned round, spaced out, in lookalikes.

What is decoded is judged like any sentence; that something is encoded is no finding by itself.
"""

# ruff: noqa: E501, PLR2004 - expressions and lists of words read better whole

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from binascii import a2b_base64
from html import unescape
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from quality.admission.injection import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MIN_LETTERS = 12
MAX_DECODED = 20_000
MAX_PAYLOADS = 200

_BASE64 = re.compile(r"(?<![\w+/=-])(?:[A-Za-z0-9+/_-]{20,}(?:\r?\n)?)+={0,2}(?![\w+/=])")
_BASE32 = re.compile(r"(?<!\w)[A-Z2-7]{32,}={0,6}(?!\w)")
_HEX = re.compile(r"(?<!\w)(?:0x)?(?:[0-9a-fA-F]{2}[ :,]?){16,}(?!\w)|(?:\\x[0-9a-fA-F]{2}){8,}")
_IN_HEX = re.compile(r"(?:0x)?[0-9a-fA-F :,]+")
_IN_BASE32 = re.compile(r"[A-Z2-7]{28}")
_PATH = re.compile(r"[a-z]{4}[/_-]|[/_-][a-z]{4}")
_INSIDE = bytes(range(0x80, 0xC0))
"""Bytes within a character of UTF-8."""

_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_HEAD = 32
"""Characters of a run that tell whether it is encoded."""

_BITS = re.compile(r"(?<!\w)(?:[01]{8}[ ,]?){8,}(?!\w)")
_DECIMAL = re.compile(r"(?<!\w)(?:(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6])[ ,]+){12,}\d{2,3}(?!\w)")
_PERCENT = re.compile(r"(?:[\w.-]*%[0-9a-fA-F]{2}[\w.-]*){6,}")
_ESCAPED = re.compile(r"(?:\\u[0-9a-fA-F]{4}){6,}")
_ENTITIES = re.compile(r"(?:&#x?[0-9a-fA-F]{2,5};){6,}")
_SPACED = re.compile(r"(?<!\w)(?:[^\W\d_][ \u00a0._*|-]{1,3}){10,}[^\W\d_](?!\w)")
_LEET = re.compile(r"(?<!\w)(?=[\w@$!|+]*[^\W\d_])(?=[\w@$!|+]*[0134578@$!])[\w@$!|+]{3,}(?!\w)")
_LEET_LETTERS = str.maketrans("0134578@$!|+", "oieastbasiit")
_WIDE = re.compile(
    r"[\u0370-\u03ff\u0400-\u04ff\u0530-\u058f\u13a0-\u13ff\uff21-\uff5a\U0001d400-\U0001d7ff]"
)
_LATIN = re.compile(r"[A-Za-z]")
_TOKEN = re.compile(r"\w+")
_LOOKALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04bb\u0475\u043a\u043c\u0442\u0432\u043d"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0405\u0408\u04ae"
    "\u03b1\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03c9\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u0261\u0131\u1d00\u0299\u1d04\u1d05\u1d07\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d\u0274\u1d0f\u1d18\u0280\u1d1b\u1d1c\u1d20\u1d21\u028f\u1d22\u0585\u0578\u057d",
    "aeopcyxijsdqwhvkmtbH" "ABEKMHOPCTXISJY" "aeiknoptuxwABEZHIKMNOPTYX" "giabcdeghijklmnoprtuvwyzonu",
)  # fmt: skip

# Words of which one at least stands in every order that is looked for, as they look in disguise.
_TELLTALES = ("ignore", "instruct", "prompt", "response", "answer", "explain", "write ", "reveal",
              "assistant", "you are", "translate", "output", "the user", "disregard")  # fmt: skip
_ROT13 = tuple(codecs.encode(word, "rot13") for word in _TELLTALES)
_REVERSED = tuple(word[::-1] for word in _TELLTALES)
IN_DISGUISE = tuple(
    f"{word}|{word.capitalize()}|{word.upper()}" for word in (*_ROT13, *_REVERSED) if word.strip()
)
"""What turned texts hold, as expressions for the net."""


class Payload(NamedTuple):
    """A decoded text, the span of the text it came from, and the disguise by name."""

    text: str
    start: int
    end: int
    how: str


def payloads(text: str, net: str) -> Iterator[Payload]:
    """Yield what is in disguise in a text that a net caught, at most `MAX_PAYLOADS` pieces."""
    yield from islice(_BY_NET[net](text), MAX_PAYLOADS)


def _long(text: str) -> Iterator[Payload]:
    yield from _decoded(text, (("base64", _BASE64, _base64), ("base32", _BASE32, _base32),
                               ("hex", _HEX, _hex)))  # fmt: skip


def _decoded(
    text: str, ways: Iterable[tuple[str, re.Pattern[str], Callable[[str], bytes | None]]]
) -> Iterator[Payload]:
    for how, pattern, decode in ways:
        for match in pattern.finditer(text):
            if decoded := _readable(decode(match.group()[: MAX_DECODED * 2])):
                yield Payload(decoded, match.start(), match.end(), how)


def may_be_encoded(run: str) -> bool:
    """Return whether at least 28 characters without blanks begin as an encoded text does."""
    head = run[:_HEAD]
    if _IN_HEX.fullmatch(head):
        data = _hex(head) or b""
        return _within(data, "utf-8", 3) or _within(data, "utf-16-le", 2)
    if _IN_BASE32.match(run):
        return True
    if run.islower():
        return False
    plain = head.encode().translate(_URL_SAFE)
    wide = not _PATH.search(head)
    # What is no letter or digit may stand before the first that a net caught.
    return any(_is_amid_text(a2b_base64(plain[at : at + 24]), wide=wide) for at in range(4))


def _is_amid_text(data: bytes, *, wide: bool) -> bool:
    """Return whether bytes are within what `_readable` takes; nearly any are where it is `wide`."""
    return _within(data.lstrip(_INSIDE), "utf-8", 3) or (
        wide and (_within(data, "utf-16-le", 2) or _within(data[1:], "utf-16-le", 2))
    )


def _within(data: bytes, name: str, rest: int) -> bool:
    """Return whether bytes are a text, but for at most `rest` of a character at their end."""
    try:
        text = data.decode(name)
    except UnicodeDecodeError as error:
        if error.start < len(data) - rest:
            return False
        text = data[: error.start].decode(name)
    return bool(text) and _is_printable(text)


def _codes(text: str) -> Iterator[Payload]:
    yield from _decoded(text, (("hex", _HEX, _hex), ("bits", _BITS, _bits),
                               ("character codes", _DECIMAL, _decimal)))  # fmt: skip
    for how, mark, pattern, read in (
        ("percent codes", "%", _PERCENT, unquote), ("escapes", "\\u", _ESCAPED, _unescape),
        ("entities", "&#", _ENTITIES, unescape),
    ):  # fmt: skip
        if mark in text:
            for match in pattern.finditer(text):
                decoded = read(match.group())
                # Percent codes stand for blanks in addresses; words run together mean nothing.
                if " " in decoded or "+" in decoded:
                    yield Payload(decoded.replace("+", " "), match.start(), match.end(), how)


def _turned(text: str) -> Iterator[Payload]:
    small = text.lower()
    for how, telltales in (("rot13", _ROT13), ("reversed", _REVERSED)):
        lines: set[tuple[int, int]] = set()
        for word in telltales:
            at = small.find(word)
            while at >= 0 and len(lines) < MAX_PAYLOADS:
                left = text.rfind("\n", 0, at) + 1
                right = text.find("\n", at)
                right = len(text) if right < 0 else right
                lines.add((max(left, at - 500), min(right, at + 500)))
                at = small.find(word, right)
        for left, right in sorted(lines):
            line = text[left:right]
            yield Payload(
                codecs.encode(line, "rot13") if how == "rot13" else line[::-1], left, right, how
            )


def _changed(text: str) -> Iterator[Payload]:
    yield from _turned(text)
    if not text.isascii() and _WIDE.search(text):
        yield from _lookalikes(text)


def _drawn(text: str) -> Iterator[Payload]:
    for match in _SPACED.finditer(text):
        squeezed = _closed(match.group())
        if len(squeezed) >= MIN_LETTERS:
            yield Payload(squeezed, match.start(), match.end(), "spaced out")
    last = -1
    for match in _LEET.finditer(text):
        if match.start() < last:
            continue
        left, right = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
        right = min(len(text) if right < 0 else right, match.end() + 400)
        left = max(left, match.start() - 400)
        line, last = text[left:right], right
        marks = _LEET.findall(line)
        if len(marks) > 2 and len(marks) * 3 >= len(line.split()):
            yield Payload(
                _LEET.sub(lambda m: m.group().translate(_LEET_LETTERS), line),
                left,
                right,
                "digits for letters",
            )


def _lookalikes(text: str) -> Iterator[Payload]:
    at = 0
    for line in text.split("\n"):
        looked = None if line.isascii() else _looked(line)
        if looked is not None:
            yield Payload(looked, at, at + len(line), "lookalikes")
        at += len(line) + 1


def _looked(line: str) -> str | None:
    """Return a line with lookalikes as Latin letters, where words mix scripts or are drawn so."""
    mixed = any(_WIDE.search(w) and (_LATIN.search(w) or w != unicodedata.normalize("NFKC", w))
                for w in _TOKEN.findall(line))  # fmt: skip
    return unicodedata.normalize("NFKC", line).translate(_LOOKALIKES) if mixed else None


def _closed(text: str) -> str:
    """Close up letters set apart: single gaps go, wider ones are those between words."""
    gaps = re.sub(r"[^\W\d_]", "", text)
    wide = re.split(r"[ \u00a0]{2,}|[|]", text) if "  " in gaps or "|" in gaps else [text]
    return " ".join("".join(re.findall(r"[^\W\d_]", part)) for part in wide)


def _readable(data: bytes | None) -> str | None:
    """Return decoded bytes as text where they are one: letters and blanks, not noise."""
    if not data or len(data) < MIN_LETTERS:
        return None
    for name in ("utf-8", "utf-16-le"):
        try:
            text = data[:MAX_DECODED].decode(name)
        except UnicodeDecodeError:
            continue
        letters = sum(c.isalpha() or c == " " for c in text)
        enough = letters >= max(0.75 * len(text), MIN_LETTERS)
        if enough and _is_printable(text) and _spaced(text):
            return text
    return None


def _is_printable(text: str) -> bool:
    return text.isprintable() or all(c.isprintable() or c in "\r\n\t" for c in text)


def _spaced(text: str) -> bool:
    return " " in text.strip() or not text.isascii()


def _base64(text: str) -> bytes | None:
    bare = re.sub(r"\s", "", text).rstrip("=").replace("-", "+").replace("_", "/")
    if bare.isalpha() and (bare.islower() or bare.isupper()):
        return None
    bare = bare[: len(bare) - (len(bare) % 4 == 1)]
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4))
    except binascii.Error:
        return None


def _base32(text: str) -> bytes | None:
    bare = text.rstrip("=")
    try:
        return base64.b32decode(bare + "=" * (-len(bare) % 8))
    except binascii.Error:
        return None


def _hex(text: str) -> bytes | None:
    bare = re.sub(r"\\x|0x|[ :,]", "", text)
    try:
        return bytes.fromhex(bare[: len(bare) // 2 * 2])
    except ValueError:
        return None


def _bits(text: str) -> bytes:
    bare = re.sub(r"[ ,]", "", text)
    return bytes(int(bare[i : i + 8], 2) for i in range(0, len(bare) // 8 * 8, 8))


def _decimal(text: str) -> bytes:
    return bytes(int(number) for number in re.findall(r"\d+", text) if int(number) < 256)


def _unescape(text: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m.group(1), 16)), text)


_STEMS = sorted({*words.OVERRIDE[:12], *words.ORDERS, *words.BEFORE, *_TELLTALES, "the", "all", "your", "and"} - {"write "},
                key=len, reverse=True)  # fmt: skip
_KNOWN = re.compile("|".join(map(re.escape, _STEMS)))


def parted(text: str) -> str:
    """Return a text that lost its blanks with blanks around the words that are looked for."""
    small = text.lower()
    return small if " " in small else " ".join(_KNOWN.sub(r" \g<0> ", small).split())


def telltale(text: str) -> bool:
    """Whether a text in small letters holds a word that orders to machines have."""
    return any(word in text for word in _TELLTALES) or any(o in text for o in words.OVERRIDE)


_BY_NET = {"long": _long, "codes": _codes, "drawn": _drawn, "turned": _changed}
