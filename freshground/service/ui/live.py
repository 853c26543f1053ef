"""What runs now, in words: the same ones when a page is made and when it is renewed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import anyio
from anyio import CapacityLimiter, to_thread

from freshground.core.errors import FreshgroundError
from freshground.service.ui.rendering import age, count, decimal
from freshground.service.views.progress import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from freshground.service.context import Context
    from freshground.service.ui.routing import Asked

STREAMS = 50
"""Pages that are told of progress at one time; further ones ask every few seconds."""

BUSY_S = 1.0
IDLE_S = 3.0

_WHOLE = 100

_PROCESSES = 12
"""Processes of one run that are shown; a run of Airflow may have many more."""


def told(context: Context) -> dict[str, Any]:
    """Return what `progress/live.html` shows as `progress`.

    While `shape` stays the same, only shares and texts have changed.
    """
    runs = [_run(row) for row in running(context)]
    shape = [
        [
            run["run"],
            run["lost"],
            len(run["stages"]),
            *(p["process"] + p["of"] for p in run["parts"]),
        ]
        for run in runs
    ]
    return {"runs": runs, "shape": repr(shape)}


def _run(row: Mapping[str, Any]) -> dict[str, Any]:
    left = "no estimate" if row["left_s"] is None else f"about {age(row['left_s'])} left"
    parts = [_part(part) for part in row["parts"]]
    return {
        **row,
        "parts": parts[:_PROCESSES],
        "more": len(parts[_PROCESSES:]),
        "text": "" if row["lost"] else f"{age(row['seconds'])} so far, {left}",
    }


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    if not part["stage"]:
        text = "between two stages"
    elif part["unit"]:
        of = f" of {count(part['total'])}" if part["total"] else ""
        rate = (
            f", {(count if part['rate'] >= _WHOLE else decimal)(part['rate'])} a second"
            if part["rate"]
            else ""
        )
        text = f"{count(part['done'])}{of} {part['unit']}{rate}"
    else:
        text = f"for {age(part['seconds'])}"
    return {**part, "of": f"{part['stage']} {part['subject']}".strip(), "text": text}


class Live:
    """The stream of progress: read once for all who watch."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._limiter = CapacityLimiter(1)
        self._streams = 0
        self._told: dict[str, Any] = {"runs": [], "shape": ""}
        self._read_at = float("-inf")

    async def stream(self, _asked: Asked) -> AsyncIterator[tuple[str, Any]]:
        """Yield ("progress", data) as it changes; ("poll", {}) and an end when that cannot be."""
        if self._streams >= STREAMS:
            yield "poll", {}
            return
        self._streams += 1
        before: dict[str, Any] | None = None
        try:
            while True:
                try:
                    now = await self._newest()
                except FreshgroundError:
                    yield "poll", {}
                    return
                if now != before:
                    before = now
                    yield "progress", _sent(now)
                await anyio.sleep(BUSY_S if now["runs"] else IDLE_S)
        finally:
            self._streams -= 1

    async def _newest(self) -> dict[str, Any]:
        async with self._limiter:
            if time.monotonic() - self._read_at >= BUSY_S / 2:
                self._told = await to_thread.run_sync(told, self._context)
                self._read_at = time.monotonic()
            return self._told


def _sent(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what changes within one shape; the rest is fetched as a page."""
    return {
        "shape": found["shape"],
        "runs": [
            {
                "run": run["run"],
                "share": run["share"],
                "text": run["text"],
                "parts": [
                    {name: part[name] for name in ("process", "share", "text")}
                    for part in run["parts"]
                ],
            }
            for run in found["runs"]
        ],
    }
