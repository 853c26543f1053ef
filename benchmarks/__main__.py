"""All measures in one table: `python -m benchmarks [NAME ...] [--quick]`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import airflow_price, refreshes, scale
from benchmarks.result import Result, table

# Before anything heavy is imported: nothing here may reach out.
for _name, _value in (("DO_NOT_TRACK", "1"), ("HF_HUB_OFFLINE", "1")):
    os.environ.setdefault(_name, _value)

TABLES = {"refreshes": refreshes.run, "scale": scale.run, "airflow_price": airflow_price.run}
ENCODE = "encode_rate"


def main() -> int:
    """Run the named measures, or all; return 0 whatever they found: a benchmark judges nobody."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join((ENCODE, *TABLES))}")
    parser.add_argument("--quick", action="store_true", help="small, to see that it works")
    given = parser.parse_args()
    names = given.names or [ENCODE, *TABLES]
    unknown = [name for name in names if name not in (ENCODE, *TABLES)]
    if unknown:
        parser.error(f"there is no measure {unknown[0]!r}")
    if ENCODE in names:
        # In a process of its own, with a table of its own: it loads torch, which nothing else does.
        texts = ["--texts", "24", "--rounds", "1"] if given.quick else []
        subprocess.run([sys.executable, "-m", "benchmarks.encode_rate", *texts], check=True)
    found: list[Result] = []
    for name in (name for name in TABLES if name in names):
        with tempfile.TemporaryDirectory(prefix=f"freshground-{name}-") as folder:
            for result in TABLES[name](Path(folder), quick=given.quick):
                found.append(result)
                print(table([result]).split("\n", 1)[1], flush=True)
    if found:
        print("\n" + table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
