"""10,000 documents of which 2% are hostile, beside the clean 98% alone; and what isolation costs.

Hostile are: parsers that hang, crash, exit and eat memory (played by `hostile_parser`, for no file
known makes these parsers do it), zip bombs, 2 GB files of nothing, and nesting without end (real
files). Timed is from the listing to silver, each in a lake of its own, in one run.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from benchmarks import corpus
from benchmarks.hostile_parser import MARK
from benchmarks.result import Result
from benchmarks.workshop import ENCODER, START
from freshground.core.clock import ManualClock
from freshground.core.errors import Quarantine
from freshground.core.settings import parse as parse_settings
from freshground.service.context import Context
from freshground.service.reports import Scope
from freshground.service.stages.bronze import ingest
from freshground.service.stages.silver import silver
from freshground.service.workers import limits
from freshground.service.workers.pool import Job, Workers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from freshground.core.settings import Settings

LIMIT_S = 2
GIGABYTES = 2
EXPECTED = {
    "hang": "parser_hung",
    "spin": "parser_hung",
    "segfault": "parser_crashed",
    "exit": "parser_crashed",
    "eat": "out_of_memory",
    "bomb": "too_large",
    "sparse": "too_large",
    "deep": "too_deep",
}


class _Played(Workers):
    """Workers that parse by the benchmark's parser."""

    def each(self, function: str, jobs: Iterable[Job]) -> Iterator[tuple[Any, Any]]:
        return super().each(function.replace("ingestion.parse", "benchmarks.hostile_parser"), jobs)


def run(root: Path, *, quick: bool) -> Iterator[Result]:
    """Time the clean files alone, then with the hostile ones; and a plain loop over the clean."""
    count = 400 if quick else 10_000
    bad = count // 50
    docs = root / "docs"
    corpus.write(docs, 0, count - bad)
    corpus.write(root / "warm" / "docs", 0, 16)
    _silver(_settings(root / "warm", "lake"))
    settings = _settings(root, "clean")
    workers = settings.parsing.workers or limits.cores()
    loop = _loop(docs)
    pooled = _pooled(settings, docs)
    clean, none = _silver(settings)
    made = _write_hostile(docs / "hostile", bad)
    dirty, refused = _silver(_settings(root, "dirty"))
    hangs = made["hang"] + made["spin"]
    allowed = hangs * LIMIT_S / workers
    if none or refused != _rules(made):
        raise RuntimeError(f"set aside were {dict(refused)}, of {dict(made)}; clean: {dict(none)}")
    yield Result(
        f"{count} documents, {bad} of them hostile, over the clean ones alone, hangs left out",
        (dirty - allowed) / clean,
        "x",
        most=1.25,
        beside=f"{dirty:.1f} s with {allowed:.0f} s of hangs, over {clean:.1f} s",
        notes=(
            f"{hangs} hangs of {LIMIT_S} s on {workers} workers; hostile: "
            + ", ".join(f"{number} {kind}" for kind, number in made.items()),
            "set aside: " + ", ".join(f"{number} {rule}" for rule, number in refused.items()),
        ),
    )
    yield Result(
        f"parsing {count - bad} clean documents in {workers} workers, over a plain loop",
        pooled / loop,
        "x",
        most=1.15,
        beside=f"{pooled:.1f} s over {loop:.1f} s in one process without limits",
    )


def _rules(made: Counter[str]) -> Counter[str]:
    rules: Counter[str] = Counter()
    for kind, number in made.items():
        rules[EXPECTED[kind]] += number
    return rules


def _settings(root: Path, lake: str) -> Settings:
    source = {"id": "docs", "type": "files", "url": "./docs", "access": "public"}
    return parse_settings(
        {
            "lake": f"./{lake}",
            "cache": "./cache",
            "encoder": {"model": ENCODER},
            "sources": [source],
            "indexes": [{"id": "docs", "sources": ["docs"]}],
            "parsing": {"wall_time": f"{LIMIT_S}s"},
        },
        root,
    )


def _silver(settings: Settings) -> tuple[float, Counter[str]]:
    """Return the seconds from the listing to silver, and how many were set aside by what rule."""
    clock = ManualClock(START + timedelta(days=365))
    context = Context(settings, clock=clock, by="benchmark")
    context.__dict__["workers"] = _Played(settings.parsing)
    started = time.perf_counter()
    ingest(context, Scope(source="docs"))
    report = silver(context, Scope(source="docs"))
    spent = time.perf_counter() - started
    return spent, Counter(row["rule"] for row in report.quarantined)


def _loop(docs: Path) -> float:
    from ingestion.parse import parse, warm

    warm()
    started = time.perf_counter()
    for place in docs.rglob("*.md"):
        parse(place.read_bytes(), place.name)
    return time.perf_counter() - started


def _pooled(settings: Settings, docs: Path) -> float:
    started = time.perf_counter()
    jobs = (Job(place, (place.read_bytes(), place.name)) for place in docs.rglob("*.md"))
    found = Workers(settings.parsing).each("ingestion.parse:parse", jobs)
    if any(isinstance(result, Quarantine) for _, result in found):
        raise RuntimeError("a clean document was set aside")
    return time.perf_counter() - started


def _write_hostile(folder: Path, count: int) -> Counter[str]:
    """Write hostile files, as many of each kind; return how many of which."""
    folder.mkdir()
    made: Counter[str] = Counter()
    for number in range(count):
        kind = list(EXPECTED)[number % len(EXPECTED)]
        made[kind] += 1
        place = folder / f"{number:04d}-{kind}"
        if kind == "bomb":
            place.with_suffix(".docx").write_bytes(_bomb(number))
        elif kind == "sparse":
            with place.with_suffix(".txt").open("wb") as stream:
                stream.truncate(GIGABYTES << 30)
        elif kind == "deep":
            place.with_suffix(".html").write_bytes(b"<div>" * (100_000 + number) + b"text")
        else:
            place.with_suffix(".md").write_bytes(MARK + kind.encode())
    return made


def _bomb(number: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f"<Types>{number}</Types>")
        archive.writestr("word/document.xml", b" " * 120_000_000)
    return stream.getvalue()
