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
from ingestion.parse.mime import message_of

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


FRENCH = "La soci\u00e9t\u00e9 \u00ab d\u00e9j\u00e0 \u00bb cr\u00e9\u00e9e \u00e0 N\u00eemes co\u00fbte 5.\n"
RUSSIAN = "\u041f\u043e\u043b\u0438\u0441 \u0434\u0435\u0439\u0441\u0442\u0432\u0443\u0435\u0442 \u0442\u0440\u0438 \u0433\u043e\u0434\u0430, \u0443\u0431\u044b\u0442\u043a\u0438 \u0432\u043e\u0437\u043c\u0435\u0449\u0430\u044e\u0442\u0441\u044f.\n"
CZECH = "Poji\u0161t\u011bn\u00ed plat\u00ed t\u0159i roky; \u0161kody budou uhrazeny b\u011bhem m\u011bs\u00edce.\n"
JAPANESE = "\u4fdd\u967a\u306e\u5951\u7d04\u306f\u4e09\u5e74\u9593\u6709\u52b9\u3067\u3059\u3002\n"


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        (FRENCH, "cp1252"), (FRENCH, "mac_roman"), (GERMAN.replace("\u20ac", "EUR"), "mac_roman"),
        (CZECH, "cp1250"), (CZECH, "iso8859_2"), (RUSSIAN * 2, "koi8_r"), (RUSSIAN * 2, "cp1251"),
        (RUSSIAN, "utf-16-be"), (RUSSIAN, "utf-16-le"), (JAPANESE, "utf-16-be"),
        (JAPANESE, "iso2022_jp"), (JAPANESE * 3, "shift_jis"),
    ],
)  # fmt: skip
def test_short_text_that_declares_nothing(text: str, charset: str) -> None:
    assert decode(text.encode(charset)) == text


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1250", "shift_jis", "utf-8"])
@pytest.mark.parametrize(
    ("text", "charset"),
    [(RUSSIAN * 3, "koi8_r"), (FRENCH * 3, "mac_roman"), (CZECH * 3, "cp1250")],
)
def test_a_declared_charset_that_makes_no_language(text: str, charset: str, declared: str) -> None:
    assert decode(text.encode(charset), declared) == text


def test_bytes_beyond_ascii_in_headers_of_a_mail() -> None:
    subject = "Gr\u00f6\u00dfe \u00fcber K\u00f6ln"
    for charset in ("latin-1", "utf-8"):
        message = message_of(f"Subject: {subject}\r\n\r\nText".encode(charset))
        assert message["subject"] == subject


def test_binary_is_no_text() -> None:
    with pytest.raises(Quarantine) as refusal:
        decode(bytes(range(32)) * 40)
    assert refusal.value.rule == "unsupported"
