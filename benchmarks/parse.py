"""Parsing by format: megabytes and pages a second, and the share of the words that are found.

Beside unstructured's own `partition`, called in a plain loop on the same files in the same run; for
PDF in an environment of its own, which is made once in the user's cache: its PDF extra cannot be
installed beside the torch that the encoder needs. The words are those of a third reader of each
format. Times are compared over files that both sides read: where one fails, is stopped or returns
nothing of a text that is there, its time is no time for reading, and the file is named. Needs
FRESHGROUND_TEST_DATA, the folder of real data.
"""

# ruff: noqa: SIM905 - word lists read better

from __future__ import annotations

import os
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.parse_sides import Reading, alone, on_all_cores, unstructured, with_pdf
from benchmarks.parse_words import by_another_reader, readers, share, words
from benchmarks.result import Result
from freshground.core.settings.parsing import Parsing
from freshground.service.workers.pool import Workers

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 120.0
"""Seconds that unstructured has for one file."""
QUICK_LIMIT, QUICK_FILES, QUICK_BYTES = 10.0, 3, 120_000
MIN_SECONDS, MAX_TIMES = 1.0, 40
"""For how long the workers are watched at each format, reading its files again and again."""

_TEXT_SUFFIXES = frozenset(
    ".pdf .docx .doc .pptx .ppt .xlsx .xls .csv .tsv .html .htm .xml .json .ndjson .md .rst .org "
    ".rtf .txt .epub .odt .ods .odp .eml .msg .ipynb .log .adoc".split()
)
_PAGED = frozenset({".pdf", ".pptx", ".docx"})


@dataclass
class Tally:
    """What was measured over the files of one format. Times are those of files both sides read."""

    both: list[Path] = field(default_factory=list)
    size: int = 0
    pages: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    rival_wall: float = 0.0
    rival_cpu: float = 0.0
    cores: float = 0.0
    here_alone: list[str] = field(default_factory=list)
    there_alone: list[str] = field(default_factory=list)
    counted: int = 0
    true: int = 0
    found: float = 0.0
    in_text: float = 0.0
    rival_found: float = 0.0


def run(root: Path, *, quick: bool) -> Iterator[Result]:
    """Measure every format; `quick` takes a few small files of each."""
    data = os.environ.get("FRESHGROUND_TEST_DATA")
    if not data:
        print("LEFT OUT: parsing; set FRESHGROUND_TEST_DATA to the folder of real data")
        return
    files = _files(Path(data) / "formats", quick=quick)
    limit = QUICK_LIMIT if quick else LIMIT
    # First, and loudly: a rival that cannot read is found out before an hour is spent.
    python = with_pdf(root)
    _say(f"{len(files)} files, read here")
    ours = alone(files)
    _say("read by unstructured")
    rivals = unstructured(sys.executable, [f for f in files if f.suffix != ".pdf"], root, limit)
    rivals |= unstructured(python, [f for f in files if f.suffix == ".pdf"], root, limit)
    _say("words counted by a third reader")
    tallies: dict[str, Tally] = defaultdict(Tally)
    for path in files:
        _tell(tallies[path.suffix.lower()], path, ours[path], rivals[path])
    _say("read by worker processes")
    workers = Workers(Parsing())
    on_all_cores(workers, [path for tally in tallies.values() for path in tally.both], 1)
    for tally in tallies.values():
        if tally.both:
            least = 0.1 if quick else MIN_SECONDS
            times = min(MAX_TIMES, 1 + int(least / max(tally.wall, 1e-3)))
            tally.cores = on_all_cores(workers, tally.both, times)
    print(_fidelity(tallies))
    yield from _results(tallies)
    yield from _overall(tallies)


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def _files(folder: Path, *, quick: bool) -> list[Path]:
    """Return the files of the formats that are promised and hold anything."""
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _TEXT_SUFFIXES)
    files = [p for p in files if p.is_file() and p.read_bytes().strip()]
    if not quick:
        return files
    small = [p for p in files if p.stat().st_size <= QUICK_BYTES]
    seen: Counter[str] = Counter()
    return [p for p in small if seen.update([p.suffix]) or seen[p.suffix] <= QUICK_FILES]


def _tell(tally: Tally, path: Path, ours: Reading, rival: Reading) -> None:
    data = path.read_bytes()
    try:
        true = by_another_reader(data, path.suffix.lower())
    except Exception as error:  # noqa: BLE001 - what it raises on is left out, and said
        _say(f"{path.name}: the third reader fails with {type(error).__name__}")
        true = None
    text = "" if ours.document is None else f"{ours.document.text}\n{ours.document.title or ''}"
    here, there = words(f"{text}\n{_aside(ours.document)}"), words(rival.text or "")
    if true:
        count = sum(true.values())
        tally.counted += 1
        tally.true += count
        tally.found += count * share(here, true)
        tally.in_text += count * share(words(text), true)
        tally.rival_found += count * share(there, true)
    if not here and not there:
        return
    if ours.document is None:
        tally.there_alone.append(f"{path.name} ({ours.why})")
    elif not there:
        tally.here_alone.append(f"{path.name} ({rival.why or 'NOTHING READ'})")
    else:
        tally.both.append(path)
        tally.size += len(data)
        tally.pages += ours.document.pages or 1
        tally.wall += ours.wall
        tally.cpu += ours.cpu
        tally.rival_wall += rival.wall
        tally.rival_cpu += rival.cpu


