"""Street addresses: by their form, in the ways that several countries write them, and as a whole.

A street or a box is where an address begins or what it goes on from; numbers, units, places, post
codes and countries that stand beside it, on its line or the next ones, belong to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quality.admission.matches import Match
from quality.admission.personal.tagged import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Words are bounded: a text of nothing but streets would be read anew from each of them.
_WORD = r"[^\W\d_][\w'’.-]{0,30}"
_NAME = r"[^\W\d_a-zß-öø-ÿ][\w'’.-]{0,30}"
_ENGLISH = (
    r"(?:(?<!Supreme )(?<!High )(?<!District )(?<!Superior )(?<!Federal )(?<!Circuit )Court|"
    r"Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Ct|Way|Place|Pl|"
    r"Square|Sq|Terrace|Ter|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Crescent|Close|Grove|Trail|Row|"
    r"Gardens|Mews|Hill|Alley|Loop|Path|Pike|Plaza|Run|Walk)"
)
_US = (
    rf"\b\d{{1,6}}[A-Za-z]?,? (?:[NSEW]{{1,2}}\.? )?(?:\d{{1,3}}(?:st|nd|rd|th)|{_NAME})"
    rf"(?: (?:of|the|de|la|{_NAME})){{0,3}} {_ENGLISH}\b\.?"
)
_CAPITALS = (
    r"\b\d{1,6}[A-Z]? (?:[A-Z][A-Z'.-]{0,30} ){1,4}(?:STREET|AVENUE|AVE|ROAD|RD|BOULEVARD|BLVD|"
    r"LANE|DRIVE|PARKWAY|HIGHWAY)\b\.?"
)
_NORTH = (
    r"\b(?:[A-ZÄÖÜÅÆØ][\w-]{0,30}(?:straße|strasse|str\.|weg|gasse|platz|allee|damm|ufer|steig|"
    r"straat|laan|gracht|plein|gatan|gränd|vägen|stigen|torget|veien|vegen|vej|stræde|"
    r"gata|katu|[a-zäö]{2}tie|kuja)|"
    r"(?:[A-ZÄÖÜ][\w-]{1,30} )(?:Straße|Strasse|Str\.|Weg|Gasse|Platz|Allee|Ring|Damm|Ufer)) "
    r"\d{1,4} ?[a-zA-Z]?\b"
)
_FRENCH = (
    r"\b\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|avenue|av\.|boulevard|bd|place|allée|chemin|impasse|"
    r"quai|cours|route|square|Rue|Avenue|Boulevard|Place|Allée|Chemin|Impasse|Quai|Cours|Route) "
    r"(?:d[eu] |des |de la |de l['’]|d['’])?(?:[A-ZÉÈÀ][\w'’-]{1,30} ?){1,4}"
)
_SOUTH = (
    r"\b(?:Calle|Avenida|Avda\.?|Av\.|Paseo|Plaza|Camino|Carrera|Via|Viale|Piazza|Corso|Vicolo|"
    r"Rua|Travessa|Estrada|Alameda|Praça|ul\.|Ulica|Rue|Strada|Bulevardul) "
    rf"(?:d[eoai]l? |della |degli |dei )?(?:{_WORD} ?){{1,4}},? ?(?:n[.º°]? ?|nr\.? ?|# ?)?"
    r"\d{1,5}\b"
)
_EAST = (
    rf"\b(?:{_NAME} ){{1,3}}(?:utca|útja|út|u\.|tér|tere|körút|krt\.|sétány|rkp\.|ulice|"
    r"náměstí|nám\.|třída|ulica|[Ss]okak|[Ss]okağı|[Cc]addesi|[Cc]ad\.|[Ss]ok\.) "
    r"(?:No:? ?)?\d{1,4}(?:/\w{1,3})?\b\.?"
)
_GREEK = r"\b(?:Οδός|Οδ\.|Λεωφόρος|Λεωφ\.|Πλατεία) (?:[Α-ΩΆ-Ώ][\w.]{0,30} ?){1,3} ?\d{1,4}\b"
_CYRILLIC = (
    r"\b(?:ул\.|улица|пр\.|проспект|пер\.|пл\.|вул\.) ?(?:[А-ЯЁІЇ][\w-]{0,30} ?){1,3},? ?"
    r"(?:д\. ?)?\d{1,4}\b"
)
_BOX = (
    r"\b(?:P\.? ?O\.? ?Box|Post Office Box|Postfach|Apartado(?: de Correos)?|Casilla|Postbus|"
    r"Postboks|Caixa Postal|Casella Postale) \d{2,6}\b"
)
_MILITARY = (
    rf"\b(?i:(?:PSC|Unit|CMR) \d{{2,5}},? Box \d{{2,5}}|(?:USS|USNS|USNV|USCGC) {_WORD}"
    rf"(?: {_WORD}){{0,2}})[ ,]*\s(?i:[AFD]PO),? (?i:A[AEP]) \d{{5}}(?:-\d{{4}})?\b"
)
_CORNER = (
    rf"\b(?:[Tt]he )?(?:corner|intersection) of (?:\d{{1,5}} )?(?:{_NAME} ){{1,4}}?"
    rf"(?:\d{{1,5}}[a-z]?\.? )?(?:and|&) {_NAME}(?: {_NAME}){{0,4}}(?: \d{{1,5}}\b)?"
)
_FORMS = (
    (_US, 0.8), (_CAPITALS, 0.6), (_NORTH, 0.75), (_FRENCH, 0.75), (_SOUTH, 0.7), (_EAST, 0.75),
    (_GREEK, 0.75), (_CYRILLIC, 0.75), (_BOX, 0.6), (_MILITARY, 0.9), (_CORNER, 0.7),
)  # fmt: skip
_COMPILED = tuple((re.compile(form), sure) for form, sure in _FORMS)

_BREAK = r"(?:[ \t,;–—-]|\n(?![ \t]{0,20}\n)[ \t>|*]{0,20}){1,8}"
_UNIT = (
    r"(?:Apartment|Apt|Suite|Ste|Unit|Floor|Flat|Room|Rm|Building|Bldg|Level|Lot|Whg\.|Stock|"
    r"Etage|étage|piso|interno|int\.|emelet|em\.|lgh)\.? ?#?\w{1,6}\b"
)
_CODE = (
    r"(?:[A-Z]{1,3}[- ])?(?:\d{5}-\d{3,4}|\d{3} \d{2}|\d{2}-\d{3}|\d{4,6}(?: [A-Z]{2})?|"
    r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d)\b"
)
_PLACE = rf"{_NAME}(?:[ -](?:{_NAME}|am|an|der|de|la|sur)){{0,3}}"
_TAIL = re.compile(
    rf"(?: \d{{1,4}}[a-zA-Z]?\b)?(?:{_BREAK}(?i:{_UNIT})){{0,3}}"
    rf"(?:{_BREAK}(?:{_CODE} {_PLACE}|(?:{_PLACE}{_BREAK}){{1,3}}(?:(?:[A-Z]{{2,3}}|nan){_BREAK})?"
    rf"{_CODE}|[A-Z]{{2,3}}{_BREAK}{_CODE}|{_CODE}))?"
)
"""What follows a street: its number, units, then places and a post code, in either order."""
_POST = re.compile(rf"{_BREAK}{_CODE}")
"""What follows the place of an address."""

_HEAD = re.compile(rf"(?<![\w.])(?:\d{{1,6}}[ ,]+)+(?:{_NAME},? ){{0,2}}\Z|(?i:\b{_UNIT})[ ,]+\Z")
"""What precedes a street on its line: its number, or a unit first."""
_BACK = 40
"""Characters before a street in which its number is looked for."""

_BETWEEN = re.compile(rf"(?:{_BREAK}|[.#/°º()]|\b(?:[A-Z]{{2,3}}|nan|\d{{1,6}})\b){{0,6}}")
_STREETS = frozenset({"street", "form"})
_AFTER = frozenset({"place", "code"})
"""Behind one of these, what is a street is another address's."""
_SURE = 0.7
_LONG = 8


