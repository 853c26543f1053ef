"""Telephone numbers. Few tell by themselves that one may call them; words beside them do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quality.admission.matches import Match, before, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WEAK = r"\b(?:text(?:ed|ing)?|messages?|contact|reach|answer(?:s|ed|ing)?|extension)\b"
_WORDS = re.compile(
    r"(?:(?P<phone>\b(?:phones?|telephone|tel|call(?:s|ed|ing)?|mobile|cell(?:phone)?|fax|desk|"
    r"dial|ring|sms|whatsapp|hotline|helpline|voicemail|telefon|telefoon|telefax|handy|mobil|mobiel|"
    r"rufnummer|durchwahl|anrufen|téléphone|téléphoner|portable|appeler|teléfono|móvil|celular|"
    r"llamar|telefone|telemóvel|ligar|telefono|cellulare|chiamare|puhelin|mobilnr|tlf|"
    r"(?:my|his|her|their|your|our|registered|\w+['’]s) (?:number|no)|телефон|тел|"
    r"моб)\b|電話|电话|手机|☎|📞)"
    rf"|(?P<weak>{_WEAK})"
    r"|(?P<other>\b(?:cards?|account|acct|iban|isbn|issn|order|invoice|part|serial|model|sku|zip|"
    r"postal|postcode|licen[cs]e|passport|ssn|social security|ticket|tracking|policy|patent|"
    r"version|id|ids|vat|doi|page|pages|pp|ref|reference|case|bug|issue|date|born|rfc|pep|omb|"
    r"form|isin|fips)\b))"
)
_CONTACT = re.compile(_WEAK + r"[^.\n]{0,40}$")
_AFTER = re.compile(r"[\s(,-]{0,3}(?:office|fax|mobile|home|work|cell|tel|phone|mobil|privat)\b")
_EXTENSION = re.compile(r"[ ,]{0,2}(?:x|ext\.?|extension|#|durchwahl) ?\d{1,6}\b", re.IGNORECASE)
_DATE = re.compile(
    r"(?:(?:19|20)\d\d[-/. ]\d\d?[-/. ]\d\d?|\d\d?[-/. ]\d\d?[-/. ](?:19|20)\d\d)(?!\d)"
    r"|(?:1[5-9]|20)\d\d ?[-–/ ] ?(?:(?:1[5-9]|20)\d\d)(?!\d)"
)
_NANP = re.compile(r"(?:\+?1[-. ]?|001[-. ])?(?:\([2-9]\d\d\)[-. ]?|[2-9]\d\d[-.])\d{3}[-. ]\d{4}")
_GROUPED = re.compile(r"\(?0\d{1,4}\)?(?:[ .-]\d{2,4}){2,4}|\(0\d{1,4}\) ?\d{4,8}")
_NUMBER = re.compile(
    r"(?:\+|\(\+)?\(?\d{1,5}\)?(?:[ .\-/\u00a0\u2011\u2013]{0,2}\(?\d{1,12}\)?){0,8}"
)
_FOREIGN = re.compile(r"\d[.,]$|[$€£#/=_&]$|\w-$")
"""What stands before the rest of a larger number, a price, or an address of the web."""

_LEAST, _MOST = 7, 15
_TRUNK_REGIONS = ("GB", "FR", "DE", "IT", "CH", "AU", "SE", "NL", "BE", "AT", "JP", "IN", "ZA")


def phones(text: str, clusters: Sequence[tuple[int, int]]) -> Iterator[Match]:
    """Yield the telephone numbers among clusters of digits."""
    for first, end in _apart(text, clusters):
        found = _NUMBER.search(text, first, end)
        if found is None:
            continue
        start = found.start()
        value = found[0].rstrip(" (.-/\u2013")
        value = value[: value.rfind("(")].rstrip() if value.count("(") > value.count(")") else value
        value = value[:-1] if value.endswith(")") and value.count("(") < value.count(")") else value
        digits = "".join(filter(str.isdigit, value))
        if (
            not _LEAST <= len(digits) <= _MOST
            or _DATE.match(value.lstrip("("))
            or len(set(digits)) == 1
        ):
            continue
        stop = start + len(value)
        if _FOREIGN.search(text[max(0, start - 2) : start]):
            continue
        if text[stop : stop + 1].isalpha() and not _EXTENSION.match(text, stop):
            continue
        sure, evidence = _judged(text, start, stop, value, digits)
        if sure:
            extension = _EXTENSION.match(text, stop)
            stop = extension.end() if extension else stop
            yield Match("personal.phone", start, stop, sure, evidence)


def spoken_of(text: str, start: int) -> bool:
    """Return whether the words before a number say that it may be a telephone's."""
    return text[start - 1 : start] in ("+", "(") or nearest(_WORDS, before(text, start)) in (
        "phone",
        "weak",
    )


def _apart(text: str, clusters: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield clusters, and of those with too many digits for one number the numbers in them."""
    for start, end in clusters:
        if end - start > _MOST and sum(map(str.isdigit, text[start:end])) > _MOST:
            yield from (found.span() for found in _NANP.finditer(text, start, end))
        else:
            yield start, end


def _judged(text: str, start: int, stop: int, value: str, digits: str) -> tuple[float, str]:
    """Return how sure it is that a value is a telephone number, 0 for none, and why."""
    said = nearest(_WORDS, before(text, start))
    if said != "other" and _AFTER.match(text[stop : stop + 14].lower()):
        said = "phone"
    if value.startswith(("+", "(+")):
        valid = _international(digits)
        if said == "phone" or valid:
            return (0.9 if valid else 0.8), "a number with a country code"
        return 0.0, ""
    if said == "other":
        return 0.0, ""
    if said == "weak" and _CONTACT.search(before(text, start)) and not value.isdigit():
        return 0.7, "digits in groups beside a word for messages"
    if said == "phone":
        return 0.8, "digits in groups beside a word for telephones"
    if _NANP.fullmatch(value):
        return 0.65, "area code, exchange and line of North America"
    if _GROUPED.fullmatch(value) and len(digits) >= 9 and _valid_somewhere(value):  # noqa: PLR2004
        return 0.55, "a trunk prefix and groups, valid in a country's plan"
    return 0.0, ""


def _international(digits: str) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return False


def _valid_somewhere(value: str) -> bool:
    import phonenumbers

    for region in _TRUNK_REGIONS:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(value, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False
