"""Countries and the groups that people belong to, which are few enough to be known by name."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from quality.admission.matches import Match

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "fi", "hu", "pl", "cs")
"""Languages whose names of countries are known: those of documents that the rules know best."""

_ALSO = (
    "USA", "U.S.A.", "U.S.", "UK", "U.K.", "UAE", "Great Britain", "Britain", "England", "Scotland",
    "Wales", "Northern Ireland", "Czech Republic", "Holland", "the Netherlands", "Russia",
    "South Korea", "North Korea", "Ivory Coast", "Burma", "Taiwan", "Vietnam", "Syria", "Iran",
    "Macedonia", "Kosovo", "Palestine", "Tibet", "Catalonia", "Bavaria", "Soviet Union",
    "Deutschland", "Schweiz", "Österreich", "Suisse", "España", "Italia", "Brasil", "Sverige",
    "Magyarország", "Polska", "Hrvatska", "Norge", "Suomi", "Danmark", "Türkiye",
)  # fmt: skip
_SHORTEST = 3
_NONE = frozenset({
    "chad", "jersey", "jordan", "island", "dominique", "man", "niger", "guernsey", "mars",
    "serbien", "french southern territories",
})  # fmt: skip
"""Names of countries that are as well names of people, or words of other languages."""

_PEOPLES = """
Afghan Albanian Algerian American Andorran Angolan Argentine Argentinian Armenian Australian
Austrian Azerbaijani Bahamian Bahraini Bangladeshi Barbadian Basque Belarusian Belgian Belizean
Belizian Beninese Bhutanese Bolivian Bosnian Botswanan Brazilian British Briton Bruneian Bulgarian
Burkinabe Burmese Burundian Cambodian Cameroonian Canadian Catalan Chadian Chechen Chilean Chinese
Colombian Congolese Cornish Corsican Croat Croatian Cuban Cypriot Czech Dane Danish Djiboutian
Dominican Dutch Ecuadorian Egyptian Emirati English Englishman Eritrean Estonian Ethiopian Fijian
Filipino Filipina Finn Finnish Flemish French Frenchman Gabonese Gambian Georgian German Ghanaian
Greek Greenlandic Greenlander Grenadian Guatemalan Guinean Guyanese Haitian Honduran Hungarian
Icelander Icelandic Indian Indonesian Iranian Iraqi Irish Irishman Israeli Italian Ivorian
Jamaican Japanese Jordanian Kazakh Kenyan Korean Kosovar Kurd Kurdish Kuwaiti Kyrgyz Lao Laotian
Latvian Lebanese Liberian Libyan Liechtensteiner Lithuanian Luxembourger Macedonian Malagasy
Malawian Malaysian Maldivian Malian Maltese Mauritanian Mauritian Mexican Moldovan Monegasque
Mongolian Montenegrin Moroccan Mozambican Namibian Nepalese Nepali Nicaraguan Nigerian Nigerien
Norwegian Omani Pakistani Palestinian Panamanian Paraguayan Persian Peruvian Pole Polish
Portuguese Qatari Romanian Russian Rwandan Salvadoran Samoan Saudi Scot Scottish Senegalese Serb
Serbian Sicilian Singaporean Slovak Slovakian Slovene Slovenian Somali Spaniard Spanish Sudanese
Surinamese Swede Swedish Swiss Syrian Taiwanese Tajik Tanzanian Thai Tibetan Togolese Tongan
Trinidadian Tunisian Turk Turkish Turkmen Ugandan Ukrainian Uruguayan Uyghur Uzbek Venezuelan
Vietnamese Welsh Welshman Yemeni Yugoslav Zambian Zimbabwean African Asian European Arab Arabian
Scandinavian Hispanic Latino Latina Caucasian Romani Inuit Sami Maori Aboriginal Muslim Islamic
Sunni Shia Shiite Sufi Christian Catholic Protestant Lutheran Calvinist Methodist Baptist Anglican
Presbyterian Evangelical Pentecostal Mormon Quaker Jew Jewish Hindu Buddhist Sikh Jain Zoroastrian
Taoist Atheist Zionist Communist Marxist Socialist Fascist Nazi Peronist Republican Democrat Tory
"""
_PLURALS = re.compile(r"(?<=[a-z])(?<!s)(?<!sh)(?<!ch)(?<!ese)\Z")

_SMALL = re.compile(r"(?:[aeo]|[^l]i)(?:an|ans|ese)\Z|ani\Z")

_SPEECH = re.compile(
    r"(?i)\b(?:in|into|to|from|speaks?|speaking|spoke|spoken|plain|written|translated|learn) \Z"
)
_LANGUAGE = re.compile(
    r"(?i)[ -](?:languages?|texts?|words?|alphabets?|characters?|letters?|translations?|versions?|"
    r"spelling|sentences?|prose|speakers?|locales?|notation|keyboards?|union|commission|parliament|"
    r"community|names?)\b"
)
"""What tells a language, or an institution, from people."""


def countries(text: str) -> Iterator[Match]:
    """Yield names of countries."""
    for found in _countries().finditer(text):
        yield Match("personal.place", *found.span(), 0.6, "a country")


def groups(text: str) -> Iterator[Match]:
    """Yield nationalities, peoples and religions: of people, and not the languages they speak."""
    for found in _groups().finditer(text):
        start, end = found.span()
        if _LANGUAGE.match(text, end) or _SPEECH.search(text, max(0, start - 12), start):
            continue
        yield Match("personal.group", start, end, 0.6, "a nationality, people or religion")


@cache
def _countries() -> re.Pattern[str]:
    """Return a pattern of the names of countries, in the languages that are known."""
    from phonenumbers.geodata.locale import LOCALE_DATA

    known = set(_ALSO)
    for names in LOCALE_DATA.values():
        for language in _LANGUAGES:
            name = names.get(language, "")
            name = names[name[1:]] if name.startswith("*") else name
            known.add(name.partition(" (")[0])
    return _either(name for name in known if len(name) >= _SHORTEST and name.lower() not in _NONE)


@cache
def _groups() -> re.Pattern[str]:
    names = {form for name in _PEOPLES.split() for form in (name, _PLURALS.sub("s", name, count=1))}
    # Many languages write them small; of those that are, in English, no other words.
    return _either(names | {name.lower() for name in names if _SMALL.search(name)})


def _either(names: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of names as they are written, and in capitals alone.

    Branches of one letter are joined, so that a place is compared with few of them.
    """
    written = set(names)
    forms: dict[str, list[str]] = {}
    for name in sorted(written | set(map(str.upper, written)), key=len, reverse=True):
        forms.setdefault(name[0], []).append(re.escape(name[1:]))
    branches = (f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in forms.items())
    return re.compile(rf"(?<![\w.@/-])(?:{'|'.join(branches)})(?![\w@/])")
