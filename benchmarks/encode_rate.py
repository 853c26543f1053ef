"""How fast texts become vectors, side by side in one run.

Compares, in alternating rounds because machines are shared: the encoder's `encode`; a raw loop that
tokenises, sorts, pads and calls the same runtime, and nothing else; that runtime alone, over
batches that were ready before the clock started; sentence-transformers on torch in fp32. Ratios
are the median of rounds. CPU time stands beside wall time: other processes disturb it less.

    python benchmarks/encode_rate.py [--data FOLDER] [--texts 120] [--rounds 3] [--runtime auto]
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from freshground.core.settings import LocalEncoder
from indexes.encoders.batching import batches
from indexes.encoders.local import open_local
from indexes.encoders.machine import thread_count
from indexes.encoders.models import find_model
from indexes.encoders.runtime import TOKENS_PER_THREAD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from indexes.encoders.local import LocalModelEncoder

LEAST_OF_RAW = 0.95
LEAST_OVERLAP = 0.99
LEAST_OF_TORCH, LEAST_OF_TORCH_BF16 = 1.3, 2.0
NEIGHBOURS = 10
QUERIES = 100
WORDS = (20, 60, 110, 130, 150, 170)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Texts per second, side by side.")
    parser.add_argument("--data", type=Path, help="folder that holds retrieval/xquad_en")
    parser.add_argument("--texts", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runtime", default="auto")
    parser.add_argument("--cache", type=Path, help="keep the export here; default: made anew")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    texts = (corpus(arguments.data) if arguments.data else made_up())[: arguments.texts]
    with tempfile.TemporaryDirectory() as made:
        settings = LocalEncoder.model_validate({"runtime": arguments.runtime})
        start = time.perf_counter()
        encoder = open_local(settings, arguments.cache or Path(made), str)
        opened = time.perf_counter()
        encoder.load()
        loaded = time.perf_counter()
        result = {
            "runtime": encoder.runtime,
            "threads": thread_count(),
            "bf16": has_bf16(),
            "open_seconds": opened - start,
            "load_seconds": loaded - opened,
            **measure(encoder, texts, settings.batch_size, arguments.rounds),
        }
    print(json.dumps(result, indent=1) if arguments.json else table(result))


def corpus(data: Path) -> list[str]:
    """Return the paragraphs of a BEIR corpus."""
    lines = (data / "retrieval" / "xquad_en" / "corpus.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["text"] for line in lines.splitlines()]


def made_up() -> list[str]:
    """Return passages of 20 to 170 words from the descriptions of installed packages."""

    def words() -> Iterator[str]:
        for package in sorted(importlib.metadata.distributions(), key=lambda found: found.name):
            yield from (package.read_text("METADATA") or "").split()

    texts, passage, seen = [], [], set()
    for word in words():
        if len(word) > 40:
            continue
        passage.append(word)
        if len(passage) == WORDS[len(texts) % len(WORDS)]:
            text = " ".join(passage)
            passage = []
            if text not in seen:
                seen.add(text)
                texts.append(text)
    return [text for _, text in sorted(enumerate(texts), key=lambda pair: hash_of(pair[0]))]


def hash_of(number: int) -> int:
    """Return a fixed shuffle's key."""
    return number * 2654435761 % 2**32


