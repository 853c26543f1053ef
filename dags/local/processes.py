"""The processes of a local Airflow: started together, watched, and stopped to the last child."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil

from freshground.core.errors import Fatal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_TICK_S = 0.1
_KILLED_S = 5.0
_TAIL_LINES = 15
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, so that none gets lost.

    Linux only; elsewhere a grandchild that outlives its parent is not found.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@dataclass
class Child:
    """One process that we started. `stop_signal` is what ends it in good order."""

    name: str
    process: subprocess.Popen[Any]
    log: Path
    stop_signal: signal.Signals

    def tail(self) -> str:
        """Return the last lines that it wrote."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-_TAIL_LINES:])


@dataclass
class Children:
    """All processes, in the order in which they were started. `stopping` says when to give up."""

    folder: Path
    stopping: Callable[[], bool]
    _all: list[Child] = field(default_factory=list)

    def start(
        self,
        name: str,
        command: Sequence[str],
        env: dict[str, str],
        stop_signal: signal.Signals = signal.SIGTERM,
        **options: Any,
    ) -> Child:
        """Start a process that writes to `<folder>/<name>.log`.

        It has a session of its own: a Ctrl-C in the terminal reaches us, and we tell the children.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603
                command,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **options,
            )
        child = Child(name, process, log, stop_signal)
        self._all.append(child)
        return child

    def check(self) -> None:
        """Raise Fatal when one of them has ended by itself."""
        for child in self._all:
            if child.process.poll() is not None:
                raise Fatal(
                    f"{child.name} ended with status {child.process.returncode}. It said:\n"
                    f"{child.tail()}",
                    f"\nThe whole of it is in {child.log}.",
                )

    def until(self, ready: Callable[[], bool], what: str, seconds: float) -> bool:
        """Wait until something is ready; False when told to stop before.

        Fatal when a process ends meanwhile, or after `seconds`.
        """
        deadline = time.monotonic() + seconds
        while not self.stopping():
            if ready():
                return True
            self.check()
            if time.monotonic() > deadline:
                raise Fatal(f"{what} was not ready after {seconds:.0f} s.", f"See {self.folder}.")
            time.sleep(_TICK_S)
        return False

    def finish(self, child: Child, seconds: float) -> bool:
        """Wait for a process that ends by itself; False when told to stop before.

        Fatal when it fails or takes longer than `seconds`.
        """
        self._all.remove(child)
        try:
            done = self.until(lambda: child.process.poll() is not None, child.name, seconds)
        finally:
            if child.process.poll() is None:
                _end([child], _KILLED_S)
        if done and child.process.returncode:
            raise Fatal(f"{child.name} failed:\n{child.tail()}", f"\nSee {child.log}.")
        return done

    def stop(self, grace_s: float) -> None:
        """End every process: the first one, the database that the others need, comes last.

        What does not end within `grace_s`, and every descendant that is left, is killed: a task
        may be killed at any moment and is done again.
        """
        base, others = self._all[:1], self._all[1:]
        _end(others, grace_s)
        _end(base, grace_s)
        self._all.clear()
        while left := psutil.Process().children(recursive=True):
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(left, timeout=_KILLED_S)


def _end(children: Sequence[Child], grace_s: float) -> None:
    for child in children:
        if child.process.poll() is None:
            child.process.send_signal(child.stop_signal)
    deadline = time.monotonic() + grace_s
    for child in children:
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