def _aside(document: Any) -> str:
    """Return what is kept beside a text: what a mail quotes and signs, and what is hidden."""
    if document is None:
        return ""
    kept = [str(value) for value in document.metadata.values()]
    return "\n".join([*kept, *(piece.text for piece in document.hidden)])


def _fidelity(tallies: dict[str, Tally]) -> str:
    """Return the table of words found: those of a third reader, here and by unstructured.

    `in text` leaves out what is kept beside the text, such as what mails quote.
    """
    heads = (
        f"{'format':8}{'files':>6}{'words':>9}{'here':>9}{'in text':>9}{'unstructured':>14}"
        "  third reader"
    )
    lines = ["", "words found, of those that a third reader finds", heads]
    lines += [
        f"{suffix:8}{t.counted:6}{t.true:9,}{t.found / t.true:9.2%}{t.in_text / t.true:9.2%}"
        f"{t.rival_found / t.true:14.2%}"
        f"  {readers(suffix)}"
        for suffix, t in sorted(tallies.items())
        if t.true
    ]
    return "\n".join(lines)


def _results(tallies: dict[str, Tally]) -> Iterator[Result]:
    for suffix, tally in sorted(tallies.items()):
        notes = [
            f"{who}: {', '.join(names)}"
            for who, names in (
                ("left out of the times, not read by unstructured", tally.here_alone),
                ("left out of the times, not read here", tally.there_alone),
            )
            if names
        ]
        if not tally.both:
            yield Result(f"parse {suffix}", 0, " files read by both", notes=tuple(notes))
            continue
        amount = tally.pages if suffix in _PAGED else tally.size / 1e6
        unit = " pages/s" if suffix in _PAGED else " MB/s"
        notes.insert(0, f"{len(tally.both)} files, {tally.size / 1e6:.2f} MB, {tally.pages} pages; "
                     f"in worker processes {amount / tally.cores:.3g}{unit}, "
                     f"{tally.rival_wall / tally.cores:.3g} times")  # fmt: skip
        yield Result(
            f"parse {suffix}, one process", amount / tally.wall, unit,
            beside=f"unstructured {amount / tally.rival_wall:.3g}{unit}: "
            f"{tally.rival_wall / tally.wall:.3g} times, "
            f"{tally.rival_cpu / max(tally.cpu, 1e-6):.3g} of CPU",
            notes=tuple(notes),
        )  # fmt: skip


def _overall(tallies: dict[str, Tally]) -> Iterator[Result]:
    every = list(tallies.values())
    unpaged = [tally for suffix, tally in tallies.items() if suffix != ".pdf"]
    for name, some, least in (("all formats", every, 1.5), ("all but PDF", unpaged, None)):
        size = sum(tally.size for tally in some) / 1e6
        for how, ours, rival in (
            ("one process", "wall", "rival_wall"),
            ("one process, CPU", "cpu", "rival_cpu"),
            ("worker processes", "cores", "rival_wall"),
        ):
            here = sum(getattr(tally, ours) for tally in some)
            there = sum(getattr(tally, rival) for tally in some)
            beside = f"{here:.2f} s for {size:.1f} MB, unstructured {there:.2f} s"
            yield Result(f"parse, {name}, {how}", there / here, " times", least=least,
                         beside=beside)  # fmt: skip
    if (pdf := tallies.get(".pdf")) and pdf.both:
        for how, here, there in (
            ("both cores", pdf.cores, pdf.rival_wall),
            ("one process", pdf.wall, pdf.rival_wall),
            ("one process, CPU", pdf.cpu, pdf.rival_cpu),
        ):
            yield Result(f"parse .pdf, a page, {how}", there / here, " times", least=10,
                         beside=f"{1000 * here / pdf.pages:.3g} ms, unstructured "
                         f"{1000 * there / pdf.pages:.3g} ms")  # fmt: skip
    for name, some in (("all formats", every), (".pdf", [tallies[".pdf"]])):
        if true := sum(tally.true for tally in some):
            found = sum(tally.found for tally in some) / true
            theirs = sum(tally.rival_found for tally in some) / true
            yield Result(f"words found, {name}", 100 * found, "%", least=round(100 * theirs, 3),
                         beside="the bound is unstructured's share")  # fmt: skip
