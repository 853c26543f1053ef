"""What searching a release in memory costs, beside LanceDB in process, on the same rows."""

from __future__ import annotations

import gc
import statistics
import threading
import time
from typing import TYPE_CHECKING

import psutil

from benchmarks.result import Result
from benchmarks.search_texts import (
    DIMENSIONS,
    SCHEMA,
    SHARES,
    Corpus,
    encoded,
    passages,
)
from freshground.core.clock import SystemClock
from indexes.engines.lance import LanceEngine
from indexes.engines.warm import WarmReader, load
from indexes.search.managed import RENAMED, definition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np

    from indexes.engines.contract import Reader

K = 10
LEAST_RECALL = 0.99
Query = tuple[str, "np.ndarray"]


def run(root: Path, *, quick: bool) -> Iterator[Result]:
    """Build one release, load it, query both, change a tenth of it while queries run."""
    rows, asked = (4000, 20) if quick else (100_000, 200)
    texts = passages()[:100] if quick else passages()
    corpus = Corpus(texts, encoded(texts, root / "cache"))
    engine = LanceEngine(str(root / "lance"), SCHEMA, SystemClock())
    release = engine.begin("i", "first", None)
    for batch in corpus.rows(0, rows, 1):
        release.upsert(batch)
    version = release.finish()
    lance = engine.open("i", version)
    queries = [corpus.query(n) for n in range(asked)]

    gc.collect()
    described = definition("i", {}, DIMENSIONS, "english")
    before = psutil.Process().memory_info().rss
    start, cpu = time.perf_counter(), time.process_time()
    snapshot = load(lance, described, None, RENAMED)
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    gc.collect()
    grown = (psutil.Process().memory_info().rss - before) / 1e6
    yield Result("load a release into memory", took, " s", beside=f"{cpu:.1f} s of CPU")
    yield Result(
        "memory of its snapshot",
        snapshot.memory_bytes / 1e6,
        " MB",
        most=800,
        beside=f"the process grew by {grown:.0f} MB",
    )
    warm = WarmReader(version, lance.schema, snapshot, RENAMED)
    _hybrid(warm, queries[0], None)
    kinds: dict[str, Callable[[Reader, Query, frozenset[str] | None], object]] = {
        "text": lambda reader, query, groups: reader.text(query[0], K, None, groups),
        "vector": lambda reader, query, groups: reader.vector(query[1], K, None, groups),
        "hybrid": _hybrid,
    }
    for name, ask in kinds.items():
        for group in (None, *SHARES):
            groups = None if group is None else frozenset({group})
            ours, cpu = _timed(lambda query: ask(warm, query, groups), queries)  # noqa: B023
            theirs, _ = _timed(lambda query: ask(lance, query, groups), queries)  # noqa: B023
            yield Result(
                f"{name}, {'all rows' if group is None else f'{SHARES[group]:.0%} of the rows'}",
                ours,
                " ms",
                most=3 if name == "vector" else None,
                beside=f"p50, {cpu:.2f} ms of CPU; LanceDB {theirs:.2f} ms",
            )
    for group in (None, *SHARES):
        yield _recall(warm, queries, group)
    yield from _change(corpus, engine, version, warm, snapshot, queries, rows)


def _hybrid(reader: Reader, query: Query, groups: frozenset[str] | None) -> object:
    found = reader.vector(query[1], 50, None, groups)
    return found, reader.text(query[0], 1000, None, groups)


def _timed(ask: Callable[[Query], object], queries: list[Query]) -> tuple[float, float]:
    """Return the p50 and the mean CPU time in ms; the first query, which fills caches, left out."""
    ask(queries[0])
    walls, cpu = [], time.process_time()
    for query in queries:
        start = time.perf_counter()
        ask(query)
        walls.append(time.perf_counter() - start)
    return statistics.median(walls) * 1e3, (time.process_time() - cpu) * 1e3 / len(queries)


def _recall(warm: WarmReader, queries: list[Query], group: str | None) -> Result:
    groups = None if group is None else frozenset({group})
    found = total = 0
    for _, vector in queries:
        exact = {hit.chunk_id for hit in warm.vector(vector, K, None, groups, exact=True)}
        found += len(exact & {hit.chunk_id for hit in warm.vector(vector, K, None, groups)})
        total += len(exact)
    share = "all rows" if group is None else f"{SHARES[group]:.0%} of the rows"
    return Result(f"recall@{K}, {share}", found / total, least=LEAST_RECALL)


def _change(
    corpus: Corpus,
    engine: LanceEngine,
    version: str,
    warm: WarmReader,
    snapshot: object,
    queries: list[Query],
    rows: int,
) -> Iterator[Result]:
    release = engine.begin("i", "second", version)
    for batch in corpus.rows(0, rows // 10, 2):
        release.upsert(batch)
    changed = engine.open("i", release.finish())
    quiet = _latencies(warm, queries, lambda: time.sleep(3))
    spent: list[float] = []

    def change() -> None:
        start = time.perf_counter()
        described = definition("i", {}, DIMENSIONS, "english")
        load(changed, described, snapshot, RENAMED)  # type: ignore[arg-type]
        spent.append(time.perf_counter() - start)

    busy = _latencies(warm, queries, change)
    yield Result("load the next release, a tenth of it changed", spent[0], " s")
    for name, of in (("p50", 0.5), ("p99", 0.99), ("longest", 1.0)):
        yield Result(
            f"hybrid query meanwhile, {name}",
            _quantile(busy, of),
            " ms",
            beside=f"{_quantile(quiet, of):.1f} ms in quiet",
        )


def _latencies(warm: WarmReader, queries: list[Query], work: Callable[[], object]) -> list[float]:
    """Return ms of each query that another thread asks while `work` goes on."""
    done = threading.Event()
    found: list[float] = []

    def ask() -> None:
        number = 0
        while not done.is_set():
            start = time.perf_counter()
            _hybrid(warm, queries[number % len(queries)], None)
            found.append((time.perf_counter() - start) * 1e3)
            number += 1

    thread = threading.Thread(target=ask)
    thread.start()
    work()
    done.set()
    thread.join()
    return found


def _quantile(values: list[float], of: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(of * len(ordered)), len(ordered) - 1)]
