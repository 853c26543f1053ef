"""Street addresses by their form, in the ways that several countries write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quality.admission.matches import Match

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = r"[^\W\d_][\w'’.-]*"
_ENGLISH = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|"
    r"Square|Sq|Terrace|Ter|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Crescent|Close|Grove|Trail|Row|"
    r"Gardens|Mews|Hill|Alley|Loop|Path|Pike|Plaza|Run|Walk)"
)
_UNIT = r"(?:[ ,\n]{1,3}(?:Apt|Apartment|Suite|Ste|Unit|Floor|Flat|Room|Rm)\.? ?#?\w{1,6})?"
_CODE = (
    r"(?:,?[ \n]{1,2}(?:[A-Z][\w.'-]+ ?){1,3},? (?:[A-Z]{2} )?(?:\d{5}(?:-\d{4})?|"
    r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}))?"
)
_US = rf"\b\d{{1,6}}[A-Za-z]? (?:[NSEW]\.? )?(?:{_WORD} ){{1,4}}{_ENGLISH}\b\.?{_UNIT}{_CODE}"
_NORTH = (
    r"\b(?:[A-ZÄÖÜ][\wäöüß-]*(?:straße|strasse|str\.|weg|gasse|platz|allee|damm|ufer|"
    r"straat|laan|gatan|vägen|veien|vej|gata|katu|tie)|"
    r"(?:[A-ZÄÖÜ][\wäöüß-]+ )(?:Straße|Strasse|Str\.|Weg|Gasse|Platz|Allee|Ring)) "
    r"\d{1,4} ?[a-z]?\b(?:,?[ \n](?:[A-Z]{1,2}-)?\d{4,5} [A-ZÄÖÜ][\w-]+)?"
)
_FRENCH = (
    r"\b\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|place|allée|chemin|impasse|quai|"
    r"cours|route) (?:d[eu] |des |de la |de l'|d')?(?:[A-ZÉÈ][\w'’-]+ ?){1,4}"
    r"(?:,? ?\d{5} [A-ZÉÈ][\w-]+)?"
)
_SOUTH = (
    r"\b(?:Calle|Avenida|Av\.|Paseo|Plaza|Via|Viale|Piazza|Corso|Rua|Travessa|ul\.|Ulica|Rue) "
    r"(?:d[eoai]l? |della |degli )?(?:[^\W\d_][\w'’.-]* ?){1,4},? ?(?:n[.º°]? ?)?\d{1,5}\b"
)
_BOX = r"\b(?:P\.? ?O\.? ?Box|Postfach|Apartado|Casilla|Postbus) \d{2,6}\b"
_MILITARY = r"\b(?:PSC|Unit|CMR) \d{2,5},? Box \d{2,5}\s{1,2}(?:APO|FPO|DPO) [A-Z]{2} \d{5}\b"
_FORMS = ((_US, 0.8), (_NORTH, 0.75), (_FRENCH, 0.75), (_SOUTH, 0.7), (_BOX, 0.6), (_MILITARY, 0.9))
_COMPILED = tuple((re.compile(form), sure) for form, sure in _FORMS)


def streets(text: str) -> Iterator[Match]:
    """Yield the street addresses of a text."""
    for form, sure in _COMPILED:
        for found in form.finditer(text):
            yield Match("personal.address", *found.span(), sure, "the form of an address")
