"""The language of documents and of chunks, and that an index tells them apart."""

# ruff: noqa: E501 - examples

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingestion.cleanse.language import detect, detect_chunk

if TYPE_CHECKING:
    from tests.project import Project

ENGLISH = "The company pays for damage to the building and its fixed parts after a storm. "
GERMAN = "Der Versicherer zahlt die Kosten, die durch den Schaden an dem Fahrzeug entstehen. "
PARAGRAPHS = {
    "de": "Der Vertrag tritt mit der Unterzeichnung in Kraft und gilt unbefristet.",
    "fr": "La r\u00e9union est report\u00e9e \u00e0 mardi prochain en raison de la gr\u00e8ve des trains.",
    "pl": "Bardzo dzi\u0119kuj\u0119 za wiadomo\u015b\u0107, odpisz\u0119 jutro rano po spotkaniu z klientem.",
    "sv": "Tack s\u00e5 mycket f\u00f6r hj\u00e4lpen i g\u00e5r, vi h\u00f6rs igen n\u00e4sta vecka om f\u00f6rs\u00e4kringen.",
    "ru": "\u0414\u043e\u0433\u043e\u0432\u043e\u0440 \u0432\u0441\u0442\u0443\u043f\u0430\u0435\u0442 \u0432 \u0441\u0438\u043b\u0443 \u0441 \u043c\u043e\u043c\u0435\u043d\u0442\u0430 \u0435\u0433\u043e \u043f\u043e\u0434\u043f\u0438\u0441\u0430\u043d\u0438\u044f \u0441\u0442\u043e\u0440\u043e\u043d\u0430\u043c\u0438.",
    "ja": "\u5951\u7d04\u306f\u7f72\u540d\u306e\u65e5\u304b\u3089\u6709\u52b9\u3068\u306a\u308a\u307e\u3059\u3002",
    "hy": "\u0532\u0578\u056c\u0578\u0580 \u0574\u0561\u0580\u0564\u056b\u056f \u056e\u0576\u057e\u0578\u0582\u0574 \u0565\u0576 \u0561\u0566\u0561\u057f \u0578\u0582 \u0570\u0561\u057e\u0561\u057d\u0561\u0580 \u0561\u0580\u056a\u0561\u0576\u0561\u057a\u0561\u057f\u057e\u0578\u0582\u0569\u0575\u0561\u0574\u0562",
}


@pytest.mark.parametrize("code", PARAGRAPHS)
def test_one_sentence_is_enough(code: str) -> None:
    assert detect(PARAGRAPHS[code]) == code


def test_a_chunk_is_in_its_document_s_language_unless_it_clearly_differs() -> None:
    assert detect_chunk(ENGLISH, "en") == "en"
    assert detect_chunk(GERMAN * 2, "en") == "de"
    assert detect_chunk("AB-1234 | 12.50 | CHF", "fr") == "fr"
    assert detect_chunk("def parse(raw):\n    return raw.text.strip()", "de") == "de"
    assert detect_chunk("OK", None) is None


@pytest.mark.slow
def test_an_index_filters_by_the_language_of_the_chunk(quick: Project) -> None:
    quick.write("both.md", f"# Cover\n\n{ENGLISH * 12}\n\n# Deckung\n\n{GERMAN * 12}\n")
    quick.refresh()
    context = quick.context()
    rows = context.lake.gold.rows("SELECT text, language FROM t").to_pylist()
    assert {row["language"] for row in rows if "Versicherer" not in row["text"]} == {"en"}
    assert {row["language"] for row in rows if "company" not in row["text"]} == {"de"}
