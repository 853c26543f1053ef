"""Runs a function over many inputs, each alone: what one of them does harms none of the others."""

from __future__ import annotations

import signal
import time
from collections import deque
from dataclasses import dataclass, field
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from typing import TYPE_CHECKING, Any, NamedTuple

from freshground.core.errors import Quarantine
from freshground.service.workers import causes, limits, wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from freshground.core.settings import Parsing
    from freshground.service.workers.processes import Processes, Worker

AHEAD = 2
"""Calls that a worker is given at a time, so that it never waits for the next."""

BYTES_AHEAD = 64_000_000
"""Bytes of inputs in memory at a time; one input may be larger."""

LOOK_S = 0.1
"""Seconds between two looks at the memory of workers that are at one document for so long."""


class Job(NamedTuple):
    """One call: `key` comes back with the result, `args` and `options` go to the function."""

    key: Any
    args: tuple[Any, ...]
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed


class Workers:
    """Calls functions by name (`module:function`) in worker processes with limits.

    A worker has `limits.wall_time` and `limits.memory` for each call, and no network. One that
    hangs, crashes, ends or takes too much costs its own call and is replaced.
    """

    def __init__(self, limits: Parsing) -> None:
        self.limits = limits

    def each(self, function: str, jobs: Iterable[Job]) -> Iterator[tuple[Any, Any | Quarantine]]:
        """Yield (key, result) of every job, in any order; a Quarantine in place of a result.

        A Quarantine is what the function raised, or `parser_hung`, `parser_crashed`,
        `out_of_memory` or `too_large`. Jobs are taken as they are needed, so that few inputs are
        in memory at a time. Processes are started for jobs only. Other errors of the project's
        that the function raises are raised here; any other exception is Fatal.
        """
        from freshground.service.workers.processes import processes

        crew = _Crew(self.limits, processes(self.limits), function)
        waiting = iter(jobs)
        try:
            more = True
            while more or crew.busy:
                while more and crew.has_room():
                    job = next(waiting, None)
                    if job is None:
                        more = False
                    else:
                        crew.give(_Call(job))
                if crew.busy:
                    yield from crew.results()
        finally:
            crew.leave()


@dataclass(eq=False)
class _Call:
    """A job on its way: `since` when its worker is at it, `tried` whether it lost a worker."""

    job: Job
    since: float = 0.0
    tried: bool = False
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = sum(len(arg) for arg in self.job.args if isinstance(arg, bytes | str))


