"""The cost of nothing, of touched files and of an edit, on a lake that has lived.

The lake is aged by refreshes an hour apart: every tenth finds an edited page and publishes a
release, one in a hundred and sixty-eight hashes everything again. Each timed refresh has a new
context, as a new task would; imports are done. The rival reads and hashes every file in a plain
loop: what any detection of changes by content pays at least. Values are the least of several
rounds, since other processes only ever add; medians stand in the notes.
"""

from __future__ import annotations

import hashlib
import os
import random
import time
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import corpus
from benchmarks.result import Result
from benchmarks.workshop import Run, Workshop, stages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EDIT_EVERY = 10
EDITED = 10
SETTLE = timedelta(days=8)
"""Longer than `verify_every`: every file is hashed, and none again in the hours after."""


def run(root: Path, *, quick: bool) -> Iterator[Result]:
    """Age a lake of 1,000 pages by 1,000 refreshes; measure it; then grow it to 10,000."""
    small, large, ages, rounds = (100, 300, 30, 3) if quick else (1_000, 10_000, 1_000, 5)
    shop = Workshop(root, small)
    draw = random.Random(small)
    shop.refresh()
    started = time.perf_counter()
    for number in range(1, ages + 1):
        if not number % EDIT_EVERY:
            corpus.append(shop.docs, draw.randrange(small), draw, shop.written_at())
        shop.refresh()
    aged = f"lake aged by {ages} refreshes, {ages // EDIT_EVERY} of them releases, in "
    aged += f"{time.perf_counter() - started:.0f} s"
    yield from _nothing(shop, rounds, 0.5, aged)
    yield from _edit(shop, rounds, draw)
    shop.grow(large)
    shop.refresh()
    yield from _nothing(shop, rounds, 3.0, f"the same lake, grown by {large - small} documents")


def _nothing(shop: Workshop, rounds: int, most: float, note: str) -> Iterator[Result]:
    verified = shop.refresh(later=SETTLE)
    idle, loops, embedded = [], [], 0
    for _ in range(rounds):
        idle.append(shop.refresh())
        loops.append(hash_all(shop.docs))
        embedded += idle[-1].totals["texts_embedded"]
    yield Result(
        f"refresh of {shop.count} unchanged documents",
        min(r.wall for r in idle),
        " s",
        most=most,
        beside=f"hashing all files in a loop: {min(loops):.3f} s",
        notes=(note, stages(idle), f"with every file hashed again: {verified.wall:.2f} s"),
    )
    yield Result("  texts embedded by it", embedded, most=0)
    touched = []
    for _ in range(2):
        for number in range(shop.count):
            corpus.date(corpus.path(shop.docs, number), shop.written_at())
        touched.append(shop.refresh())
    yield Result(
        f"refresh of {shop.count} touched documents",
        min(r.wall for r in touched),
        " s",
        beside=f"hashing all files in a loop: {min(loops):.3f} s",
        notes=(stages(touched),),
    )
    texts = sum(r.totals["texts_embedded"] for r in touched)
    yield Result("  texts embedded by it", texts, most=0)


def _edit(shop: Workshop, rounds: int, draw: random.Random) -> Iterator[Result]:
    shop.refresh()
    runs: list[Run] = []
    for _ in range(rounds):
        for number in draw.sample(range(shop.count), EDITED):
            corpus.append(shop.docs, number, draw, shop.written_at())
        runs.append(shop.refresh())
        if runs[-1].release is None:
            raise RuntimeError("a refresh after edits published nothing")
    yield Result(
        f"{EDITED} of {shop.count} documents edited, until published",
        min(r.wall for r in runs),
        " s",
        most=1.5,
        beside="encoding left out: the encoder takes next to no time",
        notes=(stages(runs),),
    )
    yield Result(
        "  texts embedded by it, the most of all rounds",
        max(r.totals["texts_embedded"] for r in runs),
        most=12,
        beside=f"chunks of the edited documents: {median(r.totals['chunks'] for r in runs):.0f}",
    )


def hash_all(folder: Path) -> float:
    """Return the seconds that listing and hashing every file takes."""
    started = time.perf_counter()
    for base, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(base, name), "rb") as stream:  # noqa: PTH118, PTH123 - plain
                hashlib.sha256(stream.read()).hexdigest()
    return time.perf_counter() - started
