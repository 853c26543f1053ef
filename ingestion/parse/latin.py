"""Which 8-bit charset a text in Latin letters is in: the one in which it is some language.

Statistics over bytes take French with its quotes for Baltic, and cannot tell Macintosh text at all.
A language has a dozen letters beyond ASCII; read by a wrong charset, some of its text falls outside
of them, stands in capitals within a word, or is a sign between letters.
"""

from __future__ import annotations

import re

_LANGUAGES = tuple(
    frozenset(letters + letters.upper())
    for letters in (
        "äöüßéàèáçñ", "àâæçéèêëîïôœùûüÿ", "áéíóúüñçïàèòºª", "ãáâàçéêíõóôúüºª", "àèéìíîòóùú",
        "åäöéüàáèøæ", "áéíóúýþæöðåäøü", "äëéèêïíóöüáàâç", "ąćęłńóśźżéöü", "áčďéěíňóřšťúůýžäöü",
        "áäčďéíĺľňóôŕšťúýžöü", "áéíóöőúüűä", "čćđšžéöü", "ăâîșşțţéö", "çğıöşüâîûİ", "åäöõüšžéà",
        "ąčęėįšųūž", "āčēģīķļņšūž",
    )
)  # fmt: skip
_WESTERN = frozenset().union(*_LANGUAGES[:8])
_CHARSETS = (
    "cp1252", "iso8859_15", "mac_roman", "cp1250", "iso8859_2", "cp1254", "iso8859_9", "cp1257",
    "cp850", "cp852",
)  # fmt: skip
_JOINING = frozenset("\u2019'\u2013\u2014\u2026\xb7\xa0\xad")
_SIGNS = _JOINING | frozenset("‘“”„‚«»‹›•€£§©®°±²³½¼¾×¿¡µ™†‡´·ºª")
_FOREIGN = re.compile("[^\x00-\x7f]")
_RUN = re.compile(r"[^\W\d_\x00-\x7f]{5,}")
AT_HOME = 0.97
"""The share from which a text is taken for one of a language."""

_DENSE = 0.5
_SAMPLE = 16_384


def charset_of(data: bytes) -> str | None:
    """Return the charset in which `data` is text of one Latin language, or None."""
    best, name = AT_HOME, None
    for charset in _CHARSETS:
        try:
            text = data[:_SAMPLE].decode(charset)
        except UnicodeDecodeError:
            continue
        if (share := share_at_home(text)) > best or (name is None and share == best):
            best, name = share, charset
    return name


def share_at_home(text: str, *, mixed: bool = False) -> float:
    """Return the share of the characters beyond ASCII that belong where they stand, 0 to 1.

    Those of the one language that they fit best, or of any Western one where they are `mixed`.
    """
    letters: dict[str, int] = {}
    signs, lost = 0, sum(map(len, _RUN.findall(text)))
    for match in _FOREIGN.finditer(text):
        char, at = match.group(), match.start()
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        if char in _SIGNS:
            inside = before.isalpha() and after.isalpha()
            signs, lost = (
                (signs, lost + 1) if inside and char not in _JOINING else (signs + 1, lost)
            )
        elif not char.isalpha() or (char.isupper() and before.islower()):
            lost += 1
        else:
            letters[char] = letters.get(char, 0) + 1
    found = sum(letters.values())
    if found > _DENSE * sum(map(str.isalpha, text)):
        # No Latin script needs so many: these are letters of another one.
        return 0.0
    known = (_WESTERN,) if mixed else _LANGUAGES
    covered = max(sum(n for char, n in letters.items() if char in one) for one in known)
    return (signs + covered) / max(1, signs + lost + found)
