"""Passwords and keys that only the words before them give away: `password = ...`, a login in a URL.

What is assigned must look like a secret: not a word of the language, not a variable, not a value
that manuals show.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quality.admission.gates import Seen, compiled
from quality.admission.matches import Match
from quality.admission.secrets.randomness import entropy, is_digest, is_sample

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

VERSIONS = {
    "secret.password": "1",
    "secret.api_key": "1",
    "secret.url_credentials": "1",
    "secret.authorization": "1",
}

_URL = re.compile(r"://([^\s/:@\"'<>`]{0,128}):([^\s/@\"'<>`]{1,256})@[\w\[]")
_NAMES = re.compile(
    r"(?P<password>pass(?:word|wd|phrase|wort|code)|passwd|\bpwd|\bpin\b|kennwort|mot de passe|"
    r"contraseña|senha)"
    r"|(?P<key>(?:api|access|secret|private|auth|account|encryption|signing|client|service|"
    r"subscription|master|shared|storage)[ _.-]?(?:key|token|secret)(?: ?id)?|apikey|"
    r"\btoken|(?<![a-z])secret)(?:s?(?![a-z]))",
    re.IGNORECASE,
)
_WORDS = (
    r"(?i:passw|passphrase|passcode|pwd|pin|kennwort|mot de passe|contraseña|senha|key|token|"
    r"secret)"
)
_ANCHOR = re.compile(_WORDS.replace("|pin|", "|pin(?=[: =])|"))
_LONGEST = len("mot de passe")
GATES = {
    "named": _WORDS,
    "headers": r"(?i)(?:authorization\W{1,6}|bearer)[ \t]*[A-Za-z0-9+/_.=~-]{5}",
    "logins": r"://[^\s/@]*:[^\s/@]+@",
}
_NAMED, _HEADERS = compiled(_WORDS + r"[^\n]{0,30}(?:[=:>]|is|ist|est)"), compiled(GATES["headers"])
_SIGNS = re.compile(r"[=:>]|\bis\b|\bist\b|\best\b")
_BETWEEN = re.compile(
    r"""["'`\])]{0,2}(?:\s?\([^)\n]{0,20}\))?\s{0,4}(?P<sign>:=|=>|==|=|:|\bis\b(?: set to)?|"""
    r"""\bist\b|\best\b|>)\s{0,4}(?P<quote>["'`“„]{0,3})"""
)
_VALUE = re.compile(r"[^\s\"'`“”„<>,;)\]}|]{4,400}")
_CODE = re.compile(
    r"[A-Za-z_][\w.]*\(|(?:self|os|env|config|settings|process|request|args|kwargs|this|None|null|"
    r"nil|true|false|undefined|str|string|int|bytes|object|optional|required|any)\b[.\[(:,]?|[$%@&{\[(]\S*$",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"[A-Za-z]+(?:[_.\-/][A-Za-z]+)*[.:!?]?|[A-Z_]+")
_BEARER = re.compile(
    r"(?:authorization\W{1,6}(?:bearer|basic|token|digest)?|\bbearer)[ \t]+"
    r"([A-Za-z0-9+/_.=~-]{16,2000})",
    re.IGNORECASE,
)
_LEAST_KEY = 16
_LEAST_PASSWORD = 6
_BITS = 3.0
"""Bits a character of a key: words stay below it, values drawn from 32 letters do not."""


def assigned(text: str, seen: Seen, opened: Collection[str]) -> Iterator[Match]:
    """Yield what a text says is a password, a key or a login; `opened` names the gates."""
    if "logins" in opened:
        yield from logins(text)
    if "headers" in opened:
        yield from _headers(text, seen)
    if "named" in opened:
        yield from _named(text, seen)


def _named(text: str, seen: Seen) -> Iterator[Match]:
    """Yield values after words for secrets."""
    done = 0
    for place in _anchors(text, seen):
        if place < done or not _SIGNS.search(text, place, place + 48):
            continue
        name = _NAMES.search(text, max(done, place - 16), place + 24)
        if name is None or name.end() <= place:
            continue
        done = name.end()
        sign = _BETWEEN.match(text, name.end())
        value = sign and _VALUE.match(text, sign.end())
        if not sign or not value:
            continue
        held = value[0].rstrip(".,:;!?") if not sign["quote"] else value[0]
        quoted = bool(sign["quote"])
        sure = (
            _password(held, quoted=quoted)
            if name.lastgroup == "password"
            else _key(held, quoted=quoted)
        )
        if sure:
            rule = "secret.password" if name.lastgroup == "password" else "secret.api_key"
            end = value.start() + len(held)
            yield Match(rule, value.start(), end, sure, "a value after a word for secrets")


def _anchors(text: str, seen: Seen) -> Iterator[int]:
    """Yield where words for secrets stand, in order, where the gate saw one and a sign after it."""
    for start, end in seen.spans(_NAMED):
        # One that begins in what the gate saw may end behind it.
        for found in _ANCHOR.finditer(text, start, end + _LONGEST):
            if found.start() < end:
                yield found.start()


def _headers(text: str, seen: Seen) -> Iterator[Match]:
    for start, _ in seen.spans(_HEADERS):
        found = _BEARER.match(text, start)
        value = found[1] if found else ""
        if found and not is_sample(value) and _mixed(value) and entropy(value) > _BITS:
            yield Match("secret.authorization", *found.span(1), 0.85, "a header that lets in")


def logins(text: str) -> Iterator[Match]:
    """Yield names and passwords inside URLs."""
    for found in _URL.finditer(text):
        user, password = found[1], found[2]
        start, end = found.start(1), found.end(2)
        shown = is_sample(password) or password.lower() in _SHOWN or _variable(password)
        sure = 0.3 if shown else 0.9
        if user.lower() in ("user", "username") and password.isalpha():
            sure = min(sure, 0.3)
        yield Match("secret.url_credentials", start, end, sure, "a login inside a URL")


_SHOWN = frozenset({
    "password", "pass", "passwd", "pwd", "secret", "token", "pw", "passwort", "user", "port",
})  # fmt: skip


def _variable(value: str) -> bool:
    return value[:1] in "$%{[<" or (value.isupper() and value.isalpha())


def _password(value: str, *, quoted: bool) -> float:
    if len(value) < _LEAST_PASSWORD or is_sample(value) or _CODE.match(value) or is_digest(value):
        return 0.0
    # Prose goes on with a word ("password: must be long"): a secret mixes kinds of characters.
    kinds = _kinds(value)
    if _IDENTIFIER.fullmatch(value) or kinds < 2:  # noqa: PLR2004
        return 0.0
    if "/" in value and not any(c.isdigit() for c in value):
        return 0.0
    return 0.8 if quoted or kinds > 2 else 0.6  # noqa: PLR2004


def _key(value: str, *, quoted: bool) -> float:
    if len(value) < _LEAST_KEY or is_sample(value) or _CODE.match(value):
        return 0.0
    if _IDENTIFIER.fullmatch(value) or not _mixed(value) or "://" in value or "\\" in value:
        return 0.0
    if is_digest(value):
        return 0.55 if quoted else 0.5
    return 0.75 if entropy(value) > _BITS else 0.0


def _mixed(value: str) -> bool:
    return any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


def _kinds(value: str) -> int:
    return (
        any(c.islower() for c in value)
        + any(c.isupper() for c in value)
        + any(c.isdigit() for c in value)
        + any(not c.isalnum() for c in value)
    )
