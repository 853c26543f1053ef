"""What admission finds and what it costs: personal data, secrets, prompt injection.

Each part is a module with `run(root, quick=...)`; this one joins them, and measures what all
pattern rules cost over the documents that were parsed for it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import admission_personal, admission_secrets, injection
from benchmarks.result import Result
from freshground.core.errors import Quarantine
from freshground.core.settings import Admission
from ingestion.parse import parse
from quality.admission.detectors import detectors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.core.records import Document

MOST_COST = 0.15
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


def parsed(data: Path, *, quick: bool) -> tuple[list[Document], float, int]:
    """Return the documents of `formats` and the proposals, CPU seconds of parsing, and bytes."""
    documents: list[Document] = []
    seconds = 0.0
    size = 0
    logging.disable(logging.WARNING)
    for folder in ("formats", "history/peps/base"):
        files = [p for p in sorted((data / folder).rglob("*")) if p.is_file()]
        for path in files[:: 20 if quick else 1]:
            held = path.read_bytes()
            if len(held) > _LARGEST:
                continue
            started = time.process_time()
            with contextlib.suppress(Quarantine):
                documents.append(parse(held, path.name))
            seconds += time.process_time() - started
            size += len(held)
    logging.disable(logging.NOTSET)
    return documents, seconds, size


def _cost(data: Path, *, quick: bool) -> Iterator[Result]:
    documents, parsing, size = parsed(data, quick=quick)
    rounds = []
    for detector in detectors(Admission(models=False)):
        detector.scan(documents[0])  # what is loaded once is no cost of a document
        started = time.process_time()
        for document in documents:
            detector.scan(document)
        name = next(iter(detector.rules)).partition(".")[0]
        rounds.append((name, time.process_time() - started))
    chars = sum(len(document.text) for document in documents)
    yield Result(
        "cost of all pattern rules over parsing (CPU)",
        sum(seconds for _, seconds in rounds) / parsing,
        most=MOST_COST,
        beside=f"{sum(s for _, s in rounds):.2f} s over {parsing:.2f} s",
        notes=(
            f"{len(documents)} documents of formats and peps, {size / 1e6:.1f} MB, {chars} chars",
            "; ".join(f"{name} {seconds / parsing:.1%}" for name, seconds in rounds),
        ),
    )
    acting = Admission(personal="mask")
    models = [d for d in detectors(acting) if "personal.name" in d.rules]
    sample = documents[:: 40 if quick else 10]
    for detector in models:
        detector.scan(sample[0])
        started = time.process_time()
        for document in sample:
            detector.scan(document)
        seconds = time.process_time() - started
        chars = sum(len(document.text) for document in sample)
        yield Result(
            "cost of the model for names, apart (CPU)",
            seconds / chars * 1e6,
            " s/MB",
            beside=f"parsing: {parsing / sum(len(d.text) for d in documents) * 1e6:.2f} s/MB",
            notes=(f"{len(sample)} documents, only where a policy acts on names",),
        )
