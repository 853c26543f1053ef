"""Numbers that a state gives to people: the check of the country, and words where it is weak."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from quality.admission.gates import Seen, compiled
from quality.admission.matches import Match, before, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SSN = re.compile(r"(?<![\d-])(\d{3})([- ])(\d{2})\2(\d{4})(?![\d]|-\d)")
_SSN_PLAIN = re.compile(r"(?<![\d-])(\d{3})()(\d{2})(\d{4})(?![\d-])")
_KNOWN_SAMPLES = frozenset({"078051120", "219099999", "123456789", "987654321"})
"""On sample cards and in every manual: no one's, unless the text says whose."""

_WORDS = re.compile(
    r"\b(?:(?P<ssn>ssns?|social security|soc sec|social insurance|itin|tax ?payer)"
    r"|(?P<national>national (?:id|insurance|number)|identity|identification|id (?:card|number|no)|"
    r"personal (?:id|number|code)|passport|tax (?:id|number|no|code)|tin|nhs|nino|steuer-?id|"
    r"steuernummer|steueridentifikationsnummer|idnr|ausweis|sozialversicherungsnummer|ahv|avs|"
    r"sécurité sociale|numéro (?:de )?sécu|nir|insee|dni|nie|nif|cédula|curp|rfc|cpf|cnpj|rg|"
    r"codice fiscale|bsn|burgerservicenummer|rijksregister\w*|registre national|pesel|"
    r"personnummer|cpr|fødselsnummer|henkilötunnus|hetu|aadhaar|aadhar|uidai|pan|sin|tfn|medicare|"
    r"rodné číslo|egn|cnp|oib|jmbg|rrn|my number|mynumber)"
    r"|(?P<other>part|serial|sku|order|item|model|invoice|phone|tel|fax|zip|account|ticket|isbn|"
    r"licen[cs]e|case|ref))\b"
)


class _Kind(NamedTuple):
    """One country's number: its form, the check in python-stdnum, whether it needs a word."""

    form: str
    checks: tuple[str, ...]
    needs_word: bool


_KINDS = (
    _Kind(r"[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]", ("it.codicefiscale",), False),
    _Kind(r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d", ("mx.curp",), False),
    _Kind(r"[XYZ]-?\d{7}-?[A-Z]", ("es.nie",), False),
    _Kind(r"\d{8}-?[A-Z]", ("es.dni",), True),
    _Kind(r"\d{6}[-+A]\d{3}[0-9A-Y]", ("fi.hetu",), False),
    _Kind(r"756\.\d{4}\.\d{4}\.\d{2}", ("ch.ssn",), False),
    _Kind(r"\d{3}\.\d{3}\.\d{3}-\d{2}", ("br.cpf",), False),
    _Kind(
        r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}", ("fr.nir",), False
    ),
    _Kind(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]", (), True),
    _Kind(r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]", ("in_.pan",), True),
    _Kind(r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", ("be.nn",), False),
    _Kind(r"\d{6}-\d{7}", ("kr.rrn",), True),
    _Kind(r"\d{6}[-+]?\d{4}", ("se.personnummer", "dk.cpr"), True),
    _Kind(r"\d{6}/?\d{3,4}", ("cz.rc",), True),
    _Kind(r"\d{3}[ -]\d{3}[ -]\d{3,4}", ("gb.nhs", "ca.sin", "au.tfn"), True),
    _Kind(r"\d{4} ?\d{4} ?\d{4}", ("in_.aadhaar",), True),
    _Kind(
        r"\d{9,13}",
        (
            "de.idnr", "nl.bsn", "pl.pesel", "no.fodselsnummer", "br.cpf", "be.nn", "ro.cnp",
            "bg.egn", "hr.oib", "pt.nif", "gb.nhs", "ca.sin", "au.tfn", "ch.ssn", "ee.ik",
            "il.idnr", "za.idnr", "tr.tckimlik",
        ),
        True,
    ),
)  # fmt: skip
LETTERED = (
    r"[0-9]{2}(?:[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]|[0-9]{4}[HM][A-Z]{5}|"
    r" ?[0-9]{2} ?[0-9]{2} ?[A-D]\b|[0-9]{2}[A-Z]\b)"
)
"""The digits of ids that are mostly letters: they stand in no cluster of digits."""
_LETTERED = compiled(LETTERED)

_FORM = re.compile(
    r"(?<![\w.-])(?:" + "|".join(f"(?P<k{n}>{kind.form})" for n, kind in enumerate(_KINDS)) + r")"
    r"(?![\w]|[.-]\d)"
)
_REACH = 8
"""Characters before a cluster of digits at which a number that begins with letters may begin."""


def ssns(text: str, clusters: Sequence[tuple[int, int]]) -> Iterator[Match]:
    """Yield US social security numbers: areas that exist; a word where the form is weak."""
    for start, end in clusters:
        for form in (_SSN, _SSN_PLAIN):
            for found in form.finditer(text, start, end):
                area, group, serial = found[1], found[3], found[4]
                if area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000":
                    continue
                said = nearest(_WORDS, before(text, found.start()))
                sure = found[2] == "-" and said is None
                if said == "ssn":
                    yield Match("personal.ssn", *found.span(), 0.95, "nine digits, named as SSN")
                elif sure and area + group + serial not in _KNOWN_SAMPLES:
                    yield Match("personal.ssn", *found.span(), 0.6, "area, group and serial")


def ids(text: str, clusters: Sequence[tuple[int, int]], lettered: Seen | None) -> Iterator[Match]:
    """Yield national ids of other countries whose check digits are right.

    `lettered` is the text where ids of letters may stand outside the clusters, else None.
    """
    done = 0
    others = lettered.spans(_LETTERED) if lettered else ()
    for start, end in sorted((*clusters, *others)):
        place = max(done, start - _REACH)
        while place < end:
            found = _FORM.search(text, place, min(len(text), end + 8))
            if found is None or found.start() >= end:
                break
            done = place = found.end()
            kind = _KINDS[int((found.lastgroup or "k0")[1:])]
            said = nearest(_WORDS, before(text, found.start()))
            if kind.needs_word and said not in ("national", "ssn"):
                continue
            country = _country(kind, found[0])
            if country and said != "other":
                sure = 0.9 if said else 0.7
                yield Match(
                    "personal.national_id", *found.span(), sure, f"an id of {country}, checked"
                )


def _country(kind: _Kind, value: str) -> str | None:
    """Return the country whose check a value passes; None for none."""
    if not kind.checks:
        return "GB"
    for name in kind.checks:
        if import_module(f"stdnum.{name}").is_valid(value):
            return name[:2].upper()
    return None
