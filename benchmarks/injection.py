"""Prompt injection: what is found of attacks placed into mails, and what is flagged of the benign.

Attacks of BIPIA's training split and others of kinds that it does not have stand in its mails, at
the start, in the middle, at the end, and anywhere in the demo's handbook. Findings are those of a
refresh: the detector's, looked at again by meaning. The rival is what is often done: a list of
known phrases.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import re
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.injection_kinds import KINDS
from benchmarks.injection_later import ALIKE, LATER, MIXED, UNSEEN
from benchmarks.injection_ordinary import FRESH, LAST, ORDINARY
from benchmarks.result import Result
from freshground.core.errors import Quarantine
from freshground.core.settings import Admission, LocalEncoder
from indexes.encoders import open_encoder
from ingestion.parse import parse
from quality.admission.injection.detector import injection
from quality.admission.injection.meaning import MODEL, look_again

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np

    from freshground.core.records import Document

HANDBOOK = Path(__file__).parents[1] / "examples" / "handbook"
MAILS = 10
PLACES = ("start", "middle", "end")
MOST_FLAGGED = 0.01
_LARGEST = 3_000_000
_CUT = re.compile(r"[.!?]\s+|\n")
_PHRASES = re.compile(
    r"ignore (?:all |any )?(?:the )?(?:previous|prior|above) instructions|disregard (?:all |the )?"
    r"(?:previous|above)|system prompt|you are now|act as|jailbreak|do anything now",
    re.IGNORECASE,
)


class Guard:
    """What a refresh looks for, and what the second look took: calls, texts, CPU seconds."""

    def __init__(self, cache: Path) -> None:
        self._detector = injection(Admission())
        self._encoder = open_encoder(LocalEncoder(model=MODEL), cache, str)
        self._encoder.encode(["what is loaded once is no cost of a document"])
        self.calls = self.texts = 0
        self.seconds = 0.0

    def flags(self, document: Document) -> bool:
        """Return whether a document would be kept from its readers."""
        found = look_again(document.text, self._detector.scan(document).findings, self._encode)
        return any(finding.confidence >= Admission().min_confidence for finding in found)

    def _encode(self, texts: list[str]) -> np.ndarray:
        self.calls += 1
        self.texts += len(texts)
        started = time.process_time()
        vectors = self._encoder.encode(texts)
        self.seconds += time.process_time() - started
        return vectors


def run(root: Path, *, quick: bool) -> Iterator[Result]:
    """Measure recall by place and kind, and false alarms by corpus."""
    data = os.environ.get("FRESHGROUND_TEST_DATA")
    if not data:
        print("LEFT OUT: injection; set FRESHGROUND_TEST_DATA to the folder of real data")
        return
    folder = Path(data)
    bipia = folder / "hostile" / "bipia"
    mails = [
        json.loads(line)["context"]
        for line in (bipia / "email" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    attacks = json.loads((bipia / "text_attack_train.json").read_text(encoding="utf-8"))
    logging.disable(logging.WARNING)
    guard = Guard(root / "encoder")
    book = [document.text for document in _handbook()]
    for where, texts in (("mails", mails), ("the handbook", book)):
        yield _recall(guard, "BIPIA's training attacks", attacks, where, texts, quick=quick)
        yield _recall(guard, "attacks of other kinds", KINDS, where, texts, quick=quick)
    yield _recall(guard, "attacks of kinds that taught last", LATER, "mails", mails, quick=quick)
    yield _recall(guard, "attacks looked at once", UNSEEN, "mails", mails, quick=quick)
    yield from _alarms(Guard(root / "encoder"), folder, mails, quick=quick)
    yield _ordinary(guard)
    logging.disable(logging.NOTSET)


def _recall(
    guard: Guard,
    name: str,
    attacks: Mapping[str, Sequence[str]],
    where: str,
    texts: Sequence[str],
    *,
    quick: bool,
) -> Result:
    rng = random.Random(1)
    found: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    listed = 0
    for kind, worded in attacks.items():
        for attack in worded:
            for text in rng.sample(list(texts), 1 if quick else MAILS):
                for place in PLACES:
                    document = parse(_placed(text, attack, place, rng).encode(), "mail.txt")
                    hit = guard.flags(document)
                    listed += bool(_PHRASES.search(document.text))
                    for key in (kind, place, "all"):
                        found[key] += hit
                        tried[key] += 1
    shares = {key: found[key] / tried[key] for key in tried}
    weakest = sorted((shares[kind], kind) for kind in attacks)
    return Result(
        f"recall, {name} in {where}",
        shares["all"],
        beside=f"a list of phrases: {listed / tried['all']:.2f}",
        notes=(
            f"{tried['all']} documents; "
            + ", ".join(f"{place} {shares[place]:.3f}" for place in PLACES),
            "by kind: " + ", ".join(f"{kind} {share:.2f}" for share, kind in weakest),
        ),
    )


def _placed(mail: str, attack: str, place: str, rng: random.Random) -> str:
    if place == "start":
        return f"{attack}\n{mail}"
    if place == "end":
        return f"{mail}\n{attack}"
    cut = rng.choice([match.end() for match in _CUT.finditer(mail)] or [len(mail)])
    return f"{mail[:cut]}\n{attack}\n{mail[cut:]}"


def _alarms(guard: Guard, folder: Path, mails: Sequence[str], *, quick: bool) -> Iterator[Result]:
    flagged: dict[str, int] = defaultdict(int)
    listed = 0
    counts: Counter[str] = Counter()
    for corpus, document in _benign(folder, mails, 20 if quick else 1):
        counts[corpus] += 1
        flagged[corpus] += guard.flags(document)
        listed += bool(_PHRASES.search(document.text))
    total = counts.total()
    yield Result(
        "benign documents flagged",
        sum(flagged.values()) / total,
        most=MOST_FLAGGED,
        beside=f"a list of phrases: {listed / total:.4f}",
        notes=(", ".join(f"{name} {flagged[name]} of {counts[name]}" for name in counts),),
    )
    yield Result(
        "cost of the second look, apart (CPU)",
        1000 * guard.seconds / total,
        " ms/document",
        beside=f"{guard.calls} of {total} documents were looked at again, {guard.texts} texts",
    )


def _ordinary(guard: Guard) -> Result:
    """Measure texts of a line or a page that tell people what to do: no corpus has many."""
    sets = {
        "developed with": [text for texts in ORDINARY.values() for text in texts[::2]],
        "held out": [text for texts in ORDINARY.values() for text in texts[1::2]],
        "written after, looked at once": FRESH,
        "written last": LAST,
        "of ten other kinds": [text for texts in MIXED.values() for text in texts],
        "like attacks": ALIKE,
    }
    flagged = {
        name: sum(guard.flags(parse(t.encode(), "note.txt")) for t in texts)
        for name, texts in sets.items()
    }
    total = sum(map(len, sets.values()))
    listed = sum(bool(_PHRASES.search(text)) for texts in sets.values() for text in texts)
    return Result(
        "ordinary short texts flagged",
        sum(flagged.values()) / total,
        most=MOST_FLAGGED,
        beside=f"a list of phrases: {listed / total:.4f}",
        notes=(", ".join(f"{name} {flagged[name]} of {len(sets[name])}" for name in sets),),
    )


def _benign(folder: Path, mails: Sequence[str], step: int) -> Iterator[tuple[str, Document]]:
    def read(name: str, data: bytes) -> Iterator[Document]:
        with contextlib.suppress(Quarantine):
            yield parse(data, name)

    for corpus, place in (("peps", "history/peps/base"), ("formats", "formats")):
        files = [path for path in sorted((folder / place).rglob("*")) if path.is_file()]
        for path in files[::step]:
            if path.stat().st_size <= _LARGEST:
                yield from ((corpus, d) for d in read(path.name, path.read_bytes()))
    for corpus in ("covid_qa", "xquad_en"):
        texts = (folder / "retrieval" / corpus / "corpus.jsonl").read_text(encoding="utf-8")
        for line in texts.splitlines()[::step]:
            row = json.loads(line)
            text = f"{row.get('title', '')}\n\n{row['text']}".encode()
            yield from ((corpus, d) for d in read("text.txt", text))
    for mail in mails[::step]:
        yield from (("mails", d) for d in read("mail.txt", mail.encode()))
    yield from (("handbook", document) for document in _handbook())


def _handbook() -> Iterator[Document]:
    for path in sorted(HANDBOOK.rglob("*")):
        if path.is_file():
            with contextlib.suppress(Quarantine):
                yield parse(path.read_bytes(), path.name)
