"""What runs at this moment: a small file for each run and process, written anew while it works.

`progress/<run>.<process>.json` goes when its run ends. That of a killed process stays, and its
heartbeat stands still: the run counts as lost after `LOST_AFTER`, and is shown for `KEPT`.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.clock import parse_iso
from freshground.core.ids import digest

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.core.clock import Clock
    from freshground.lake.storage import Files

LOST_AFTER = timedelta(seconds=60)
KEPT = timedelta(days=1)

_FOLDER = "progress"
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,80}")


@dataclass(slots=True)
class Beat:
    """How far one process of a run is. Times are ISO 8601; `seconds` and `rate` are of the stage.

    `total` 0 means that nobody knows how many units there are; `rate` is units a second, 0 while
    there is none. `stages` lists those that this process has done: stage, subject, outcome,
    seconds and counts; `planned` the (stage, subject) of all, where they are known beforehand.
    """

    run_id: str
    by: str
    started_at: str
    at: str
    trigger: str = ""
    process: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    stage: str = ""
    subject: str = ""
    unit: str = ""
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    rate: float = 0.0
    stages: list[dict[str, Any]] = field(default_factory=list)
    planned: list[list[str]] = field(default_factory=list)

    def lost(self, now: datetime) -> bool:
        """Return whether nothing was heard for so long that the process must be gone."""
        return _age(self.at, now) > LOST_AFTER


class Beats:
    """The runs at work in a lake."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._clock = clock

    def put(self, beat: Beat) -> None:
        """Write how far a process is."""
        data = json.dumps(asdict(beat), ensure_ascii=False, separators=(",", ":"))
        self._files.put(_path(beat), data.encode())

    def forget(self, beat: Beat) -> None:
        """Remove a process that has ended."""
        self._files.delete([_path(beat)])

    def ended(self, run_id: str) -> None:
        """Remove all processes of a run."""
        start = f"{_FOLDER}/{file_name(run_id)}."
        self._files.delete([p for p in self._files.list(_FOLDER) if p.startswith(start)])

    def running(self) -> list[Beat]:
        """Return all processes at work or lost, those of the oldest run first."""
        now = self._clock.now()
        found = [beat for _, beat in self._read() if beat and _age(beat.at, now) <= KEPT]
        return sorted(found, key=lambda beat: (beat.started_at, beat.run_id, beat.process))

    def sweep(self) -> None:
        """Remove what was lost a day ago, and what cannot be read."""
        now = self._clock.now()
        self._files.delete(
            [path for path, beat in self._read() if beat is None or _age(beat.at, now) > KEPT]
        )

    def _read(self) -> list[tuple[str, Beat | None]]:
        found: list[tuple[str, Beat | None]] = []
        for path in self._files.list(_FOLDER):
            data = self._files.get(path)
            if data is not None:  # else it ended meanwhile
                found.append((path, _parsed(data)))
        return found


def file_name(run_id: str) -> str:
    """Return a run's name in file names; of ids that are no plain names, as Airflow's, a digest."""
    return run_id if _PLAIN.fullmatch(run_id) else digest("run", run_id)[:32]


def _path(beat: Beat) -> str:
    # No folder a run: they would stay behind, empty, where the lake is a local one.
    return f"{_FOLDER}/{file_name(beat.run_id)}.{beat.process}.json"


def _parsed(data: bytes) -> Beat | None:
    try:
        beat = Beat(**json.loads(data))
        return beat if parse_iso(beat.at) and parse_iso(beat.started_at) else None
    except (ValueError, TypeError):  # of a newer version, or written half
        return None


def _age(at: str, now: datetime) -> timedelta:
    return now - (parse_iso(at) or now)
