"""Run the benchmarks and print one table: `python -m benchmarks [NAME ...] [--quick]`."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.result import Result, table

NAMES = {
    "refreshes": "nothing, touched files and edits, on a lake that has lived (about 15 minutes)",
    "scale": "memory and time of builds of 1,000 and 10,000 documents (about 5 minutes)",
    "encode": "texts a second, beside the raw loop and torch (about 2 minutes)",
    "airflow": "a run of the DAGs over the refresh in one process",
}
PRICE = "benchmarks.airflow_price"


def main() -> int:
    """Run what is named, or all; return 0, whatever the verdicts say."""
    known = "\n".join(f"  {name:10} {what}" for name, what in NAMES.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="What Freshground costs, each measure beside its rival or bound.",
        epilog=f"names:\n{known}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="run these alone")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: whether it runs, not what it costs"
    )
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; known: {', '.join(NAMES)}")
    for name in ("HF_HUB_OFFLINE", "DO_NOT_TRACK", "UNSTRUCTURED_DISABLE_NOTICE"):
        os.environ[name] = "1"
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="freshground-bench-") as made:
        for name in arguments.names or NAMES:
            print(f"{name}: {NAMES[name]}", file=sys.stderr, flush=True)
            if name == "airflow":
                _airflow(quick=arguments.quick)
                continue
            module = importlib.import_module(f"benchmarks.{name}")
            for result in module.run(Path(made) / name, quick=arguments.quick):
                results.append(result)
                print(f"  {result.measure}: {result.value:.4g}", file=sys.stderr, flush=True)
    if results:
        print(f"\n{_machine()}")
        if arguments.quick:
            print("quick: these sizes are too small to judge by")
        print(table(results))
    return 0


def _airflow(*, quick: bool) -> None:
    """Let the module that knows Airflow print its own table."""
    if importlib.util.find_spec(PRICE) is None:
        print(f"  left out: there is no {PRICE}", file=sys.stderr)
        return
    size = ["--quick"] if quick else []
    done = subprocess.run([sys.executable, "-m", PRICE, *size], check=False)
    if done.returncode:
        print(f"  {PRICE} ended with {done.returncode}", file=sys.stderr)


def _machine() -> str:
    load = os.getloadavg()[0]
    cores = os.cpu_count() or 1
    busy = "; other work disturbs the times" if load > 1.5 * cores else ""
    return f"{platform.machine()}, {cores} cores, load {load:.1f}{busy}"


if __name__ == "__main__":
    sys.exit(main())