class _Crew:
    """The workers of one run over jobs: who has which calls, and since when."""

    def __init__(self, settings: Parsing, home: Processes, function: str) -> None:
        self._settings = settings
        self._home = home
        self._function = function
        self._most = settings.workers or limits.cores()
        self._workers: list[Worker] = []
        self._again: deque[_Call] = deque()
        self._bytes = 0
        self._selector = DefaultSelector()

    @property
    def busy(self) -> bool:
        """Whether calls are out."""
        return any(worker.queue for worker in self._workers) or bool(self._again)

    def has_room(self) -> bool:
        """Whether another job is wanted now."""
        if self._bytes >= BYTES_AHEAD:
            return False
        return len(self._workers) < self._most or any(
            len(worker.queue) < AHEAD and not worker.worn for worker in self._workers
        )

    def give(self, call: _Call) -> None:
        """Hand a call to the worker with the least to do, a new one where all are at work."""
        self._bytes += call.size
        self._hand_out(call)

    def results(self) -> Iterator[tuple[Any, Any | Quarantine]]:
        """Wait until something has come, and yield it."""
        while self._again:
            self._hand_out(self._again.popleft())
        for key, events in self._selector.select(self._patience()):
            worker = key.data
            if events & EVENT_WRITE:
                self._push(worker)
            yield from self._drain(worker)
        yield from self._overdue()

    def _drain(self, worker: Worker) -> Iterator[tuple[Any, Any | Quarantine]]:
        """Yield what a worker has answered, and what becomes of its calls where it is gone."""
        there = worker.inbox.read(worker.sock)
        try:
            for answer in worker.inbox.answers():
                yield self._answered(worker, answer)
        except wire.BrokenMessage:
            yield from self._failed(worker, causes.garbled())
        else:
            if not there and worker in self._workers:
                yield from self._failed(worker, None)

    def leave(self) -> None:
        """Give back the workers that are done, and end those that are not."""
        for worker in self._workers:
            self._selector.unregister(worker.sock)
            if worker.queue:
                self._home.end(worker)
            else:
                self._home.give_back(worker)
        self._selector.close()
        self._workers.clear()

    def _hand_out(self, call: _Call) -> None:
        """Give a call to a worker; one that is tried again gets one that has done nothing yet."""
        fit = [w for w in self._workers if not w.worn and not (call.tried and w.used)]
        worker = min(fit, key=lambda w: len(w.queue), default=None)
        if worker is None or (worker.queue and len(self._workers) < self._most):
            worker = self._home.take(self._function, fresh=call.tried)
            self._workers.append(worker)
            self._selector.register(worker.sock, EVENT_READ, worker)
        if not worker.queue:
            call.since = time.monotonic()
        worker.queue.append(call)
        worker.outgoing.extend(wire.call(self._function, call.job.args, call.job.options))
        self._push(worker)

    def _push(self, worker: Worker) -> None:
        """Send what the worker takes now; the rest once it takes more."""
        try:
            while worker.outgoing:
                sent = worker.sock.send(worker.outgoing[0])
                if sent == len(worker.outgoing[0]):
                    worker.outgoing.popleft()
                else:
                    worker.outgoing[0] = worker.outgoing[0][sent:]
        except BlockingIOError:
            pass
        except ConnectionError:
            worker.outgoing.clear()  # that it is gone shows when it is read from
        events = EVENT_READ | EVENT_WRITE if worker.outgoing else EVENT_READ
        if self._selector.get_key(worker.sock).events != events:
            self._selector.modify(worker.sock, events, worker)

    def _answered(self, worker: Worker, answer: Any) -> tuple[Any, Any | Quarantine]:
        """Return the key and result of the call that a worker was at."""
        call = worker.queue.popleft()
        self._bytes -= call.size
        if worker.queue:
            worker.queue[0].since = time.monotonic()
        kind, body, modules, memory = answer
        if modules:
            self._home.learn(modules)
        worker.note(memory, self._settings.memory)
        worker.worn |= kind == "memory"
        if worker.worn and not worker.queue:
            self._remove(worker)
        if kind == "done":
            return call.job.key, body
        if kind == "refused":
            return call.job.key, Quarantine(*body)
        if kind == "memory":
            return call.job.key, causes.too_much_memory(self._settings.memory)
        if kind == "large":
            return call.job.key, causes.too_large(body, self._home.most_answer)
        raise causes.raised(*body) if kind == "error" else causes.defect(self._function, body)

    def _failed(
        self, worker: Worker, cause: Quarantine | None
    ) -> Iterator[tuple[Any, Any | Quarantine]]:
        """Replace a worker; its first call gets the cause, or is tried again, as all others are.

        Without a cause the worker ended by itself. If it did because of what it had done before,
        or because somebody ended it, its call is not to blame: so it is tried once more alone.
        """
        status, memory = self._remove(worker)
        calls = list(worker.queue)
        worker.queue.clear()
        if not calls:
            return
        first = calls.pop(0)
        by_others = worker.calls > 0 or status is None or status == signal.SIGKILL
        if cause is None and by_others and not first.tried:
            first.tried = True
            calls.append(first)
        else:
            self._bytes -= first.size
            yield (
                first.job.key,
                cause or causes.crashed(status, memory - worker.memory, self._settings.memory),
            )
        self._again.extend(calls)

    def _remove(self, worker: Worker) -> tuple[int | None, int]:
        self._workers.remove(worker)
        self._selector.unregister(worker.sock)
        return self._home.end(worker)

    def _overdue(self) -> Iterator[tuple[Any, Any | Quarantine]]:
        """End the workers that are at one call for too long, or take too much memory for it."""
        limit = self._settings.wall_time.total_seconds()
        for worker in [w for w in self._workers if w.queue and _spent(w) >= LOOK_S]:
            call, had = worker.queue[0], worker.inbox.size
            yield from self._drain(worker)  # it may have answered while nobody looked
            if worker not in self._workers or not worker.queue or worker.queue[0] is not call:
                continue
            if worker.inbox.size > had:
                continue  # it is at its answer
            if _spent(worker) >= limit:
                yield from self._failed(worker, causes.hung(limit))
            elif limits.resident_with_children(worker.pid) - worker.memory > self._settings.memory:
                yield from self._failed(worker, causes.too_much_memory(self._settings.memory))

    def _patience(self) -> float:
        """Return the seconds until somebody has to be looked at."""
        limit = self._settings.wall_time.total_seconds()
        now = time.monotonic()
        since = [worker.queue[0].since for worker in self._workers if worker.queue]
        return max(0.0, min([LOOK_S, *(start + limit - now for start in since)]))


def _spent(worker: Worker) -> float:
    """Return the seconds that a worker has been at its first call."""
    return time.monotonic() - worker.queue[0].since
