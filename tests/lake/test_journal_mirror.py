"""The journal in memory says what the journal in the lake says, whoever writes and compacts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freshground.core.clock import ManualClock
from freshground.lake import commits, journal_mirror
from freshground.lake.journal_mirror import JournalMirror
from freshground.lake.lake import Lake
from tests.project import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.lake.journal import Entry, Journal

KINDS = ("run", "check", "it's")
SUBJECTS = ("docs", "news", "")
FOLDER = "tables/journal"


def _lake(url: str, *, mirror: int | None = None) -> Lake:
    lake = Lake(url, {}, ManualClock(NOON))
    if mirror is not None:
        table = lake.journal.table
        lake.journal.mirror = JournalMirror(table, lake.files, FOLDER, mirror)
    return lake


def _told(entries: list[Entry]) -> list[Any]:
    return [(e.at, e.run_id, e.kind, e.subject, e.body) for e in entries]


def _sorted(entries: list[Entry]) -> list[Any]:
    return sorted(_told(entries), key=repr)


def _agree(mirror: Journal, plain: Journal, ask: Callable[[Journal], list[Entry]]) -> None:
    """Rows of one moment may come in any order; which of them are the last is anybody's guess."""
    one, other = ask(mirror), ask(plain)
    assert [e.at for e in one] == [e.at for e in other]
    if one and one[0].at != one[-1].at:
        edge = one[0].at
        assert _sorted([e for e in one if e.at != edge]) == _sorted(
            [e for e in other if e.at != edge]
        )


