"""The process that workers are forked from: it has what they need imported, and reads no document.

A worker that is lost is so replaced in milliseconds, however long its libraries take to import.
It is a process of its own, started anew and with one thread, because forking one that runs others
is not safe. It answers one question at a time: fork a worker, end a worker.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from freshground.service.workers import limits, network, wire
from freshground.service.workers.worker import Terms, resolve, serve

LOOK_S = 2.0
"""Seconds between two looks at whether the process that started this one is still there."""

IDLE_S = 300.0
"""Seconds without a worker and a question after which this process ends."""

_SPARE_FILES = 64
"""Files that are open here at most; a worker's own limit counts from its start."""


class Template:
    """The loop of the process, and the workers that it has forked."""

    def __init__(self, control: socket.socket, parent: int, terms: Terms) -> None:
        self._control = control
        self._parent = parent
        self._terms = terms
        self._folder = Path(tempfile.mkdtemp(prefix="freshground-workers-"))
        self._workers: dict[int, Path] = {}
        self._warmed: set[str] = set()

    def run(self) -> None:
        """Answer until the other side is gone; then nothing that was started here is left."""
        idle = 0.0
        try:
            while os.getppid() == self._parent:
                if select.select([self._control], [], [], LOOK_S)[0]:
                    idle = 0.0
                    question, fds, _, _ = socket.recv_fds(self._control, 1, 1)
                    if not question:
                        return
                    self._answer(question, fds)
                elif not self._workers:
                    idle += LOOK_S
                    if idle >= IDLE_S:
                        return
        except (EOFError, ConnectionError):
            return
        finally:
            for pid in list(self._workers):
                self._end(pid)
            shutil.rmtree(self._folder, ignore_errors=True)

    def _answer(self, question: bytes, fds: list[int]) -> None:
        value = wire.receive(self._control)
        answer: Any
        if question == b"f":
            function, modules = value
            answer = self._fork(fds[0], function, modules)
        else:
            answer = self._end(value)
        wire.send(self._control, wire.packed(answer))

    def _fork(self, fd: int, function: str, modules: list[str]) -> int:
        """Fork a worker that answers on `fd`; return its process id."""
        for name in modules:
            # What it needs is imported again where it is used, and fails there if it must.
            with contextlib.suppress(Exception):
                import_module(name)
        self._warm(function)
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        gc.freeze()
        pid = os.fork()
        if pid:
            os.close(fd)
            self._workers[pid] = folder
            return pid
        status = 1
        # Open to the very end: who sees it closed ends this process, whatever its status would be.
        sock = socket.socket(fileno=fd)
        try:
            self._control.close()
            _become_worker(sock, folder, self._terms)
            status = 0
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
        finally:
            os._exit(status)

    def _warm(self, function: str) -> None:
        """Import the function's module, and let it load what all its calls need."""
        if function in self._warmed:
            return
        self._warmed.add(function)
        with contextlib.suppress(Exception):
            resolve(function)
            warm = getattr(sys.modules[function.partition(":")[0]], "warm", None)
            if warm is not None:
                warm()

    def _end(self, pid: int) -> tuple[int, int]:
        """End a worker and what it started; return its wait status and most bytes of memory."""
        folder = self._workers.pop(pid, None)
        if folder is None:
            return 0, 0
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)  # in the moment before it leads a group of its own
        _, status, used = os.wait4(pid, 0)
        self._sweep()
        shutil.rmtree(folder, ignore_errors=True)
        return status, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)

    def _sweep(self) -> None:
        """End what workers started and put into groups of its own: it is handed to this process."""
        for pid in limits.children(os.getpid()):
            if pid not in self._workers:
                with contextlib.suppress(ProcessLookupError, ChildProcessError):
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)


def _become_worker(sock: socket.socket, folder: Path, terms: Terms) -> None:
    template = os.getppid()
    os.setsid()
    limits.die_with_parent()
    if os.getppid() != template:
        return
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    limits.confine(terms.open_files)
    sock.setblocking(True)
    serve(sock, terms)


def main() -> None:
    """Run with the arguments: control socket, the parent's process id, and the terms."""
    fd, parent, *terms = (int(word) for word in sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    limits.adopt_orphans()
    network.cut_off()
    with socket.socket(fileno=fd) as control:
        control.setblocking(True)
        Template(control, parent, Terms(*terms)).run()


if __name__ == "__main__":
    main()
