"""Payment cards and bank accounts: issuer, length and check digits, then the words around."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quality.admission.gates import Seen, compiled
from quality.admission.matches import Match, before, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CARD = re.compile(
    r"(?<![\d.,])(?:\d{12,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5})"
    r"(?![\d]|[.,]\d)"
)
_WORDS = re.compile(
    r"\b(?:(?P<card>cards?|credit|debit|visa|mastercard|amex|american express|discover|diners|jcb|"
    r"maestro|cc|payment|kreditkarte|kartennummer|karte|carte|tarjeta|carta|cartão|kort|карта)"
    r"|(?P<other>order|tracking|invoice|parcel|isbn|ean|gtin|upc|imei|serial|part|sku|ticket|"
    r"transaction id|barcode|uuid|hash|timestamp|doi|bug|issue|commit))\b"
)
_ISSUERS = re.compile(
    r"(?P<visa>4(?:\d{15}|\d{12}|\d{18}))"
    r"|(?P<mastercard>(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12})"
    r"|(?P<amex>3[47]\d{13})"
    r"|(?P<diners>3(?:0[0-5]|[689]\d)\d{11})"
    r"|(?P<discover>6(?:011|5\d{2}|4[4-9]\d)\d{12}(?:\d{3})?)"
    r"|(?P<jcb>(?:35(?:2[89]|[3-8]\d)\d{12}|(?:2131|1800)\d{11}))"
    r"|(?P<unionpay>62\d{14,17})"
    r"|(?P<maestro>(?:50|5[6-9]|6\d)\d{10,17})"
)
_SURE_LENGTHS = {"visa": 16, "mastercard": 16, "amex": 15, "discover": 16, "diners": 14}
"""The usual length of each issuer: others look like any number, and need a word beside them."""

_MANY = 5
_CHANCE = 0.3
"""One number in ten passes the check by chance. Where of `_MANY` numbers of a card's form fewer
than this share pass, they are ids of something else."""

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,30}")
_ASIDE = str.maketrans("", "", " -")


def luhn(digits: str) -> bool:
    """Return whether the last digit is the check digit of those before it."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)  # noqa: PLR2004 - the sum of its digits
    return total % 10 == 0


def cards(text: str, clusters: Sequence[tuple[int, int]]) -> Iterator[Match]:
    """Yield the card numbers among clusters of digits."""
    plain: list[tuple[Match, bool]] = []
    tried = 0
    for start, end in clusters:
        for found in _CARD.finditer(text, start, end):
            digits = found[0].translate(_ASIDE)
            if len(set(digits)) == 1:
                continue
            issuer = _ISSUERS.fullmatch(digits)
            passes = luhn(digits)
            said = nearest(_WORDS, before(text, found.start()))
            name = (issuer and issuer.lastgroup) or "not known"
            evidence = f"{len(digits)} digits, issuer {name}, check digit right"
            if said == "card":
                if passes:
                    yield Match("personal.card", *found.span(), 0.95 if issuer else 0.8, evidence)
            elif said is None and _SURE_LENGTHS.get(name) == len(digits):
                if digits != found[0] and passes:
                    yield Match("personal.card", *found.span(), 0.85, evidence)
                elif digits == found[0]:
                    tried += 1
                    plain.append((Match("personal.card", *found.span(), 0.7, evidence), passes))
    right = [match for match, passes in plain if passes]
    if tried < _MANY or len(right) >= _CHANCE * tried:
        yield from right


def ibans(text: str, seen: Seen) -> Iterator[Match]:
    """Yield the IBANs of a text: a country's length, and the remainder by 97."""
    for start, _ in seen.spans(_IBAN_STARTS):
        found = _IBAN.match(text, start)
        value = found and _iban(found[0])
        if found and value:
            end = found.start() + len(value)
            yield Match("personal.iban", found.start(), end, 0.95, "an IBAN, check digits right")


def _iban(candidate: str) -> str | None:
    """Return the beginning of a candidate that is an IBAN: words may follow after a space."""
    from stdnum.iso7064 import mod_97_10

    length = LENGTHS.get(candidate[:2].upper())
    if length is None:
        return None
    seen = 0
    for place, char in enumerate(candidate):
        seen += char.isalnum()
        if seen == length:
            cut = candidate[: place + 1]
            ends = not candidate[place + 1 : place + 2].isalnum()
            whole = cut.translate(_ASIDE).upper()
            return cut if ends and mod_97_10.is_valid(whole[4:] + whole[:4]) else None
    return None


LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28,
    "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
    "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
    "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30,
    "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22,
    "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23,
    "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
"""Characters of an IBAN by country (SWIFT's registry)."""

_IBAN_STARTS = compiled(rf"(?i:{'|'.join(LENGTHS)})[0-9]{{2}}")
