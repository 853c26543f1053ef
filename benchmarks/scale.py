"""Memory and time of first builds of two sizes, each in a process of its own.

`python -m benchmarks.scale FOLDER COUNT` is that process: it builds COUNT pages and prints JSON.
Before the clock starts a build of a few pages has done the imports.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

WARM_UP = 16


def run(root: Path, *, quick: bool) -> Iterator[Result]:
    """Build both sizes, in alternation, and compare."""
    sizes, rounds = ((100, 400), 1) if quick else ((1_000, 10_000), 1)
    found: dict[int, list[dict[str, Any]]] = {size: [] for size in sizes}
    for number in range(rounds):
        # The small build runs before and after the large one: the machine's mood may change.
        for size in (*sizes, sizes[0]):
            found[size].append(_child(root / f"build{number}-{size}-{len(found[size])}", size))
    small, large = (found[size] for size in sizes)
    peaks = [max(f["peak_mb"] for f in of) for of in (small, large)]
    yield Result(
        f"peak memory, {sizes[1]} documents over {sizes[0]}",
        peaks[1] / peaks[0],
        most=1.3,
        beside=f"{peaks[1]:.0f} MB over {peaks[0]:.0f} MB",
    )
    for unit, name in (("wall", "seconds"), ("cpu", "CPU seconds")):
        each = [
            1000 * min(f[unit] for f in of) / size
            for size, of in zip(sizes, (small, large), strict=True)
        ]
        yield Result(
            f"{name} a document, {sizes[1]} documents over {sizes[0]}",
            each[1] / each[0],
            most=1.2,
            beside=f"{each[1]:.1f} ms over {each[0]:.1f} ms; the encoder takes next to no time",
            notes=_by_stage(sizes, (small, large)) if unit == "wall" else (),
        )


def _by_stage(sizes: tuple[int, ...], found: tuple[list[dict[str, Any]], ...]) -> tuple[str, ...]:
    lines = []
    for size, of in zip(sizes, found, strict=True):
        best = min(of, key=lambda f: f["wall"])["stages"]
        spent = ", ".join(f"{name} {1000 * s / size:.2f}" for name, s in best.items())
        lines.append(f"milliseconds a document by stage, {size} documents: {spent}")
    return tuple(lines)


def _child(folder: Path, count: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.scale", str(folder), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the build of {count} documents failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def build(folder: Path, count: int) -> dict[str, Any]:
    """Build `count` pages once; return seconds, seconds by stage and the process's peak."""
    from benchmarks.workshop import Workshop

    warm = Workshop(folder / "warm", WARM_UP)
    warm.refresh()
    warm.refresh()
    run = Workshop(folder / "whole", count).refresh()
    spent = {report.stage: report.seconds for report in run.reports}
    return {
        "wall": run.wall,
        "cpu": run.cpu,
        "stages": spent,
        "peak_mb": peak_mb(),
    }


def peak_mb() -> float:
    """Return this process's greatest resident memory so far, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux hands `ru_maxrss` down to a child: it would be the parent's peak.
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(build(Path(sys.argv[1]), int(sys.argv[2]))))
