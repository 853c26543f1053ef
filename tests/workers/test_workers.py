"""What happens to one document in a worker happens to that document alone."""

from __future__ import annotations

import logging
import os
import select
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from freshground.core.errors import ConfigError, Fatal, Quarantine
from freshground.core.settings import Parsing
from freshground.service.workers import pool, processes
from freshground.service.workers.pool import Job, Workers

pytestmark = pytest.mark.slow

ACTS = "tests.workers.acts"
LIMITS = Parsing(workers=2, memory=150_000_000, output=1000, open_files=100)
SHORT = LIMITS.model_copy(update={"wall_time": timedelta(seconds=0.5)})


def _all(act: str, *values: object, limits: Parsing = LIMITS) -> dict:
    """Return the result of each value, a refusal as (rule, what was found)."""
    jobs = [Job(number, (value,)) for number, value in enumerate(values)]
    found = {}
    for key, result in Workers(limits).each(f"{ACTS}:{act}", jobs):
        assert key not in found
        is_refusal = isinstance(result, Quarantine)
        found[key] = (result.rule, result.found) if is_refusal else result
    return found


def wait_for(*pids: int) -> None:
    """Return once these processes are gone."""
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        select.select([handle], [], [])
        os.close(handle)


def test_every_job_has_its_result() -> None:
    values = [b"", b"x" * 63_999, os.urandom(3_000_000), "text \u00e9", None, [1, {"a": (2.5,)}]]
    assert _all("same", *values * 20) == dict(enumerate(values * 20))


def test_a_hang_ends_with_all_that_it_started_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "FIRST_S", 0.0)
    notes = tmp_path / "notes"
    jobs = [Job(n, (str(notes),) if n == 3 else (n,)) for n in range(9)]
    own = Workers(SHORT)
    found = dict(own.each(f"{ACTS}:same", [job for job in jobs if job.key != 3]))
    found |= dict(own.each(f"{ACTS}:hang", [jobs[3]]))
    assert found.pop(3).rule == "parser_hung"
    assert found == {n: n for n in range(9) if n != 3}
    wait_for(*map(int, notes.read_text().split()))


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("segfault", "signal SIGSEGV"),
        ("abort", "signal SIGABRT"),
        ("exit", "exit status 3"),
        ("quit", "exit status 4"),
        ("status 0", "exit status 0"),
    ],
)
def test_a_crash_costs_its_document_alone(how: str, told: str) -> None:
    found = _all("ends", *["well"] * 10, how, *["well"] * 10, how)
    refused = {key: result for key, result in found.items() if result != "well"}
    assert refused.keys() == {10, 21}
    assert all(rule == "parser_crashed" and told in said for rule, said in refused.values())


@pytest.mark.parametrize("what", ["at once", "itself", "by others"])
def test_who_takes_too_much_memory_is_ended(what: str) -> None:
    assert {rule for rule, _ in _all("eats", what, what).values()} == {"out_of_memory"}


def test_the_memory_of_one_document_is_not_counted_for_the_next() -> None:
    one = LIMITS.model_copy(update={"workers": 1})
    size = 20_000_000
    assert _all("long", *[size] * 20, limits=one) == dict.fromkeys(range(20), "x" * size)


def test_what_is_too_large_is_not_even_sent() -> None:
    limits = LIMITS.model_copy(update={"memory": 1_000_000_000})
    found = _all("long", 10, 100_000_000, limits=limits)
    assert found[0] == "x" * 10
    assert found[1][0] == "too_large"
    assert "100,000," in found[1][1]


def test_there_is_no_network() -> None:
    found = _all("reaches_out", 0)[0]
    assert found["AF_INET"] == found["AF_INET6"] == found["AF_NETLINK"] == "Permission denied"
    assert "PermissionError" in found["child"]
    assert found["pair"] == "a pair of sockets"


def test_files_are_bounded() -> None:
    assert _all("bounds", 0)[0] == {
        "RLIMIT_NOFILE": 100, "RLIMIT_CORE": 0, "RLIMIT_FSIZE": 1_000_000_000,
    }  # fmt: skip
    with pytest.raises(Fatal, match="OSError"):
        _all("fills", 2_000_000_000)


def test_a_refusal_comes_back_as_it_was_raised() -> None:
    jobs = [Job(0, ("Quarantine",))]
    [(_, refusal)] = Workers(LIMITS).each(f"{ACTS}:raises", jobs)
    assert (refusal.rule, refusal.found, refusal.do) == ("corrupt", "It is broken.", "Mend it.")


def test_a_defect_is_an_error_of_the_run_and_tells_no_text() -> None:
    with pytest.raises(ConfigError, match="It is wrong. Set it right."):
        _all("raises", "ConfigError")
    with pytest.raises(Fatal, match="no_such_library"):
        _all("raises", "ImportError")
    with pytest.raises(Fatal, match=r"ValueError at acts.py:\d+") as error:
        _all("raises", "ValueError")
    assert "secret" not in str(error.value)
    with pytest.raises(Fatal, match="no_such_module"):
        dict(Workers(LIMITS).each("tests.no_such_module:act", [Job(0, ())]))


def test_what_libraries_print_reaches_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    assert _all("talks", "noise") == {0: 0}
    assert capfd.readouterr() == ("", "")


def test_what_libraries_print_is_there_for_who_debugs(caplog: pytest.LogCaptureFixture) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb", buffering=0) as stream:
        stream.write(b"WARNING: cell \xff\nand another\n")
    said = processes.deque(maxlen=20)
    with (
        caplog.at_level(logging.DEBUG, "freshground.workers"),
        os.fdopen(reading, "rb", buffering=0) as stream,
    ):
        processes._listen(stream, said)
    assert caplog.messages == ["WARNING: cell \ufffd", "and another"]
    assert said[-1] == "and another"


def test_jobs_are_taken_as_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def ahead(size: int) -> int:
        taken = given = most = 0

        def jobs() -> Iterator[Job]:
            nonlocal taken
            for number in range(40):
                taken += 1
                yield Job(number, (b"x" * size,))

        for _ in Workers(LIMITS).each(f"{ACTS}:same", jobs()):
            given += 1
            most = max(most, taken - given)
        assert taken == given == 40
        return most

    assert ahead(10) <= 2 * pool.AHEAD
    monkeypatch.setattr(pool, "BYTES_AHEAD", 1000)
    assert ahead(1000) == 0


def test_a_crash_in_a_used_worker_is_tried_again_in_a_new_one() -> None:
    one = LIMITS.model_copy(update={"workers": 1})
    what = "what came before"
    assert _all("stumbles", "nothing", what, what, limits=one).keys() == {0, 1, 2}
    assert _all("stumbles", what, what, limits=one) == {0: 1, 1: 1}


def test_a_worker_that_somebody_else_ends_costs_no_document(tmp_path: Path) -> None:
    assert isinstance(_all("struck_once", str(tmp_path / "mark"))[0], int)


@pytest.mark.parametrize("act", ["garbles", "forges"])
def test_what_is_no_answer_is_not_believed(act: str, tmp_path: Path) -> None:
    rule, said = _all(act, 0)[0]
    assert rule == "parser_crashed"
    assert "no answer" in said
    assert _all("same", 1) == {0: 1}