def measure(
    encoder: LocalModelEncoder, texts: list[str], batch_size: int, rounds: int
) -> dict[str, Any]:
    """Time every way in alternation, then compare neighbours and time queries."""
    from sentence_transformers import SentenceTransformer
    from torch import set_num_threads

    threads = thread_count()
    set_num_threads(threads)
    model = find_model("all-MiniLM-L6-v2", str)
    torch_model = SentenceTransformer(str(model.folder), device="cpu")
    tokens = encoder._tokens  # noqa: SLF001 - the raw loop needs the same ids
    runtime = encoder.load()
    ids = tokens.ids(texts)
    ready = list(batches(ids, TOKENS_PER_THREAD * threads, batch_size, 0))

    def alone() -> None:
        for batch in ready:
            runtime.infer(batch.ids, batch.mask)

    def raw() -> None:
        by_length = sorted(tokens.ids(texts), key=len)
        while by_length:
            size = max(1, TOKENS_PER_THREAD * threads // len(by_length[-1]))
            taken = by_length[-size:]
            del by_length[-size:]
            longest = len(taken[-1])
            block = np.array([row + [0] * (longest - len(row)) for row in taken])
            mask = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in taken])
            runtime.infer(block, mask)

    ways: dict[str, Callable[[], object]] = {
        "encode": lambda: encoder.encode(texts),
        "raw loop": raw,
        "runtime alone": alone,
        "torch fp32": lambda: torch_model.encode(texts, batch_size=32),
    }
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            way()
            spent[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    rates = {
        name: {
            "texts_per_second": len(texts) / statistics.median(wall for wall, _ in found),
            "texts_per_cpu_second": len(texts) / statistics.median(cpu for _, cpu in found),
        }
        for name, found in spent.items()
    }
    return {
        "texts": len(texts),
        "mean_tokens": statistics.mean(map(len, ids)),
        "rates": rates,
        "of_raw": ratio(spent, "raw loop"),
        "of_alone": ratio(spent, "runtime alone"),
        "of_torch": ratio(spent, "torch fp32"),
        "overlap": overlap(encoder.encode(texts), torch_model.encode(texts, batch_size=32)),
        "query_ms": query_times(encoder, texts),
    }


def ratio(spent: dict[str, list[tuple[float, float]]], other: str) -> dict[str, float]:
    """Return how many times faster `encode` is: the median of rounds, and of their CPU time."""
    pairs = list(zip(spent["encode"], spent[other], strict=True))
    return {
        "wall": statistics.median(theirs[0] / ours[0] for ours, theirs in pairs),
        "cpu": statistics.median(theirs[1] / ours[1] for ours, theirs in pairs),
    }


def overlap(vectors: np.ndarray, reference: np.ndarray) -> float:
    """Return the mean share of each text's ten nearest that both agree on, itself left out."""
    nearest = []
    for rows in (vectors, reference):
        scores = rows @ rows.T
        np.fill_diagonal(scores, -2)
        nearest.append(np.argsort(-scores, axis=1)[:, :NEIGHBOURS])
    shared = [len(set(a) & set(b)) for a, b in zip(*nearest, strict=True)]
    return statistics.mean(shared) / NEIGHBOURS


def query_times(encoder: LocalModelEncoder, texts: list[str]) -> dict[str, float]:
    """Return the milliseconds of single queries of about ten words."""
    times = []
    for at in range(QUERIES):
        query = " ".join(texts[at % len(texts)].split()[:10])
        start = time.perf_counter()
        encoder.encode_query(query)
        times.append(1000 * (time.perf_counter() - start))
    return {"p50": statistics.median(times), "p95": float(np.percentile(times, 95))}


def has_bf16() -> bool:
    """Whether the CPU multiplies bf16."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def table(result: dict[str, Any]) -> str:
    """Return the result for people, with a verdict for each ratio."""
    lines = [
        (
            f"{result['texts']} texts of {result['mean_tokens']:.0f} tokens, {result['threads']} "
            f"threads, runtime {result['runtime']}, bf16 {'yes' if result['bf16'] else 'no'}; "
            f"opened in {result['open_seconds']:.1f} s, loaded in {result['load_seconds']:.1f} s"
        ),
        f"{'':24}{'texts/s':>10}{'per CPU s':>12}",
    ]
    lines += [
        f"{name:24}{rate['texts_per_second']:>10.1f}{rate['texts_per_cpu_second']:>12.1f}"
        for name, rate in result["rates"].items()
    ]
    of_torch = LEAST_OF_TORCH_BF16 if result["bf16"] else LEAST_OF_TORCH
    lines.append(f"{'':24}{'found':>10}{'by CPU s':>12}{'wanted':>10}")
    for name, found, by_cpu, wanted in (
        ("encode / raw loop", result["of_raw"]["wall"], result["of_raw"]["cpu"], LEAST_OF_RAW),
        ("encode / runtime alone", result["of_alone"]["wall"], result["of_alone"]["cpu"], None),
        ("encode / torch fp32", result["of_torch"]["wall"], result["of_torch"]["cpu"], of_torch),
        ("top-10 overlap", result["overlap"], None, LEAST_OVERLAP),
    ):
        cpu = "" if by_cpu is None else f"{by_cpu:.3f}"
        judged = ""
        if wanted is not None:
            judged = f"{wanted:>10.2f}  {'ok' if found >= wanted else 'SHORT'}"
        lines.append(f"{name:24}{found:>10.3f}{cpu:>12}{judged}")
    query = result["query_ms"]
    lines.append(f"one query: p50 {query['p50']:.1f} ms, p95 {query['p95']:.1f} ms")
    return "\n".join(lines)


if __name__ == "__main__":
    os.environ["HF_HUB_OFFLINE"] = "1"
    main()
