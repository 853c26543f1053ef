"""Cleansing of characters: what goes, what stays, and that doing it twice changes nothing."""

# ruff: noqa: E501 - tables of examples

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingestion.cleanse.characters import clean_code, clean_prose

AWKWARD = (
    "\u200b\u200c\u200d\u200e\u202e\u2066\ufeff\xad\x00\x0b\x0c\x85\u2028\ufe0f\u0301\u00a0\t\n "
)
SIGNS = "a\u0928\u094d\u0915\u0627\u064a\U0001f468\U0001f3f4\U000e0067\U000e007f\ufb01\u212b\u1100\u1161e-"
TEXT = st.one_of(st.text(), st.text(alphabet=AWKWARD + SIGNS))


@settings(deadline=None)
@given(TEXT)
@example("e\u200b\u0301")
@example("\u0928\u094d\u200d\u200d\u0915")
@example("a \n\u0301b")
def test_prose_is_idempotent(text: str) -> None:
    once = clean_prose(text)
    assert clean_prose(once) == once


@settings(deadline=None)
@given(TEXT)
def test_code_is_idempotent(text: str) -> None:
    once = clean_code(text)
    assert clean_code(once) == once


@settings(deadline=None)
@given(TEXT)
@example("e\u200c\u0301")
def test_result_is_nfc_and_encodable_and_has_no_controls(text: str) -> None:
    for once in (clean_prose(text), clean_code(text)):
        assert unicodedata.is_normalized("NFC", once)
        once.encode("utf-8")
        assert not [ch for ch in once if unicodedata.category(ch) == "Cc" and ch not in "\n\t"]
        assert not set(once) & set("\u200b\u200e\u202e\u2066\ufeff\xad")


@settings(deadline=None)
@given(st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.,/%+#_-]{0,12}", fullmatch=True), min_size=1))
def test_words_numbers_and_part_numbers_survive(words: list[str]) -> None:
    assert clean_prose("  \t\u00a0\u200b ".join(words)).split() == words


@settings(deadline=None)
@given(st.text(alphabet=st.characters(whitelist_categories=["L", "N"]), min_size=1))
def test_no_letter_or_digit_is_lost(text: str) -> None:
    expanded = "".join(clean_prose(ch) for ch in text)
    assert unicodedata.normalize("NFC", clean_prose(text)) == unicodedata.normalize("NFC", expanded)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("per\u00adsonal", "personal"),
        ("pass\u200bword", "password"),
        ("\u202eevil\u202c", "evil"),
        ("page\x0cnext", "page\nnext"),
        ("a  b\t\u00a0c \n\n  d ", "a b c\nd"),
        ("cafe\u0301", "caf\u00e9"),
        ("\ufb01re \ufb02ow", "fire flow"),
        ("\ud800x", "x"),
        ("I\U000e0049\U000e0067\U000e006eam", "Iam"),
        (
            "M\u00dcLLER AG \u2013 12.50 \u20ac, 10^3 m\u00b2",
            "M\u00dcLLER AG \u2013 12.50 \u20ac, 10^3 m\u00b2",
        ),
        ("AB-1234/7 rev. C", "AB-1234/7 rev. C"),
    ],
)
def test_prose(raw: str, clean: str) -> None:
    assert clean_prose(raw) == clean


@pytest.mark.parametrize(
    "kept",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0915\u094d\u200d\u0937",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\u2764\ufe0f\u200d\U0001f525",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    ],
)
def test_joiners_that_scripts_and_emoji_need_stay(kept: str) -> None:
    assert clean_prose(kept) == kept


def test_joiners_between_latin_letters_go() -> None:
    assert clean_prose("ig\u200dno\u200cre") == "ignore"


def test_code_keeps_indentation_tabs_case_and_blank_lines() -> None:
    source = "def f(x):\n\tif x:\n\t    return  'A  b'\n\n    return None"
    assert clean_code("\n" + source + "   \n\n") == source


def test_code_keeps_every_digit_and_sign() -> None:
    source = "x = [1.50, 0x1F, -2e10]  # 007 != 7"
    assert re.findall(r"\S+", clean_code(source)) == re.findall(r"\S+", source)
