"""Personal data on Presidio's synthetic sentences: recall and precision by type, beside Presidio.

A span counts as found where a finding of its type overlaps it, and a finding as right where it
overlaps a span of its type.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.result import Result
from quality.admission.personal import names, patterns, recognised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATTERN_TYPES = {
    "CREDIT_CARD": "personal.card",
    "IBAN_CODE": "personal.iban",
    "EMAIL_ADDRESS": "personal.email",
    "PHONE_NUMBER": "personal.phone",
    "IP_ADDRESS": "personal.ip",
    "US_SSN": "personal.ssn",
}
MODEL_TYPES = {
    "PERSON": "personal.name",
    "STREET_ADDRESS": "personal.address",
    "GPE": "personal.place",
    "NRP": "personal.group",
}
LEAST = 0.95
_SURE = 0.5

Found = list[tuple[str, int, int]]


def run(_root: Path, *, quick: bool) -> Iterator[Result]:
    """Measure on all sentences, or every tenth."""
    place = Path(os.environ["FRESHGROUND_TEST_DATA"]) / "pii" / "synth_dataset_v2.json"
    sentences = json.loads(place.read_text())[:: 10 if quick else 1]
    rival, rival_seconds = _timed(_presidio(), sentences)
    own, seconds = _timed(_ours, sentences)
    by_model, _ = _timed(_names, sentences)
    for types, found, least in ((PATTERN_TYPES, own, LEAST), (MODEL_TYPES, by_model, None)):
        for kind, rule in types.items():
            spans = _spans(sentences, kind)
            ours, theirs = _score(spans, found, rule), _score(spans, rival, kind)
            count = sum(map(len, spans))
            for what, value, other in zip(("recall", "precision"), ours, theirs, strict=True):
                yield Result(
                    f"{rule} {what}", value, least=least, beside=f"Presidio alone {other:.3f}",
                    notes=(f"{count} spans",) if what == "recall" else (),
                )  # fmt: skip
    yield Result(
        "sentences a second, patterns",
        len(sentences) / seconds,
        beside=f"Presidio alone {len(sentences) / rival_seconds:.0f}",
    )


def _timed(
    find: Callable[[str], Found], sentences: list[dict[str, Any]]
) -> tuple[list[Found], float]:
    find(sentences[0]["full_text"])
    started = time.process_time()
    found = [find(sentence["full_text"]) for sentence in sentences]
    return found, time.process_time() - started


def _ours(text: str) -> Found:
    return [(m.rule, m.start, m.end) for m in patterns.find(text) if m.confidence >= _SURE]


def _names(text: str) -> Found:
    return [(m.rule, m.start, m.end) for m in names.find(text) if m.confidence >= _SURE]


def _presidio() -> Callable[[str], Found]:
    """Return Presidio's analyzer as it comes, over the same model; its score decides as ours."""
    import tldextract
    from presidio_analyzer import AnalyzerEngine

    # It would fetch the list of public suffixes: the one in its package does.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())
    tldextract.extract = tldextract.tldextract.TLD_EXTRACTOR
    engine, _ = recognised.presidio()
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    alike = {"LOCATION": "GPE"}

    def find(text: str) -> Found:
        found = analyzer.analyze(text, "en", score_threshold=0.35)  # its own default for phones
        return [(alike.get(r.entity_type, r.entity_type), r.start, r.end) for r in found]

    return find


def _spans(sentences: list[dict[str, Any]], kind: str) -> list[list[tuple[int, int]]]:
    return [
        [
            (span["start_position"], span["end_position"])
            for span in sentence["spans"]
            if span["entity_type"] == kind
        ]
        for sentence in sentences
    ]


def _score(spans: list[list[tuple[int, int]]], found: list[Found], rule: str) -> tuple[float, ...]:
    """Return recall and precision of one rule."""
    count: Counter[str] = Counter()
    for wanted, all_found in zip(spans, found, strict=True):
        got = [(start, end) for name, start, end in all_found if name == rule]
        for start, end in wanted:
            hit = any(a < end and b > start for a, b in got)
            count["found" if hit else "missed"] += 1
        for start, end in got:
            hit = any(a < end and b > start for a, b in wanted)
            count["right" if hit else "wrong"] += 1
    return (
        count["found"] / max(1, count["found"] + count["missed"]),
        count["right"] / max(1, count["right"] + count["wrong"]),
    )
