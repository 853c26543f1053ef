"""What has a form is found by it, and what only looks like it is not. Values are made up here."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.admission.personal.cards import LENGTHS, luhn
from quality.admission.personal.patterns import find


def rules(text: str) -> list[tuple[str, str]]:
    return [(m.rule.partition(".")[2], text[m.start : m.end]) for m in find(text)]


def card(prefix: str, length: int, seed: int) -> str:
    body = prefix + "".join(random.Random(seed).choices("0123456789", k=length - len(prefix) - 1))
    return next(body + d for d in "0123456789" if luhn(body + d))


def iban(country: str, seed: int) -> str:
    body = "".join(random.Random(seed).choices("0123456789", k=LENGTHS[country] - 4))
    number = int("".join(str(int(c, 36)) for c in body + country + "00"))
    return f"{country}{98 - number % 97:02d}{body}"


@given(
    st.sampled_from([("4", 16), ("51", 16), ("2221", 16), ("34", 15), ("6011", 16), ("36", 14)]),
    st.integers(0, 10_000),
    st.sampled_from(["{}", "Please charge {}.", "({})", "no. {}, thanks", "Karte: {}"]),
)
def test_a_card_is_found_by_issuer_and_check_digit(issuer, seed, around):
    number = card(*issuer, seed)
    assert ("card", number) in rules(around.format(number))


@given(st.integers(0, 10_000))
def test_a_wrong_check_digit_is_no_card(seed):
    number = card("4", 16, seed)
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not rules(f"My card is {wrong}.")


@given(st.sampled_from(sorted(LENGTHS)), st.integers(0, 10_000), st.booleans(), st.booleans())
def test_an_iban_of_any_country_is_found_in_any_spelling(country, seed, grouped, lower):
    value = iban(country, seed)
    shown = " ".join(value[n : n + 4] for n in range(0, len(value), 4)) if grouped else value
    shown = shown.lower() if lower else shown
    assert ("iban", shown) in rules(f"Pay to {shown} by Friday")
    digit = (int(value[-1]) + 1) % 10
    assert ("iban", value[:-1] + str(digit)) not in rules(f"Pay to {value[:-1]}{digit} by Friday")


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Ann (desk 3, +44 20 7946 0958) answers", "phone", "+44 20 7946 0958"),
        (
            "write to jane.o'neil+x@mail.corp.co.uk, please",
            "email",
            "jane.o'neil+x@mail.corp.co.uk",
        ),
        ("<mailto:müller@bücher.de>", "email", "müller@bücher.de"),
        ("see jane@corp.org.eml", "email", "jane@corp.org"),
        ("login from 185.22.13.7:443", "ip", "185.22.13.7"),
        ("peer 2001:4860:4860::8888 up", "ip", "2001:4860:4860::8888"),
        ("call +49 (0)30 901820 today", "phone", "+49 (0)30 901820"),
        ("Tél. : 01 42 68 53 00", "phone", "01 42 68 53 00"),
        ("(415) 555-0132 ext. 12", "phone", "(415) 555-0132 ext. 12"),
        ("携帯 電話 090-1234-5678", "phone", "090-1234-5678"),
        ("SSN 536-90-4399", "ssn", "536-90-4399"),
        ("his social security number is 536904399.", "ssn", "536904399"),
        ("codice fiscale RSSMRA85T10A562S", "national_id", "RSSMRA85T10A562S"),
        ("DNI: 12345678Z", "national_id", "12345678Z"),
        ("CPF 390.533.447-05", "national_id", "390.533.447-05"),
        ("AHV-Nr. 756.9217.0769.85", "national_id", "756.9217.0769.85"),
        ("NI number: national insurance AB 12 34 56 C", "national_id", "AB 12 34 56 C"),
        ("Date of birth: 4 March 1987", "birth_date", "4 March 1987"),
        ("geboren am 04.03.1987 in Ulm", "birth_date", "04.03.1987"),
    ],
)
def test_forms_of_several_countries(text, kind, value):
    assert (kind, value) in rules(text)


@pytest.mark.parametrize(
    "text",
    [
        "version 10.24.33.41 of the driver",
        "section 3.1.4.2 applies",
        "bind 127.0.0.1 or 0.0.0.0, mask 255.255.255.0",
        "std::vector<int>::iterator at 12:34:56",
        "@dataclass and foo@2x.png and git@github.com:org/repo.git",
        "UUID 123e4567-e89b-12d3-a456-426614174000",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "ISBN 978-3-16-148410-0, order 4539148803436467",
        "part number 536-90-4399 fits model 415-555-0132",
        "from 1987-2004, on 2021-03-04 12:30, at 3.14159265358979",
        "0.4539148803436467 and 1,234,567,890 and $ 415 555 0132",
        "rows 10 20 30 40 50 60 70 80 90",
    ],
)
def test_what_only_looks_like_it(text):
    assert rules(text) == []


def test_a_column_of_ids_is_no_column_of_cards():
    chooser = random.Random(4)
    ids = ["4" + "".join(chooser.choices("0123456789", k=15)) for _ in range(200)]
    assert not [r for r in rules("\n".join(ids)) if r[0] == "card"]


@given(st.text(max_size=300))
def test_findings_lie_in_the_text_in_order_and_apart(text):
    end = 0
    for match in find(text):
        assert end <= match.start < match.end <= len(text)
        end = match.end
