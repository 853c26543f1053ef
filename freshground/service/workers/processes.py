"""The workers of this process: forked when they are needed, used again, ended with it.

All that works under the same limits shares one template process and its idle workers. Nothing here
survives a fork: a child of this process starts its own.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import socket
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from freshground.core.errors import Fatal
from freshground.service.workers import limits, wire

if TYPE_CHECKING:
    from freshground.core.settings import Parsing

_log = logging.getLogger("freshground.workers")

ANSWER_BYTES_A_CHAR = 4
ANSWER_SPARE = 64_000_000
"""An answer may have this many bytes, and those of the longest text that is let through."""

MAX_CALLS = 500
"""Calls after which a worker is replaced: what libraries leak does not add up."""

LESSON_AFTER = 2
"""Workers forked until the template imports what they had to: for one or two it would not pay."""

_TERMINATED_S = 2.0
_START = (
    "import sys; sys.path[:] = {path!r}; "
    "from freshground.service.workers.template import main; main()"
)
_ENVIRONMENT = {
    # One thread a worker: there is a worker a core, and only one thread can be forked.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OMP_THREAD_LIMIT": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "PYTHONUNBUFFERED": "1",
}


@dataclass
class Worker:
    """One worker process, and what it has to do. `queue` is of calls, the first being made.

    `memory` is what it holds between calls, in bytes, and `calls` how many it has answered; once
    it is `worn` it gets no more of them. `home` is the template that it was forked from.
    """

    pid: int
    sock: socket.socket
    inbox: wire.Inbox
    home: object
    memory: int
    calls: int = 0
    worn: bool = False
    queue: deque[Any] = field(default_factory=deque)
    outgoing: deque[memoryview] = field(default_factory=deque)
    _at_first: int = 0

    @property
    def used(self) -> bool:
        """Whether it has done something, or is at it."""
        return self.calls > 0 or len(self.queue) > 0

    def note(self, memory: int, allowed: int) -> None:
        """Note a call answered, and the bytes held after it, of which a call is `allowed` more."""
        self.calls += 1
        self.memory = memory
        self._at_first = self._at_first or memory
        grown = memory - self._at_first > allowed // 2
        self.worn |= grown or self.calls >= MAX_CALLS

    @property
    def is_gone(self) -> bool:
        """Whether it ended while it was idle: then there is an end of file to read."""
        try:
            return self.sock.recv(1, socket.MSG_PEEK) is not None
        except BlockingIOError:
            return False
        except OSError:
            return True


class Processes:
    """The template process of some limits, and the idle workers forked from it.

    `template` is None before the first worker is needed. `answered` are the functions that have
    been called with success.
    """

    def __init__(self, settings: Parsing) -> None:
        self._terms = (
            settings.memory,
            ANSWER_BYTES_A_CHAR * settings.output + ANSWER_SPARE,
            settings.open_files,
        )
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self.template: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._learned: dict[str, None] = {}
        self._taught = 0
        self._forks = 0
        self.answered: set[str] = set()
        self._said: deque[str] = deque(maxlen=20)

    @property
    def most_answer(self) -> int:
        """The most bytes that a worker may answer."""
        return self._terms[1]

    def take(self, function: str, *, fresh: bool = False) -> Worker:
        """Return an idle worker, or a new one; it is the caller's alone until it is given back."""
        with self._lock:
            while self._idle and not fresh:
                worker = self._idle.pop()
                if not worker.is_gone:
                    return worker
                self._ended(worker)
            return self._forked(function)

    def give_back(self, worker: Worker) -> None:
        """Keep a worker that has answered everything for the next one who needs it."""
        with self._lock:
            if worker.worn:
                self._ended(worker)
            else:
                self._idle.append(worker)

    def end(self, worker: Worker) -> tuple[int | None, int]:
        """End a worker and what it started; return its wait status and most bytes of memory.

        The status is None if all workers ended, this one with them.
        """
        with self._lock:
            return self._ended(worker)

    def learn(self, modules: list[str]) -> None:
        """Note what workers had to import, so that later ones are forked with it."""
        with self._lock:
            self._learned.update(dict.fromkeys(modules))

    def close(self) -> None:
        """End everything, at once."""
        with self._lock:
            self._drop()

    def forget(self) -> None:
        """Let go of what belongs to the process that this one was forked from."""
        for worker in self._idle:
            worker.sock.close()
        if self._control is not None:
            self._control.close()

    def _forked(self, function: str) -> Worker:
        for last in (False, True):
            mine, its = socket.socketpair()
            try:
                with its:
                    pid = self._ask(b"f", (function, self._lesson()), [its.fileno()])
            except (OSError, EOFError) as error:  # it ends when it is idle for long, or is killed
                mine.close()
                if last:
                    raise self._broken() from error
            else:
                mine.setblocking(False)
                inbox = wire.Inbox(self.most_answer + ANSWER_SPARE)
                return Worker(pid, mine, inbox, self.template, limits.resident(pid))
        raise AssertionError

    def _lesson(self) -> list[str]:
        if self._control is None:
            self._start()
        self._forks += 1
        if self._forks <= LESSON_AFTER:
            return []
        names = list(self._learned)
        new, self._taught = names[self._taught :], len(names)
        return new

    def _ended(self, worker: Worker) -> tuple[int | None, int]:
        worker.sock.close()
        if worker.home is not self.template:
            return None, 0
        try:
            return self._ask(b"e", worker.pid)
        except (OSError, EOFError):
            return None, 0

    def _ask(self, question: bytes, value: Any, fds: list[int] | None = None) -> Any:
        control = self._control
        if control is None:
            raise EOFError
        try:
            socket.send_fds(control, [question], fds or [])
            wire.send(control, wire.packed(value))
            return wire.receive(control)
        except BaseException:
            # Half a conversation cannot be taken up again. Its workers end with it.
            self._drop()
            raise

    def _start(self) -> None:
        mine, its = socket.socketpair()
        words = [str(its.fileno()), str(os.getpid()), *map(str, self._terms)]
        code = _START.format(path=[os.path.abspath(entry) for entry in sys.path])  # noqa: PTH100
        with its:
            self.template = subprocess.Popen(  # noqa: S603 - this interpreter, with our own code
                [sys.executable, "-c", code, *words],
                pass_fds=[its.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **_ENVIRONMENT},
                bufsize=0,
            )
        self._control, self._taught, self._forks = mine, 0, 0
        reader = partial(_listen, self.template.stdout, self._said)
        threading.Thread(target=reader, name="freshground-workers", daemon=True).start()

    def _drop(self) -> None:
        """Let the template end: it ends its workers, and what they started, when it is left."""
        for worker in self._idle:
            worker.sock.close()
        self._idle.clear()
        if self._control is not None:
            self._control.close()
        if self.template is not None:
            try:
                self.template.wait(_TERMINATED_S)
            except subprocess.TimeoutExpired:
                self.template.kill()
                self.template.wait()
        self._control = self.template = None

    def _broken(self) -> Fatal:
        said = self._said[-1] if self._said else "it said nothing"
        return Fatal(
            f"No worker process can be started: {said}.",
            "Documents are read in processes of their own. Mend the installation, or allow them.",
        )


def _listen(stream: Any, said: deque[str]) -> None:
    """Take off what libraries print in workers: nobody else is to see it but who debugs."""
    with contextlib.suppress(OSError, ValueError):
        while piece := stream.read(65_536):
            for line in piece.decode("utf-8", "replace").splitlines():
                said.append(line[:500])
                _log.debug("%s", line[:500])


_all: dict[Parsing, Processes] = {}
_inherited: list[Processes] = []
"""Kept, since taking them apart would wait for threads that are not in this process."""

_opening = threading.Lock()


def processes(settings: Parsing) -> Processes:
    """Return the processes of these limits, the same for all that ask in this process."""
    with _opening:
        if settings not in _all:
            _all[settings] = Processes(settings)
        return _all[settings]


@atexit.register
def close() -> None:
    """End all workers of this process."""
    for each in list(_all.values()):
        each.close()
    _all.clear()


def _forget() -> None:
    global _opening  # noqa: PLW0603 - another thread may have held it when this process was forked
    _opening = threading.Lock()
    for each in _all.values():
        each.forget()
    _inherited.extend(_all.values())
    _all.clear()


os.register_at_fork(after_in_child=_forget)
