"""Run the benchmarks and print one table: `python -m benchmarks [NAME ...] [--quick]`."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import tempfile
from pathlib import Path

from benchmarks.result import Result, table

NAMES = {
    "refreshes": "nothing, touched files and edits, on a lake that has lived (about 15 minutes)",
    "scale": "memory and time of builds of 1,000 and 10,000 documents (about 5 minutes)",
    "parse": "pages and megabytes a second by format, beside unstructured (about 5 minutes)",
    "encode": "texts a second, beside the raw loop and torch (about 2 minutes)",
    "duplicates": "near-duplicates of 10,000 documents, beside datasketch (about 3 minutes)",
    "serve": "the query service at 100,000 chunks, beside the search core (about 15 minutes)",
    "search_core": "searching a release in memory, beside LanceDB (about 5 minutes)",
    "dashboard": "every page over a lake of 90 days: time and bytes (about 5 minutes)",
    "governor": "when sources are refreshed, beside cron and hindsight, simulated (a minute)",
    "hostile": "10,000 documents, 2% of them hostile, beside the clean ones (about 5 minutes)",
    "admission": "personal data, secrets, injections: found, false alarms, cost (about 8 minutes)",
    "web_pages": "what of web pages is content, beside trafilatura's own text (about a minute)",
    "airflow_price": "the DAGs of a refresh over the refresh in one process (about 3 minutes)",
}


def main() -> int:
    """Run what is named, or all; return 0, whatever the verdicts say."""
    known = "\n".join(f"  {name:14} {what}" for name, what in NAMES.items())
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
            module = importlib.import_module(f"benchmarks.{name}")
            root = Path(made) / name
            root.mkdir()
            for result in module.run(root, quick=arguments.quick):
                results.append(result)
                print(f"  {result.measure}: {result.value:.4g}", file=sys.stderr, flush=True)
    if results:
        print(f"\n{_machine()}")
        if arguments.quick:
            print("quick: these sizes are too small to judge by")
        print(table(results))
    return 0


def _machine() -> str:
    load = os.getloadavg()[0]
    cores = os.cpu_count() or 1
    busy = "; other work disturbs the times" if load > 1.5 * cores else ""
    return f"{platform.machine()}, {cores} cores, load {load:.1f}{busy}"


if __name__ == "__main__":
    sys.exit(main())
