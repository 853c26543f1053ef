"""The log of a client's index: nothing is lost, whoever writes, compacts or is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshground.core.errors import Fatal
from freshground.lake.collections import START, CollectionLog, Position, names
from freshground.lake.records import Record, nothing
from freshground.lake.storage import Files

SCHEMA = pa.schema([("id", pa.string()), ("n", pa.int64())])
DEFINITION = {"name": "things"}


def log_at(root: Path) -> CollectionLog:
    return CollectionLog(Files(str(root), {}), "things")


def define(schema: pa.Schema = SCHEMA) -> Record:
    return Record("define", schema.empty_table(), "id", definition=DEFINITION, etag='"e"')


def batch(rows: dict[str, int], *removed: str) -> Record:
    table = pa.table({"id": list(rows), "n": list(rows.values())}, schema=SCHEMA)
    return Record("batch", table, "id", removed)


def content(log: CollectionLog) -> dict[str, int]:
    rows = log.read().rows
    return dict(zip(rows["id"].to_pylist(), rows["n"].to_pylist(), strict=True))


def write(log: CollectionLog, make: Callable[[dict[str, int]], Record]) -> None:
    """Write as a service does: work it out against what is there, until nobody comes first."""
    while True:
        state = log.read()
        rows = dict(zip(state.rows["id"].to_pylist(), state.rows["n"].to_pylist(), strict=True))
        if log.append(state.position, make(rows)) != "lost":
            return


@pytest.fixture
def log(tmp_path: Path) -> CollectionLog:
    found = log_at(tmp_path)
    assert found.append(START, define()) == "written"
    return found


def test_the_loser_of_two_writers_reads_on(log, tmp_path):
    seen = log.read().position
    other = log_at(tmp_path)
    assert log.append(seen, batch({"a": 1})) == "written"
    assert other.append(seen, batch({"a": 2})) == "lost"
    assert [record.rows["n"].to_pylist() for record in other.since(seen)] == [[1]]
    assert content(other) == {"a": 1}


def test_later_records_win_and_removed_keys_go(log):
    write(log, lambda _: batch({"a": 1, "b": 1}))
    write(log, lambda _: batch({"b": 2, "c": 2}, "a"))
    write(log, lambda _: batch({"a": 3}, "c"))
    assert content(log) == {"a": 3, "b": 2}


def test_a_compacted_log_says_the_same_in_one_file(log, tmp_path):
    for number in range(5):
        write(log, lambda _, n=number: batch({"a": n, str(n): n}))
    before, state = content(log), log.read()
    assert log.compact(state.position)
    assert log_at(tmp_path).read().position == Position(2, 0)
    assert content(log_at(tmp_path)) == before
    assert Files(str(tmp_path), {}).list("collections") == [
        "collections/things/000002/0000000000.arrow"
    ]
    assert log.since(state.position) is None


def test_a_writer_that_slept_through_a_compaction_loses(log, tmp_path):
    write(log, lambda _: batch({"a": 1}))
    asleep = log.read().position
    write(log, lambda _: batch({"a": 2}))
    log.compact(log.read().position)
    # The file that would have barred it is gone by now: it writes into the hole.
    assert log.append(asleep, batch({"a": 0})) == "lost"
    assert content(log) == {"a": 2}
    assert len(Files(str(tmp_path), {}).list("collections")) == 1


def test_a_write_that_was_compacted_before_its_writer_looked_counts_once(log, tmp_path):
    class Slow(Files):
        """Another process compacts between this one's write and its look."""

        def put_new(self, path: str, data: bytes) -> bool:
            written = super().put_new(path, data)
            other = log_at(tmp_path)
            other.compact(other.read().position)
            return written

    slow = CollectionLog(Slow(str(tmp_path), {}), "things")
    assert slow.append(log.read().position, batch({"a": 1})) == "folded"
    assert content(log) == {"a": 1}


def test_a_sealed_log_without_a_base_is_finished_by_who_reads_it(log, tmp_path):
    write(log, lambda _: batch({"a": 1}))
    assert log.append(log.read().position, Record("seal", nothing())) == "written"
    other = log_at(tmp_path)
    assert content(other) == {"a": 1}
    assert other.read().position == Position(2, 0)


