"""A project of its own, refreshed and served, for others to ask.

Its encoder hashes words: nothing that is tried here depends on how good it is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INDEX = "handbook"
_PAGES = {
    "storm.md": "# Storm\n\nStorm damage to roofs is covered up to 900 euros. Claims are reported "
    "within three days, with a picture of the damage.\n",
    "water.md": "# Water\n\nWater damage by broken pipes is covered, floods are not.\n",
    "theft.md": "# Theft\n\nTheft of bicycles is covered when they were locked.\n",
}
_SETTINGS = """\
lake: lake
cache: cache
encoder: {model: hashing-64}
lineage: {transport: none}
sources:
  - {id: pages, type: files, url: pages, access: public}
indexes:
  - {id: handbook, sources: [pages]}
"""


@dataclass(frozen=True)
class Served:
    """Where a service is and what it is asked with; `environment` makes clients trust it."""

    endpoint: str
    key: str
    environment: dict[str, str]


def project(folder: Path) -> Path:
    """Write and refresh a project; return its settings file."""
    pages = folder / "pages"
    pages.mkdir(parents=True)
    for name, text in _PAGES.items():
        (pages / name).write_text(text)
    settings = folder / "freshground.yaml"
    settings.write_text(_SETTINGS)
    command = [sys.executable, "-m", "freshground", "refresh", "--settings", str(settings)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return settings


@contextmanager
def serving(settings: Path, *, tls: bool) -> Iterator[Served]:
    """Serve a project until the block ends."""
    command = [sys.executable, "-m", "freshground", "serve", "--settings", str(settings)]
    command += ["--port", "0", "--dev", "--json", *(["--tls"] if tls else [])]
    log = settings.parent / "service.log"
    with log.open("ab") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            assert process.stdout is not None
            told = _told(process)
            exports = [line.removeprefix("export ").partition("=") for line in told["exports"]]
            environment = {name: value.strip("'\"") for name, _, value in exports}
            _wait(told["url"], environment)
            yield Served(told["url"], told["api_key"], environment)
        finally:
            process.terminate()
            process.wait(60)


def _told(process: subprocess.Popen[str]) -> dict[str, object]:
    """Read the JSON that the service writes once it takes connections."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            continue
    raise RuntimeError(f"`freshground serve` ended with status {process.wait()}")


def _wait(url: str, environment: dict[str, str]) -> None:
    """Wait until releases are loaded, in a process that trusts what the service said."""
    code = (
        "import sys, time, urllib.request\n"
        "for n in range(300):\n"
        "    try:\n"
        "        urllib.request.urlopen(sys.argv[1]); break\n"
        "    except OSError:\n"
        "        time.sleep(0.2)\n"
        "else:\n"
        "    sys.exit(1)\n"
    )
    command = [sys.executable, "-c", code, f"{url}/readyz"]
    subprocess.run(command, check=True, env={**os.environ, **environment})