def streets(text: str) -> Iterator[Match]:
    """Yield the street addresses of a text that have a form, whole, in order."""
    yield from addresses(text, ())


def addresses(text: str, parts: Iterable[Part]) -> Iterator[Match]:
    """Yield street addresses, and the places among `parts` that belong to none, in order."""
    group: list[Part] = []
    end = 0
    closed: frozenset[str] = frozenset()
    for part in sorted([*parts, *_formed(text)], key=lambda part: part.start):
        if group and (
            part.start < end
            or (part.kind not in closed and _BETWEEN.fullmatch(text, end, part.start))
        ):
            group.append(part)
        else:
            yield from _whole(text, group, end)
            group, end, closed = [part], 0, frozenset()
        if part.kind == "form" or (part.kind in _AFTER and group[0].kind in _STREETS):
            closed |= _STREETS if part.kind in _AFTER else {"form"}
        end = max(end, part.end, _tail(text, part, within=group[0].kind in _STREETS))
    yield from _whole(text, group, end)


def _formed(text: str) -> Iterator[Part]:
    for form, sure in _COMPILED:
        for found in form.finditer(text):
            yield Part("form", *found.span(), sure)


def _tail(text: str, part: Part, *, within: bool) -> int:
    """Return where what belongs behind a street ends, or behind the place of an address."""
    if part.kind in _STREETS:
        tail = _TAIL.match(text, part.end)
    else:
        tail = _POST.match(text, part.end) if within and part.kind == "place" else None
    return tail.end() if tail else part.end


def _whole(text: str, group: list[Part], end: int) -> Iterator[Match]:
    """Yield what a group of parts is: an address if it has a street, else its places."""
    formed = [part.sure for part in group if part.kind == "form"]
    street = [part.sure for part in group if part.kind == "street"]
    if not formed and not street:
        yield from _places(text, group)
        return
    start = group[0].start
    line = text.rfind("\n", max(0, start - _BACK), start) + 1
    head = _HEAD.search(text, line or max(0, start - _BACK), start)
    start = head.start() if head else start
    value = text[start:end]
    if formed:
        yield Match("personal.address", start, end, max(formed), "the form of an address")
    elif any(c.isdigit() for c in value) and any(c.isspace() for c in value):
        yield Match("personal.address", start, end, 0.8, "recognised by a model")
    elif max(street) >= _SURE and len(value) > _LONG and " " in value:
        yield Match("personal.address", start, end, 0.6, "recognised by a model")


def _places(text: str, group: list[Part]) -> Iterator[Match]:
    """Yield places; the words of one that has several are one match."""
    held: tuple[int, int] | None = None
    for part in group:
        if part.kind != "place":
            continue
        if held is not None and text[held[1] : part.start] in {" ", "-", "'", "’", ". "}:
            held = (held[0], part.end)
            continue
        if held is not None:
            yield Match("personal.place", *held, 0.6, "recognised by a model")
        held = (part.start, part.end)
    if held is not None:
        yield Match("personal.place", *held, 0.6, "recognised by a model")
