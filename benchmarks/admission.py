"""What admission finds and what it costs: personal data, secrets, prompt injection.

Each part is a module with `run(root, quick=...)`; this one joins them, and measures what all
pattern rules cost over the documents that were parsed for it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import admission_personal, admission_secrets, injection
from benchmarks.result import Result
from freshground.core.errors import Quarantine
from freshground.core.settings import Admission
from freshground.service.admission.judging import BATCH_DOCUMENTS
from ingestion.parse import parse
from ingestion.parse import warm as warm_parsers
from quality.admission.detectors import detectors
from quality.admission.scanning import warm as warm_detectors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.core.records import Document


MOST_COST = 0.15
WARMED = 300
"""Other documents that are looked into before anything is timed, as by a worker at work."""
_LARGEST = 3_000_000
"""Bytes of a file: a larger one would be the whole measure."""


def run(root: Path, *, quick: bool) -> Iterator[Result]:
    """Measure every part, then what all rules cost."""
    data = os.environ.get("FRESHGROUND_TEST_DATA")
    if not data:
        print("LEFT OUT: admission; set FRESHGROUND_TEST_DATA to the folder of real data")
        return
    for part in (admission_personal, admission_secrets, injection):
        yield from part.run(root, quick=quick)
    yield from _cost(Path(data), quick=quick)


def _files(data: Path, *, quick: bool) -> Iterator[tuple[str, bytes]]:
    """Yield names and bytes of the files of `formats` and of the proposals."""
    for folder in ("formats", "history/peps/base"):
        files = [p for p in sorted((data / folder).rglob("*")) if p.is_file()]
        for path in files[:: 20 if quick else 1]:
            held = path.read_bytes()
            if len(held) <= _LARGEST:
                yield path.name, held


def _others(data: Path) -> Iterator[Document]:
    """Yield documents that are not timed: nets and gates make their states as they read."""
    with (data / "retrieval" / "covid_qa" / "corpus.jsonl").open(encoding="utf-8") as lines:
        for line in islice(lines, WARMED):
            yield parse(json.loads(line)["text"].encode(), "text.txt")


def _cost(data: Path, *, quick: bool) -> Iterator[Result]:
    """Time parsing and looking batch by batch, as the stages do.

    As in a worker, what is loaded once is no cost of a document, and is not swept.
    """
    warm_parsers()
    warm_detectors()
    rules = {
        next(iter(detector.rules)).partition(".")[0]: detector
        for detector in detectors(Admission(models=False))
    }
    for name, held in {
        Path(name).suffix: (name, held) for name, held in _files(data, quick=quick)
    }.values():
        with contextlib.suppress(Quarantine):
            parse(held, name)
    for document in _others(data):
        for detector in rules.values():
            detector.scan(document)
    spent = dict.fromkeys(rules, 0.0)
    parsing, count, size, chars = 0.0, 0, 0, 0
    sample: list[Document] = []
    gc.collect()
    gc.freeze()
    logging.disable(logging.WARNING)
    files = _files(data, quick=quick)
    while batch := list(islice(files, BATCH_DOCUMENTS)):
        started = time.process_time()
        parsed = []
        for name, held in batch:
            with contextlib.suppress(Quarantine):
                parsed.append(parse(held, name))
        parsing += time.process_time() - started
        gc.freeze()
        for document in parsed:
            for category, detector in rules.items():
                started = time.process_time()
                detector.scan(document)
                spent[category] += time.process_time() - started
        size += sum(len(held) for _, held in batch)
        chars += sum(len(document.text) for document in parsed)
        count += len(parsed)
        sample += parsed[:: 40 if quick else 10]
    logging.disable(logging.NOTSET)
    gc.unfreeze()
    apart = spent.pop("quality")
    yield Result(
        "cost of all pattern rules over parsing (CPU)",
        sum(spent.values()) / parsing,
        most=MOST_COST,
        beside=f"{sum(spent.values()):.2f} s over {parsing:.2f} s",
        notes=(
            f"{count} documents of formats and peps, {size / 1e6:.1f} MB, {chars} chars",
            "; ".join(f"{name} {seconds / parsing:.1%}" for name, seconds in spent.items()),
        ),
    )
    yield Result(
        "the same with the quality score, which is no pattern (CPU)",
        (sum(spent.values()) + apart) / parsing,
        most=MOST_COST,
        beside=f"of this the score: {apart:.2f} s over {parsing:.2f} s",
    )
    acting = Admission(personal="mask")
    models = [d for d in detectors(acting) if "personal.name" in d.rules]
    for detector in models:
        detector.scan(sample[0])
        started = time.process_time()
        for document in sample:
            detector.scan(document)
        seconds = time.process_time() - started
        read = sum(len(document.text) for document in sample)
        yield Result(
            "cost of the model for names, apart (CPU)",
            seconds / read * 1e6,
            " s/MB",
            beside=f"parsing: {parsing / chars * 1e6:.2f} s/MB",
            notes=(f"{len(sample)} documents, only where a policy acts on names",),
        )
