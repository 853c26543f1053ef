"""Names, addresses, countries and groups that need no model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.records import Document, Element
from freshground.core.settings import Admission
from quality.admission.matches import Match
from quality.admission.personal.names import find, names
from quality.admission.personal.readable import readable
from quality.admission.personal.tagged import Part, parts, people
from quality.admission.personal.tagger import Word
from quality.admission.personal.throughout import agreed


def by_form(text: str, rule: str = "personal.name") -> list[str]:
    return [text[m.start : m.end] for m in find(text, models=False) if m.rule == rule]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Dear Mr. John Smith,\nthe bill", "John Smith"),
        ("Hi Anna,\nhere it is", "Anna"),
        ("See you.\n\nKind regards,\n\nJane Doe\nSales", "Jane Doe"),
        ("Mit freundlichen Grüßen\nHans-Peter Müller", "Hans-Peter Müller"),
        ("Cordialement,\nÉlodie Lefèvre", "Élodie Lefèvre"),
        ("Üdvözlettel,\nKovács János", "Kovács János"),
        ("Bästa hälsningar\n> Åsa Öberg", "Åsa Öberg"),
        ("Me llamo María José García y vivo aquí", "María José García"),
        ("Ich heiße Jürgen von der Heide.", "Jürgen von der Heide"),
        ("Szabó Péter vagyok, jó napot", "Szabó Péter"),
        ("Full name: JANE DOE\n", "JANE DOE"),
        ("surname: doe; city: none", "doe"),
        ("Patient | mary ann smith | ward 3", "mary ann smith"),
        ("Author: Guido van Rossum\nStatus: Final", "Guido van Rossum"),
        ("write to Jane Doe <jane.doe@example.org>", "Jane Doe"),
        ('To: "Lefèvre, Élodie" <elefevre@example.org>', "Lefèvre, Élodie"),
    ],
)
def test_names_by_what_stands_beside_them(text: str, name: str):
    assert by_form(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "Hello World", "Dear all,\nhi", "I am Sorry", "name: size\ntype: int", "Best\nregards, us",
        "Name: Size", "Support Team <team@example.org>", "Python Dev <list@example.org>",
        "My name is.", "first name: required", "from: x\nto: y", "Kind regards,\n\n12 boxes",
    ],
)  # fmt: skip
def test_what_looks_alike_and_is_no_name(text: str):
    assert by_form(text) == []


@pytest.mark.parametrize(
    "address",
    [
        "221B Baker Street, London NW1 6XE, United Kingdom",
        "1600 Amphitheatre Parkway, Mountain View, CA 94043, USA",
        "Flat 4, 12 Rosewood Close\nLeeds\nLS6 2AB",
        "350 5th Avenue Suite 3301, New York, NY 10118",
        "123 MAIN STREET, SPRINGFIELD, IL 62701",
        "PO Box 4471, Wellington 6140, New Zealand",
        "PSC 6293, Box 8158\nAPO AP 04336",
        "USS Midway\nFPO AE 09532",
        "Lindenstraße 12, 80331 München",
        "12 bis rue de la République, 69002 Lyon, France",
        "Via Garibaldi 7, 10122 Torino",
        "Rua Augusta 1508, São Paulo - SP, 01304-001",
        "Kungsgatan 44, 111 35 Stockholm",
        "1052 Budapest, Váci utca 12",
        "Keizersgracht 174, 1016 DW Amsterdam",
        "İstiklal Caddesi No: 45",
        "Οδός Ερμού 15, Αθήνα 105 63",
        "the corner of Elm Street and Third Avenue",
    ],
)
def test_an_address_is_found_whole(address: str):
    assert by_form(f"It went to\n{address}\n\nyesterday.", "personal.address") == [address]


@pytest.mark.parametrize(
    "text",
    ["In 2019 the Court held", "2019 Supreme Court", "he drove 100 km on foot", "Upgrade 3 is out",
     "Katie 5, Decade 90", "Windows 10 Run dialog", "10 apples, 12 pears"],
)  # fmt: skip
def test_what_looks_alike_and_is_no_address(text: str):
    assert by_form(text, "personal.address") == []


def test_two_addresses_are_two():
    text = "12 Main Street, Leeds LS6 2AB\n14 High Road, Leeds LS6 2AB"
    assert by_form(text, "personal.address") == text.split("\n")


def test_countries_and_groups_and_not_languages_or_names():
    text = (
        "A Polish nurse from Estonia wrote in Polish; Jordan read ESTONIA aloud. She is ungarian."
    )
    assert by_form(text, "personal.place") == ["Estonia", "ESTONIA"]
    assert by_form(text, "personal.group") == ["Polish"]


def test_names_stand_in_the_columns_of_a_table_about_people():
    rows = "7 | Jane Doe | Leeds\n8 | karl | York\n9 | Karl Heinz | N/A"
    assert by_form(f"Staff\n\nid | Name | City\n{rows}\n\nName") == ["Jane Doe", "Karl Heinz"]
    assert by_form(f"id | Name | Format\n{rows}") == []
    assert by_form("First name | Surname\nbob | doe\nnone | roe") == ["bob", "doe", "roe"]


def test_a_name_is_found_in_all_of_its_places():
    text = "Full name: Jane Doe\nThen DOE called, and Jane did. JANE DOE again. A doe ran; does it?"
    assert by_form(text) == ["Jane Doe", "Jane", "JANE DOE"]  # "doe" is a word of the text as well


def test_a_policy_without_models_looks_by_forms_and_says_so():
    text = "Author: Jane Doe\n12 Main Street"
    document = Document(text, (Element("text", 0, len(text)),), None, "en", "text/plain")
    detector = names(Admission(models=False, rules={"personal.name": "mask"}))
    assert detector is not None
    assert [f.rule for f in detector.scan(document).findings] == ["personal.name"]
    with_models = names(Admission(rules={"personal.name": "mask"}))
    assert with_models is not None
    assert detector.rules["personal.name"] != with_models.rules["personal.name"]


def words(text: str, **said: tuple[str, float]) -> list[Word]:
    """Return words as the tagger would: `said` tells of some the kind and its probability."""
    found, at = [], 0
    for value in text.split():
        start = text.index(value, at)
        at = start + len(value)
        kind, sure = said.get(value.strip(",.:"), ("name", 0.0))
        found.append(Word(start, at, 0, 0, 0, 0, 0)._replace(**{kind: sure}))
    return found


def test_words_of_a_name_are_joined_and_firms_are_none():
    text = "Kurt B. Kaiser met Ana of Kaiser Inc and joe"
    said = {
        "Kurt": ("name", 0.9),
        "Kaiser": ("name", 0.5),
        "Ana": ("name", 0.3),
        "joe": ("name", 0.9),
    }
    found = [text[m.start : m.end] for m in people(text, words(text, **said))]
    assert found == ["Kurt B. Kaiser"]


def test_small_letters_count_where_there_are_no_others():
    text = "ask joe\nAsk joe"
    found = [m.start for m in people(text, words(text, joe=("name", 0.9)))]
    assert found == [4]


def test_a_place_in_small_letters_counts_where_there_are_no_others():
    text = "from harburg\nFrom harburg"
    assert [*parts(text, words(text, harburg=("place", 0.9)))] == [Part("place", 5, 12, 0.9)]


def test_the_whole_text_decides_about_a_word():
    text = "CPython is. Jython is. Jython was. Jython will. EINTR came. Ana came."
    found = [Match("personal.name", text.index(v), text.index(v) + len(v), 0.7, "") for v in
             ("CPython", "Jython", "EINTR", "Ana")]  # fmt: skip
    kept = agreed(text, found, words(text, Ana=("name", 0.9)))
    assert [text[m.start : m.end] for m in kept] == ["Ana"]


@given(st.text(alphabet="Aab.1 \n>-é", max_size=60))
def test_what_is_read_stands_where_it_says(text: str):
    read = readable(text)
    for place, c in enumerate(read.text):
        start, end = read.origin(place, place + 1)
        assert end == start + 1
        assert c == text[start] or text[start] in ">- "


def test_sentences_that_can_hold_no_name_are_not_read():
    text = "The cat sat on it. Then Ana came. The end is near, the then."
    assert readable(text).text == "Then Ana came. "
    mailed = "From <ana@example.org>. Ana came."
    assert readable(mailed).text.endswith("Ana came.")
    assert readable("all is small here, ana too. and so on.").text.startswith("all is small")
