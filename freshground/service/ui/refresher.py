"""Refresh now: starts a refresh of the project as a process beside the service.

It outlives the page, and ends with the service: told to stop in order, it keeps what it has
committed and records that it was stopped; the next refresh goes on from there.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Protocol

from freshground.core.clock import spoken
from freshground.core.errors import ConfigError, FreshgroundError
from freshground.service.views.output import MOST_BYTES, keep_output
from freshground.service.views.progress import running

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from freshground.service.context import Context
    from freshground.service.ui.routing import Asked

STOP_WAIT_S = 20.0
"""Seconds that a refresh has to stop in order, before it is killed: that harms nothing either."""

MOST_COMMENT = 500

_log = logging.getLogger("freshground")


class Refresher(Protocol):
    """What starts a refresh that somebody asks for."""

    def start(self, asked: Asked, indexes: Sequence[str], sources: Sequence[str]) -> str:
        """Start it and return what to tell; of all, where none is named.

        ConfigError when one is going on, or none can be started.
        """
        ...

    def close(self) -> None:
        """End in order: the service ends."""
        ...


@dataclass
class _Child:
    run_id: str
    by: str
    started_at: datetime
    process: subprocess.Popen[bytes]
    written: IO[bytes]
    began: float
    watch: threading.Thread | None = None


class ChildRefresher:
    """Runs `freshground refresh` in a process of its own, one at a time."""

    def __init__(self, command: Sequence[str] = (sys.executable, "-m", "freshground")) -> None:
        self._command = tuple(command)
        self._child: _Child | None = None
        self._lock = threading.Lock()
        self._closed = False

    def start(self, asked: Asked, indexes: Sequence[str], sources: Sequence[str]) -> str:
        """Start a refresh; see `Refresher`."""
        context = asked.context
        for index in indexes:
            context.settings.index(index)
        for source in sources:
            context.settings.source(source)
        with self._lock:
            self._refuse_a_second(context)
            run_id = uuid.uuid4().hex
            arguments = _arguments(context, run_id, asked, indexes, sources)
            self._child = self._started(context, run_id, [*self._command, *arguments])
        of = ", ".join([*indexes, *sources]) or "everything"
        return f"The refresh of {of} has started: run {run_id[:12]}."

    def close(self) -> None:
        """Tell a refresh that goes on to stop, and wait until it has."""
        with self._lock:
            self._closed = True
            child = self._child
        if child is None or child.watch is None:
            return
        if child.process.poll() is None:
            child.process.send_signal(signal.SIGINT)
            try:
                child.process.wait(STOP_WAIT_S)
            except subprocess.TimeoutExpired:
                child.process.kill()
        child.watch.join(STOP_WAIT_S)

    def _refuse_a_second(self, context: Context) -> None:
        if self._closed:
            raise ConfigError("The service is ending.", "Try again once it has started.")
        now = context.clock.now()
        child = self._child
        if child is not None and child.process.poll() is None:
            raise ConfigError(
                f"A refresh is going on already: run {child.run_id[:12]} by {child.by}, for "
                f"{spoken(now - child.started_at)}.",
                "Its page shows how far it is; start another one when it has ended.",
            )
        # One of somebody else's, as from the command line. Two would harm nothing, and help nobody.
        for row in running(context):
            if not row["lost"] and row["trigger"] != "airflow":
                raise ConfigError(
                    f"A refresh is going on already: run {row['run'][:12]} by {row['by']}, since "
                    f"{row['started_at']}.",
                    "Its page shows how far it is; start another one when it has ended.",
                )

    def _started(self, context: Context, run_id: str, command: list[str]) -> _Child:
        written = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the watch
        try:
            process = subprocess.Popen(  # noqa: S603 - our own command, its arguments checked
                command,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the service, which tells it in order
            )
        except OSError as error:
            written.close()
            raise ConfigError(
                f"The refresh cannot be started: {error}.", "Run freshground refresh by hand."
            ) from None
        now = context.clock.now()
        child = _Child(run_id, context.by, now, process, written, time.perf_counter())
        name = f"freshground-refresh-{run_id[:8]}"
        child.watch = threading.Thread(target=_watch, args=(context, child), name=name, daemon=True)
        child.watch.start()
        return child


def _arguments(
    context: Context, run_id: str, asked: Asked, indexes: Sequence[str], sources: Sequence[str]
) -> list[str]:
    file = context.settings.file
    if file is None:
        raise ConfigError(
            "The settings of this dashboard come from no file, so no refresh can be started.",
            "Run freshground refresh by hand.",
        )
    comment = "".join(c for c in asked.comment[:MOST_COMMENT] if c.isprintable())
    # With `=`: a name or a comment that starts with a dash is no option.
    told: dict[str, Any] = {
        "settings": file, "by": context.by, "comment": comment, "run-id": run_id,
        "trigger": "dashboard",
    }  # fmt: skip
    found = ["refresh", *(f"--{name}={value}" for name, value in told.items())]
    return [*found, *(f"--index={i}" for i in indexes), *(f"--source={s}" for s in sources)]


def _watch(context: Context, child: _Child) -> None:
    """Wait for the end of a refresh; record its status, and keep the end of what it wrote."""
    from freshground.service.context import Context

    status = child.process.wait()
    with child.written as written:
        size = written.seek(0, 2)
        written.seek(max(0, size - MOST_BYTES))
        end = written.read()
    # A context of its own: the one of the action may be at work.
    own = Context(context.settings, clock=context.clock, by=child.by, run_id=child.run_id)
    body = {
        "status": status,
        "seconds": round(time.perf_counter() - child.began, 3),
        "by": child.by,
        "bytes": size,
    }
    try:
        own.lake.journal.add(child.run_id, "run_ended", "refresh", body)
        own.lake.journal.commit()
        keep_output(own, child.run_id, end)
        if status:
            own.lake.progress.ended(child.run_id)  # it is not lost: how it ended is known
    except FreshgroundError as error:
        _log.warning("How refresh %s ended cannot be recorded: %s", child.run_id, error)