def _compare(mirror: Journal, plain: Journal) -> None:
    everything = mirror.entries(*KINDS)
    assert _sorted(everything) == _sorted(plain.entries(*KINDS))
    assert [e.at for e in everything] == sorted(e.at for e in everything)
    some = {e.run_id for e in everything[::3]}
    since = everything[len(everything) // 2].at if everything else NOON
    asked: list[Callable[[Journal], list[Entry]]] = [
        lambda j: j.entries("run", subject="docs"),
        lambda j: j.entries("check", "run", since=since),
        lambda j: j.entries("check", "run", last=3),
        lambda j: j.entries("run", subject="news", since=since, last=2),
        lambda j: j.entries(*KINDS, runs=some),
        lambda j: j.entries("it's", run_id="run1"),
        lambda j: j.entries("none"),
        lambda j: j.entries("run", runs=()),
        lambda j: j.newest("check", "docs", 4),
        lambda j: j.newest("none", "docs", 4),
    ]
    for ask in asked:
        _agree(mirror, plain, ask)
    for kind in (*KINDS, "none"):
        one, other = mirror.latest(kind), plain.latest(kind)
        assert {s: e.at for s, e in one.items()} == {s: e.at for s, e in other.items()}


_row = st.tuples(
    st.sampled_from(KINDS), st.sampled_from(SUBJECTS), st.integers(0, 40), st.integers(0, 3)
)
_step = st.one_of(
    st.tuples(st.sampled_from(["write", "die"]), st.integers(0, 1), st.lists(_row, max_size=6)),
    st.tuples(st.just("compact"), st.integers(0, 1), st.just([])),
    st.tuples(st.just("look"), st.just(0), st.just([])),
)


@given(st.lists(_step, min_size=1, max_size=12), st.sampled_from([10**9, 10**9, 900]))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_says_what_the_table_says(tmp_path_factory, steps, most: int) -> None:
    """Two processes write, die before they commit, and compact; a third one reads."""
    url = str(tmp_path_factory.mktemp("lake"))
    writers = [_lake(url), _lake(url)]
    reader, plain = _lake(url, mirror=most), _lake(url)
    for what, who, rows in steps:
        writer = writers[who]
        for kind, subject, minute, run in rows:
            writer.clock.set(NOON + timedelta(minutes=minute))
            writer.journal.add(f"run{run}", kind, subject, {"n": minute, "text": "é" * run})
        if what == "write":
            writer.journal.commit()
        elif what == "die":
            writers[who] = _lake(url)
        elif what == "compact":
            writer.journal.table.compact()
        else:
            _compare(reader.journal, plain.journal)
    _compare(reader.journal, plain.journal)


def _write(lake: Lake, number: int) -> None:
    lake.clock.advance(timedelta(seconds=1))
    lake.journal.add(f"run{number}", "run", "docs", {"n": number})
    lake.journal.commit()


def test_a_commit_is_read_once_and_a_compaction_not_at_all(tmp_path, monkeypatch) -> None:
    writer, reader = _lake(str(tmp_path)), _lake(str(tmp_path), mirror=10**9)
    read: list[str] = []
    plainly = commits.read

    def noted(files, path, schema):
        read.append(path)
        return plainly(files, path, schema)

    monkeypatch.setattr(commits, "read", noted)
    for number in range(40):  # more than a table is left with before it is compacted
        _write(writer, number)
        assert reader.journal.newest("run", "docs", 1)[0].body == {"n": number}
    assert len(read) == len(set(read)) == 40
    assert [e.body["n"] for e in reader.journal.entries("run")] == list(range(40))


def test_who_is_far_behind_or_lost_the_log_reads_anew(tmp_path, monkeypatch) -> None:
    writer, reader = _lake(str(tmp_path)), _lake(str(tmp_path), mirror=10**9)
    monkeypatch.setattr(commits, "MOST", 3)
    for number in range(12):
        _write(writer, number)
        if number in (0, 8):
            assert len(reader.journal.entries("run")) == number + 1
    log = tmp_path / "tables" / "journal" / "_delta_log" / f"{12:020d}.json"
    assert commits.added(reader.files, FOLDER, 11, 12)
    log.rename(log.with_suffix(".gone"))
    assert commits.added(reader.files, FOLDER, 11, 12) is None


def test_what_is_older_than_it_holds_comes_from_the_table(tmp_path) -> None:
    writer, reader = _lake(str(tmp_path)), _lake(str(tmp_path), mirror=1_500)
    for number in range(40):
        _write(writer, number)
    mirror = reader.journal.mirror
    assert mirror is not None
    assert mirror.entries(("run",)) is None
    assert mirror.latest("run") is None
    held = mirror.entries(("run",), last=3)
    assert held is not None
    assert [e.body["n"] for e in held] == [37, 38, 39]
    assert mirror.entries(("run",), since=held[0].at) is not None
    assert len(reader.journal.entries("run")) == 40
    assert reader.journal.latest("run")["docs"].body == {"n": 39}


def test_what_is_kept_parsed_is_bounded(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(journal_mirror, "PARSED_BYTES", 100)
    writer, reader = _lake(str(tmp_path)), _lake(str(tmp_path), mirror=10**9)
    for number in range(30):
        _write(writer, number)
    for _ in range(3):
        assert [e.body["n"] for e in reader.journal.entries("run")] == list(range(30))
    parsed = reader.journal.mirror._state.parsed
    assert len(parsed._young) + len(parsed._old) <= 100 / len('{"n": 1}') + 2


@pytest.mark.parametrize("most", [10**9, 4_000])
def test_many_threads_read_while_others_write(tmp_path, most: int) -> None:
    url = str(tmp_path)
    reader = _lake(url, mirror=most)
    rounds, writers = 12, 2
    assert reader.journal.entries("run") == []  # who makes a table is no question here

    def write(who: int) -> None:
        lake = _lake(url)
        for number in range(rounds):
            lake.journal.add(f"run{who}", "run", f"s{who}", {"n": number})
            lake.clock.advance(timedelta(seconds=1))
            lake.journal.commit()

    def read(_: int) -> None:
        for _ in range(40):
            for who in range(writers):
                found = [e.body["n"] for e in reader.journal.entries("run", subject=f"s{who}")]
                assert found == list(range(len(found)))
                newest = reader.journal.newest("run", f"s{who}", 2)
                assert [e.body["n"] for e in newest] == sorted(e.body["n"] for e in newest)
            reader.bronze.version  # noqa: B018 - opens the table in many threads at once

    with ThreadPoolExecutor(6) as pool:
        doing = [pool.submit(write, who) for who in range(writers)]
        doing += [pool.submit(read, number) for number in range(4)]
        for each in doing:
            each.result()
    assert len(reader.journal.entries("run")) == rounds * writers


def test_a_log_that_is_far_away_is_asked_now_and_then(tmp_path) -> None:
    writer, reader = _lake(f"file://{tmp_path}"), _lake(f"file://{tmp_path}", mirror=10**9)
    table = reader.journal.table
    table.patience = 1_000
    _write(writer, 0)
    assert len(reader.journal.entries("run")) == 1
    _write(writer, 1)
    assert len(reader.journal.entries("run")) == 1
    table.patience = 0
    assert len(reader.journal.entries("run")) == 2
