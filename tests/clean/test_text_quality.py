"""Poor text is found with its reason; ordinary text of many kinds is not."""

# ruff: noqa: E501 - examples

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshground.core.records import Document, Element
from freshground.core.settings import Admission
from quality.admission.quality import detector
from quality.admission.text_quality import measure

PLAIN = (
    "The insured must tell the company of any change in the risk within 14 days. The company pays "
    "for damage to the building, its fixed parts and the fence, up to EUR 250,000 a year. Part "
    "AB-1234/7 is covered where M8x1.25 bolts hold it; see section 4.2 and https://example.org/t. "
    "Claims are sent to the office in Zurich, which answers within three working days in writing. "
)


def document(text: str, kind: str = "text") -> Document:
    return Document(text, (Element(kind, 0, len(text)),), None, None, "text/plain")


def rules(text: str, kind: str = "text") -> set[str]:
    found = detector(Admission()).scan(document(text, kind))
    assert all(f.start is None and f.evidence and f.version for f in found.findings)
    return {finding.rule for finding in found.findings}


def _scanned(text: str, share: float) -> str:
    dice = random.Random(7)
    return "".join(
        dice.choice("|10!l;~^") if ch.isalpha() and dice.random() < share else ch for ch in text
    )


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (_scanned(PLAIN * 3, 0.12), "quality.ocr_noise"),
        (" ".join(PLAIN), "quality.ocr_noise"),
        ("Page intentionally left blank by the printer.\n" * 60, "quality.repetition"),
        ("xkqjam vwtzq pjxhol zzqkur wvxbit qhfjen dkzxq bvqwas " * 9, "quality.words"),
        (
            "\u00a6\u00ac\u00b1\u00a7\u00a4 %$#@! ~~^^ ++== ;;:: \u00b6\u00b7 " * 20,
            "quality.symbols",
        ),
        ("QmFzZTY0IGlzIG5vIHRleHQgZm9yIHJlYWRlcnM" * 40, "quality.symbols"),
        ("...", "quality.short"),
    ],
)
def test_poor_text_is_found_with_its_reason(text: str, rule: str) -> None:
    assert rule in rules(text)
    assert measure(document(text))["score"] < 0.75


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.upper(),
        "Die Haftpflichtversicherung bezahlt Rechtsschutzkosten und Angstschwei\u00df nicht. " * 8
        + PLAIN,
        "\u5951\u7d04\u306f\u7f72\u540d\u306e\u65e5\u304b\u3089\u6709\u52b9\u3068\u306a\u308a\u307e\u3059\u3002"
        * 3,
        "\u0414\u043e\u0433\u043e\u0432\u043e\u0440 \u0432\u0441\u0442\u0443\u043f\u0430\u0435\u0442 \u0432 \u0441\u0438\u043b\u0443 \u0441 1 \u044f\u043d\u0432\u0430\u0440\u044f \u0438 \u0434\u0435\u0439\u0441\u0442\u0432\u0443\u0435\u0442 \u0433\u043e\u0434. "
        * 2,
        "Installing utf8 support on x86_64: run `apt-get install libssl1.1`, then py3 -m venv. " * 1
        + PLAIN,
        "OK",
    ],
)
def test_ordinary_text_passes(text: str) -> None:
    assert rules(text) == set()


def test_code_and_tables_are_not_judged_as_prose() -> None:
    table = "\n".join(f"A{n} | {n}.00 | x | - | y{n}" for n in range(60))
    assert rules(table, "table") == set()
    assert rules("for(i=0;i<n;i++){x[i]^=~y[i]|z;}\n" * 40, "code") == set()


def test_a_changed_limit_is_another_version_of_its_rule_alone() -> None:
    usual, strict = (
        detector(Admission()),
        detector(Admission.model_validate({"quality_limits": {"min_words": 0.9}})),
    )
    changed = {rule for rule in usual.rules if usual.rules[rule] != strict.rules[rule]}
    assert changed == {"quality.words"}


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_measured_within_bounds(text: str) -> None:
    measured = measure(document(text))
    assert all(
        value is None or 0 <= value <= 1 for name, value in measured.items() if name != "letters"
    )
    assert measure(document(text)) == measured
