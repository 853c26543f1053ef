"""Worker processes: started for jobs alone, used again, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from freshground.core.settings import Parsing
from freshground.service.workers import processes
from freshground.service.workers.pool import Job, Workers
from tests.workers.test_workers import ACTS, wait_for

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def _limits(number: int) -> Parsing:
    """Limits of one test alone, so that it has processes of its own."""
    return Parsing(workers=2, open_files=100 + number)


def _pids(limits: Parsing, count: int) -> list[int]:
    jobs = [Job(n, ()) for n in range(count)]
    return [pid for _, pid in Workers(limits).each(f"{ACTS}:pid", jobs)]


def test_nothing_to_do_starts_no_process() -> None:
    limits = _limits(1)
    assert list(Workers(limits).each(f"{ACTS}:pid", [])) == []
    assert processes.processes(limits).template is None


def test_workers_are_used_again_and_are_no_more_than_there_are_jobs() -> None:
    limits = _limits(2)
    first = _pids(limits, 1)
    assert _pids(limits, 1) == first
    assert len(set(_pids(limits, 50))) == 2
    assert os.getpid() not in _pids(limits, 50)


def test_a_worker_is_replaced_after_many_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "MAX_CALLS", 5)
    pids = _pids(_limits(3).model_copy(update={"workers": 1}), 20)
    assert len(set(pids)) == 4


def test_who_stops_listening_leaves_nobody_at_work(tmp_path: Path) -> None:
    limits = _limits(4)
    notes = tmp_path / "notes"
    jobs = [Job("hangs", (str(notes),))]
    results = Workers(limits).each(f"{ACTS}:hang", jobs)
    with pytest.raises(KeyboardInterrupt):
        _interrupted(results, notes)
    wait_for(*map(int, notes.read_text().split()))
    assert len(_pids(limits, 2)) == 2


def _interrupted(results, notes: Path) -> None:
    """Interrupt this process, as Ctrl-C does, once the worker is at its call."""
    os.mkfifo(notes)
    line = "import os, signal, sys; text = open(sys.argv[1]).read(); "
    line += "open(sys.argv[1] + '.text', 'w').write(text); os.kill(os.getppid(), signal.SIGINT)"
    with subprocess.Popen([sys.executable, "-c", line, str(notes)]):
        try:
            list(results)
        finally:
            notes.unlink()
            notes.with_name("notes.text").rename(notes)


def test_two_runs_over_jobs_at_one_time_have_workers_each() -> None:
    limits = _limits(5)
    outer = Workers(limits).each(f"{ACTS}:pid", [Job(n, ()) for n in range(10)])
    found = [next(outer)]
    inner = _pids(limits, 3)
    found += outer
    assert len(inner) == 3
    assert {key for key, _ in found} == set(range(10))


def test_work_goes_on_when_the_template_is_gone() -> None:
    limits = _limits(6)
    before = _pids(limits, 2)
    template = processes.processes(limits).template
    os.kill(template.pid, signal.SIGKILL)
    template.wait()
    wait_for(*before)
    assert set(_pids(limits, 2)).isdisjoint(before)


_PARENT = """
import os, sys, threading
from freshground.core.settings import Parsing
from freshground.service.workers.pool import Job, Workers
each = Workers(Parsing(workers=2)).each
print(*[pid for _, pid in each("tests.workers.acts:pid", [Job(n, ()) for n in range(2)])])
"""
_HANGS = """
from freshground.service.workers import processes
print(*[one.template.pid for one in processes._all.values()])
list(each("tests.workers.acts:hang", [Job(0, (sys.argv[1],))]))
"""
_FORKS = """
if os.fork() == 0:
    mine = [pid for _, pid in each("tests.workers.acts:pid", [Job(n, ()) for n in range(2)])]
    print(*mine, flush=True)
    sys.exit()
os.wait()
print(*[pid for _, pid in each("tests.workers.acts:pid", [Job(n, ()) for n in range(2)])])
"""
_THREADS = """
found = []
def ask():
    found.extend(pid for _, pid in each("tests.workers.acts:pid", [Job(n, ()) for n in range(50)]))
threads = [threading.Thread(target=ask) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(found) == 200
"""


def _start(code: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _PARENT + code, *words],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": words[0] if words else "/tmp", "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_however_a_process_ends_its_workers_end_with_it(end: int, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    os.mkfifo(notes)
    code = _HANGS.replace("sys.argv[1]", repr(str(notes)))
    with _start(code, str(tmp_path)) as parent:
        assert parent.stdout is not None
        idle = parent.stdout.readline().split()
        pids = [*idle, *parent.stdout.readline().split(), *notes.read_text().split()]
        parent.send_signal(end)
    wait_for(*map(int, pids))
    assert list(tmp_path.iterdir()) == [notes], "what parsers wrote is gone too"


def test_a_child_of_the_process_has_workers_of_its_own() -> None:
    with _start(_FORKS) as parent:
        before, of_child, after = (set(line.split()) for line in parent.stdout or ())
    assert parent.returncode == 0
    assert before.isdisjoint(of_child)
    assert before == after


def test_threads_share_the_workers() -> None:
    with _start(_THREADS) as parent:
        assert parent.stdout is not None
        parent.stdout.read()
    assert parent.returncode == 0


def test_what_the_template_loads_is_there_before_the_first_document() -> None:
    """Its failure would show nowhere but in the time that each worker takes to begin."""
    code = "import ingestion.parse, sys; ingestion.parse.warm(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {"ingestion.parse.markdown", "py3langid.langid"} <= set(done.stdout.split())
    assert "unstructured" not in done.stdout.split(), "what few documents need takes long to load"


def test_what_workers_had_to_import_the_template_has_for_later_ones() -> None:
    limits = _limits(7).model_copy(update={"workers": 1})
    loaded = [Job(n, ("colorsys",)) for n in range(2)]
    assert [was for _, was in Workers(limits).each(f"{ACTS}:loads", loaded)] == [False, True]
    crashes = [Job(n, ("abort",)) for n in range(processes.LESSON_AFTER + 1)]
    list(Workers(limits).each(f"{ACTS}:ends", crashes))
    assert list(Workers(limits).each(f"{ACTS}:loads", loaded[:1])) == [(0, True)]


def test_what_scans_need_is_loaded_before_the_first_document() -> None:
    code = "from quality.admission.scanning import warm; import sys; warm(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {"re2", "phonenumbers", "stdnum"} <= set(done.stdout.split())
    assert "spacy" not in done.stdout.split(), "what few policies need takes long to load"
