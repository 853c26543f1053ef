"""Charsets: what the bytes are outweighs what they declare."""

# ruff: noqa: E501 - tables of examples

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshground.core.errors import Quarantine
from ingestion.parse.charset import decode

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.records import Document

GERMAN = (
    "Die Pr\u00e4mie f\u00fcr M\u00fcller betr\u00e4gt 120,50 \u20ac \u2013 j\u00e4hrlich.\n" * 4
)
READABLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1)


@settings(deadline=None)
@given(READABLE, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_marked_and_utf8_text_is_exact(text: str, charset: str) -> None:
    if charset == "utf-8" and text.startswith("\ufeff"):
        return
    assert decode(text.encode(charset)) == text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp1252"])
def test_unmarked_text(charset: str) -> None:
    assert decode(GERMAN.encode(charset)) == GERMAN


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_unmarked_english_is_not_taken_for_utf8_with_zero_bytes(charset: str) -> None:
    assert decode("Hail damage".encode(charset)) == "Hail damage"


def test_big_endian_marks() -> None:
    assert decode(codecs.BOM_UTF16_BE + "\u00fcber".encode("utf-16-be")) == "\u00fcber"
    assert decode(codecs.BOM_UTF32_BE + "\u00fcber".encode("utf-32-be")) == "\u00fcber"


def test_short_western_text() -> None:
    assert decode("k\u00f6nnen".encode("cp1252")) == "k\u00f6nnen"


def test_damaged_utf8_stays_utf8() -> None:
    text = GERMAN * 10
    data = text.encode()
    assert decode(data[:-1] + b"\xff").startswith(text[:-1])


def test_cyrillic() -> None:
    text = (
        "\u0421\u0442\u0440\u0430\u0445\u043e\u0432\u0449\u0438\u043a \u0432\u043e\u0437\u043c\u0435\u0449\u0430\u0435\u0442 \u0440\u0430\u0441\u0445\u043e\u0434\u044b \u043d\u0430 \u0440\u0435\u043c\u043e\u043d\u0442 \u0430\u0432\u0442\u043e\u043c\u043e\u0431\u0438\u043b\u044f. "
        * 10
    )
    assert decode(text.encode("cp1251")) == text


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "windows-1252", "nonsense"])
@pytest.mark.parametrize("actual", ["utf-8", "cp1252"])
def test_a_wrong_declaration_of_html_survives(
    declared: str, actual: str, parsed: Callable[[bytes, str], Document]
) -> None:
    page = f'<html><head><meta charset="{declared}"></head><body><p>{GERMAN}</p></body></html>'
    text = parsed(page.encode(actual), "x.html").text
    assert "Pr\u00e4mie f\u00fcr M\u00fcller betr\u00e4gt 120,50 \u20ac" in text


def test_binary_is_no_text() -> None:
    with pytest.raises(Quarantine) as refusal:
        decode(bytes(range(32)) * 40)
    assert refusal.value.rule == "unsupported"
