"""E-mail and IP addresses. Each begins at a character that is rare, so that most text is free."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from quality.admission.matches import Match, before

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUN = re.compile(r"[\w.+%'&!#$*/=?^`{|}~-]*")
_LOCAL = re.compile(r"[\w.+%'&!#$*/=?^`{|}~-]*[\w+%&!#$*/=?^`{|}~-]")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}(xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})")
_QUOTES = "'`*_=/|{}!#$&?^~%"
_LOCAL_CHARS = 64
_FILE_ENDINGS = frozenset({
    "png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "ico", "tiff", "pdf", "js", "css", "html",
    "htm", "xml", "json", "py", "pyc", "rb", "php", "java", "txt", "md", "rst", "csv", "zip", "gz",
    "tar", "exe", "dll", "so", "eml", "msg", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt",
})  # fmt: skip
"""Endings of files, as in icon@2x.png and in a mail that is called jane@corp.org.eml."""

_V4_MIDDLE = re.compile(r"\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]")
_V4 = re.compile(r"(?<![\w.])[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?!\w|\.\d)")
_V6_MIDDLE = re.compile(r":[0-9A-Fa-f]{0,4}:")
_V6 = re.compile(r"[0-9A-Fa-f:]{2,39}(?:\d{1,3}(?:\.\d{1,3}){3})?")
_NOT_ADDRESS = re.compile(
    r"(?:\b(?:v|ver|vers|version|release|rel|section|sect|chapter|clause|appendix|table|figure|fig|"
    r"build|firmware|driver|software|oid|edition)\.?|§)[\s:=v-]*$"
)
_ADDRESS_WORDS = re.compile(
    r"\b(?:ip|ipv4|ipv6|address|addr|host|hosts|server|client|gateway|subnet|dns|ping|peer|node|"
    r"from|login|remote|network|firewall|router|adresse|adres|dirección|indirizzo)\b"
)
_SMALL = 64
"""Numbers of versions and sections are mostly below it: four of them need a word that says IP."""
_FULL_GROUPS = 8
_LEAST_HEX = 5


def emails(text: str) -> Iterator[Match]:
    """Yield the e-mail addresses of a text."""
    at = text.find("@")
    while at >= 0:
        head = text[max(0, at - _LOCAL_CHARS) : at]
        local = _local(head)
        domain = _DOMAIN.match(text, at + 1)
        end = _end(text, local, domain) if local and domain else 0
        if end:
            yield Match("personal.email", at - len(local), end, 0.95, "an e-mail address")
        at = text.find("@", at + 1)


def _local(head: str) -> str:
    size = len(_RUN.match(head[::-1])[0])  # type: ignore[index]
    # Marks around an address in prose, code and links are not its own, though a name may hold them.
    local = head[len(head) - size :].lstrip(_QUOTES + ".-")
    for mark in "/=|'?{":
        local = local.rpartition(mark)[2] if mark in local[:-1] and mark != "'" else local
    return local if _LOCAL.fullmatch(local) and ".." not in local else ""


def _end(text: str, local: str, domain: re.Match[str]) -> int:
    """Return where an address ends, 0 where it is none."""
    end = domain.end()
    after = text[end : end + 1]
    # A decorator, or a repository (git@host:path); a password before a host is told elsewhere.
    if after in ("(", "@") or (local == "git" and after in (":", "/")):
        return 0
    labels = domain[0].split(".")
    while len(labels) > 1 and labels[-1].lower() in _FILE_ENDINGS:
        end -= len(labels.pop()) + 1
    return end if len(labels) > 1 and not labels[-1].isdigit() else 0


def ips(text: str) -> Iterator[Match]:
    """Yield the IPv4 and IPv6 addresses of a text that may belong to somebody."""
    for middle in _V4_MIDDLE.finditer(text):
        found = _V4.search(text, max(0, middle.start() - 3), middle.end() + 3)
        if found is None:
            continue
        parts = found[0].split(".")
        if any(len(part) > 1 and part[0] == "0" for part in parts):
            continue
        if max(map(int, parts)) > 255 or not _somebodys(found[0]):  # noqa: PLR2004 - a byte
            continue
        window = before(text, found.start())
        if _NOT_ADDRESS.search(window):
            continue
        sure = bool(_ADDRESS_WORDS.search(window))
        if max(map(int, parts)) < _SMALL and not sure:
            continue
        yield Match("personal.ip", *found.span(), 0.9 if sure else 0.75, "an IPv4 address")
    end = 0
    for middle in _V6_MIDDLE.finditer(text):
        if middle.start() < end:
            continue
        start = middle.start()
        while start > max(0, middle.start() - 39) and text[start - 1] in "0123456789abcdefABCDEF:":
            start -= 1
        found = _V6.match(text, start)
        if found is None:
            continue
        end = found.end()
        value = found[0].rstrip(":") if not found[0].endswith("::") else found[0]
        if _is_v6(text, start, value):
            yield Match("personal.ip", start, start + len(value), 0.9, "an IPv6 address")


def _is_v6(text: str, start: int, value: str) -> bool:
    around = text[start - 1 : start] + text[start + len(value) : start + len(value) + 1]
    if any(c.isalnum() or c == "_" for c in around):
        return False
    digits = [c for c in value if c != ":"]
    whole = value.count(":") == _FULL_GROUPS - 1 and "::" not in value
    # Names joined by :: are made of letters alone, times and ratios have no eight groups.
    if not whole and (len(digits) < _LEAST_HEX or not any(c.isdigit() for c in digits)):
        return False
    return _somebodys(value)


def _somebodys(value: str) -> bool:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    if address.is_unspecified or address.is_loopback or address.is_multicast:
        return False
    return not value.startswith(("0.", "255."))
