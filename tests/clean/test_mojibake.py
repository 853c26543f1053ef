"""Damage of a wrong charset is repaired where that is certain, and nothing that is right changes."""

# ruff: noqa: E501 - examples

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.cleanse.mojibake import repair, repair_line
from ingestion.parse import parse
from ingestion.parse.blocks import Block

RIGHT = [
    "Der Versicherer zahlt für Schäden an Gebäuden bis 5 Mio. € – „ohne Abzug“.",
    "L’assuré déclare le sinistre à l’agence « dès que possible », soit 48 h après… voilà »…",
    "A franquia é de R$ 1.200,00; NÃO há cobertura após 30 dias. SÃO PAULO, IRMÃ™ e AMANHÃ “já”.",
    "Siniestro nº 4.512: daños por agua (≤ 15 m²), ±0,5 °C, ½ hora.",
    "Škoda zaplatí škodu do 30 dnů; číslo smlouvy Ž-2024/č. 7.",
    "Договор вступает в силу 1 января; страховая сумма — 500 000 ₽. РАСЧЁТ № 5",
    "Η ασφάλιση καλύπτει ζημιές έως 10.000 €.",
    "契約は署名の日から有効となります。免責金額は５万円です。",
    "العقد ساري المفعول من تاريخ التوقيع",
    "Part Ø12×45 mm, M8×1.25, R²=0.98, ×10⁻³ µF, H₂O, Ω, №7, 5′ 3″, AB‑12, −40 °C, 1 000 kg",
    "Straße „Ä“ und „Ö“ – GROẞ und Spaß“, Ærø, Ðuro, Ñandú, Å/s",
    "The letter é is often shown as Ã© in broken mail.",
    "tiếng Việt: hợp đồng bảo hiểm có hiệu lực",
]
LETTERS = st.text(
    st.sampled_from("abcdefghijklmnopqrstuvwxyzäöüßéèêàçñøåæłśżčšžőűășțğışøþðíáóú  .,-0123456789"),
    max_size=80,
)


def mend(text: str) -> str:
    return repair([Block("text", text)])[0][0].text


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_stays(text: str) -> None:
    assert mend(text) == text
    assert repair_line(text) == text


@pytest.mark.parametrize("charset", ["latin-1", "cp1252"])
@pytest.mark.parametrize(
    "text",
    [
        "Der Versicherer zahlt für Schäden an Gebäuden und Möbeln.",
        "Le sinistre est déclaré à l’agence après réparation.",
        "Los daños por agua están cubiertos según la póliza.",
        "Договор вступает в силу после подписания",
        "It’s 20 °C – don’t wait",
    ],
)
def test_damage_is_repaired(text: str, charset: str) -> None:
    try:
        damaged = text.encode().decode(charset)
    except UnicodeDecodeError:
        pytest.skip("these bytes mean nothing in this charset")
    assert mend(damaged) == text


@settings(deadline=None)
@given(LETTERS)
def test_lower_case_text_of_europe_never_changes(text: str) -> None:
    assert mend(text) == text


@settings(deadline=None)
@given(st.text(max_size=60))
def test_repairing_twice_changes_nothing_more(text: str) -> None:
    once = mend(text)
    assert mend(once) == once


@settings(deadline=None)
@given(st.text(max_size=60))
def test_ascii_always_survives(text: str) -> None:
    def plain(value: str) -> str:
        return "".join(ch for ch in value if ch < "\x80")

    assert plain(mend(text)) == plain(text)


def test_code_is_never_touched() -> None:
    blocks = [Block("code", 'BAD = "fÃ¼r"'), Block("text", "Die Police gilt fÃ¼r GebÃ¤ude.")]
    mended, count = repair(blocks)
    assert [block.text for block in mended] == ['BAD = "fÃ¼r"', "Die Police gilt für Gebäude."]
    assert count == 1


def test_a_document_says_that_it_was_repaired() -> None:
    document = parse("Die Police gilt fÃ¼r GebÃ¤ude und MÃ¶bel.".encode(), "police.txt")
    assert document.text == "Die Police gilt für Gebäude und Möbel."
    assert document.metadata["mojibake_repaired"] == 1


def test_a_declaration_that_lies() -> None:
    body = "<p>Gebäude und Möbel für 5 €</p>"
    page = f'<html><head><meta charset="iso-8859-1"></head><body>{body}</body></html>'
    assert "Gebäude und Möbel für 5 €" in parse(page.encode("utf-8"), "a.html").text
    page = page.replace("iso-8859-1", "utf-8")
    assert "Gebäude und Möbel für 5 €" in parse(page.encode("cp1252"), "a.html").text