def test_a_deleted_index_is_gone_and_can_be_made_again(log, tmp_path):
    write(log, lambda _: batch({"a": 1}))
    assert log.append(log.read().position, Record("delete", nothing())) == "written"
    assert log.read().definition is None
    log.compact(log.read().position)
    assert log.append(log.read().position, define()) == "written"
    assert content(log) == {}
    assert names(Files(str(tmp_path), {})) == {"things": Position(2, 1)}


def test_rows_of_an_older_definition_get_the_columns_of_the_newer(tmp_path):
    log = log_at(tmp_path)
    old = pa.struct([("x", pa.string())])
    new = pa.struct([("x", pa.string()), ("y", pa.int32())])
    first = pa.schema([("id", pa.string()), ("p", old)])
    log.append(START, define(first))
    rows = pa.table({"id": ["a"], "p": [{"x": "1"}]}, schema=first)
    log.append(Position(1, 1), Record("batch", rows, "id"))
    state = log.read()
    changed = pa.schema([("id", pa.string()), ("p", new), ("v", pa.list_(pa.float32(), 2))])
    assert log.append(state.position, define(changed)) == "written"
    assert log.read().rows.to_pylist() == [{"id": "a", "p": {"x": "1", "y": None}, "v": None}]


def test_a_broken_file_stops_with_its_name(log, tmp_path):
    Files(str(tmp_path), {}).put("collections/things/000001/0000000002.arrow", b"not arrow")
    with pytest.raises(Fatal, match="0000000002"):
        log.read()


steps = st.one_of(
    st.tuples(st.just("put"), st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9))),
    st.tuples(st.just("remove"), st.sets(st.sampled_from("abcd"))),
    st.tuples(st.just("compact"), st.none()),
    st.tuples(st.just("seal"), st.none()),
)


@given(st.lists(steps, max_size=12))
@settings(max_examples=40)
def test_any_life_of_an_index_reads_as_its_model(tmp_path_factory, life):
    log = log_at(tmp_path_factory.mktemp("lake"))
    log.append(START, define())
    model: dict[str, int] = {}
    for kind, what in life:
        state = log.read()
        if kind == "put":
            model |= what
            log.append(state.position, batch(what))
        elif kind == "remove":
            model = {key: value for key, value in model.items() if key not in what}
            log.append(state.position, batch({}, *what))
        elif kind == "compact":
            log.compact(state.position)
        else:
            log.append(state.position, Record("seal", nothing()))
        assert content(log) == model


def count_up(root: str, key: str, times: int, told) -> None:
    """Add one to a shared number, and put a row of one's own, again and again."""
    log = log_at(Path(root))
    for number in range(times):
        write(log, lambda rows, n=number: batch({"sum": rows["sum"] + 1, f"{key}{n}": n}))
        state = log.read()
        if number % 5 == 4:
            log.compact(state.position)
        told.send(number)


def started(*arguments) -> tuple[multiprocessing.Process, object]:
    spawn = multiprocessing.get_context("spawn")
    reading, writing = spawn.Pipe(duplex=False)
    child = spawn.Process(target=count_up, args=(*arguments, writing))
    child.start()
    writing.close()
    return child, reading


@pytest.mark.slow
def test_processes_that_write_and_compact_at_once_lose_nothing(log, tmp_path):
    write(log, lambda _: batch({"sum": 0}))
    children = [started(str(tmp_path), key, 30) for key in "xy"]
    for child, _ in children:
        child.join()
        assert child.exitcode == 0
    expected = {f"{key}{n}": n for key in "xy" for n in range(30)}
    assert content(log) == expected | {"sum": 60}


@pytest.mark.slow
def test_what_was_told_as_written_survives_a_kill_at_any_moment(log, tmp_path):
    write(log, lambda _: batch({"sum": 0}))
    told: set[str] = set()
    for life in range(4):
        child, reading = started(str(tmp_path), f"k{life}-", 10_000)
        for _ in range(3 + 4 * life):
            told.add(f"k{life}-{reading.recv()}")
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        while reading.poll():
            try:
                told.add(f"k{life}-{reading.recv()}")
            except EOFError:
                break
        found = content(log_at(tmp_path))
        assert told <= found.keys()
        assert found["sum"] == len(found) - 1  # each step whole, or not at all
    write(log, lambda rows: batch({"sum": rows["sum"] + 1, "last": 1}))
    assert content(log)["last"] == 1
