"""The encode rate as lines of the table; `benchmarks.encode_rate` measures it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks import encode_rate
from benchmarks.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def run(root: Path, *, quick: bool) -> Iterator[Result]:
    """Measure in a process of its own: the raw loop is to share memory and threads with nothing."""
    size = ["--texts", "40", "--rounds", "1"] if quick else []
    command = [sys.executable, "-m", "benchmarks.encode_rate", "--json", *size]
    command += ["--cache", str(root / "exports")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the encode rate could not be measured: {done.stderr[-2000:]}")
    found = json.loads(done.stdout)
    rates = {name: rate["texts_per_second"] for name, rate in found["rates"].items()}
    bf16 = found["bf16"]
    sizes = f"{found['texts']} texts of {found['mean_tokens']:.0f} tokens"
    yield Result(
        "encode rate over the raw loop of the same runtime",
        found["of_raw"]["wall"],
        least=encode_rate.LEAST_OF_RAW,
        beside=f"{rates['encode']:.1f} over {rates['raw loop']:.1f} texts/s",
        notes=(f"{sizes}; {found['runtime']}; by CPU time {found['of_raw']['cpu']:.3f}",),
    )
    yield Result(
        "encode rate over torch in fp32",
        found["of_torch"]["wall"],
        least=encode_rate.LEAST_OF_TORCH_BF16 if bf16 else encode_rate.LEAST_OF_TORCH,
        beside=f"{rates['encode']:.1f} over {rates['torch fp32']:.1f} texts/s",
        notes=(f"bf16: {bf16}; by CPU time {found['of_torch']['cpu']:.3f}",),
    )
    yield Result("  top-10 overlap with torch", found["overlap"], least=encode_rate.LEAST_OVERLAP)
