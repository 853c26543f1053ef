"""Clients' indexes of a lake: what one writes, others read, whatever else goes on."""

from __future__ import annotations

import multiprocessing
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshground.core.clock import ManualClock, SystemClock
from freshground.lake.lake import Lake
from freshground.service.api.clients.collection import Collection
from freshground.service.api.clients.collections import Collections, check_conditions
from freshground.service.api.errors import ApiError
from indexes.search.actions import action_of, resolve
from indexes.search.azure_definition import definition_of
from indexes.search.definition import Definition

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TIMES = 12


def definition(*extra: dict[str, Any], name: str = "things") -> Definition:
    return definition_of(
        {
            "name": name,
            "fields": [
                {"name": "id", "type": "Edm.String", "key": True},
                {"name": "x", "type": "Edm.Int32"},
                {"name": "y", "type": "Edm.Int32"},
                {"name": "p", "type": "Edm.ComplexType",
                 "fields": [{"name": "a", "type": "Edm.String"}]},
                {"name": "v", "type": "Collection(Edm.Single)", "dimensions": 2,
                 "vectorSearchProfile": "p"},
                *extra,
            ],
            "vectorSearch": {"algorithms": [{"name": "h", "kind": "hnsw"}],
                             "profiles": [{"name": "p", "algorithm": "h"}]},
        }
    )  # fmt: skip


def opened(root: Path) -> Collections:
    """Return the indexes as another process would see them."""
    clock = ManualClock(NOON)
    return Collections(Lake(str(root), {}, clock), clock)


def content(collection: Collection) -> dict[str, dict[str, Any]]:
    collection.refresh()
    snapshot = collection.snapshot()
    view = snapshot.view()
    names = [field.name for field in snapshot.definition.fields]
    return {each["id"]: each for each in view.documents(view.positions(), names)}


@pytest.fixture
def things(tmp_path: Path) -> Collection:
    return opened(tmp_path).create(definition())


def test_another_process_reads_all_after_a_restart(things, tmp_path):
    things.write([{"id": "1", "x": 1, "v": [1, 2]}, {"id": "2", "p": {"a": "b"}}])
    things.write([{"@search.action": "delete", "id": "2"}, {"id": "3"}])
    again = opened(tmp_path)
    assert again.names() == ["things"]
    found = again.get("things")
    assert content(found) == content(things)
    assert set(content(found)) == {"1", "3"}
    assert found.etag == things.etag
    assert found.definition == things.definition
    assert found.statistics()["documentCount"] == 2


def test_new_fields_are_there_at_once_and_for_old_documents_too(things, tmp_path):
    things.write([{"id": "1", "x": 1, "v": [1, 2], "p": {"a": "b"}}])
    collections, etag = opened(tmp_path), things.etag
    more = definition({"name": "new", "type": "Edm.String"})
    changed, made = collections.replace(more)
    assert not made
    assert changed.etag != etag
    results = things.write(
        [{"id": "1", "new": "n", "@search.action": "merge"}, {"id": "2", "new": "m"}]
    )
    assert [each.status for each in results] == [200, 201]
    found = content(changed)
    assert (found["1"]["x"], found["1"]["new"], found["2"]["new"]) == (1, "n", "m")
    assert found["1"]["v"] == [1, 2]
    assert content(opened(tmp_path).get("things")) == found


def test_a_log_that_grows_is_compacted_and_says_the_same(things, tmp_path, monkeypatch):
    monkeypatch.setattr("freshground.lake.collections.MAX_RECORDS", 4)
    other = opened(tmp_path).get("things")
    for number in range(20):
        (things, other)[number % 2].write([{"id": str(number % 7), "x": number}])
    kept = {path.split("/")[2] for path in Lake(str(tmp_path), {}, SystemClock()).files.list(
        "collections")}  # fmt: skip
    assert len(kept) <= 2
    assert min(kept) > "000001"
    assert content(things) == content(other) == content(opened(tmp_path).get("things"))
    assert {key: each["x"] for key, each in content(things).items()} == {
        str(n % 7): n for n in range(13, 20)
    }


def test_a_reader_looks_when_it_is_time_and_keeps_what_it_holds(tmp_path):
    clock = ManualClock(NOON)
    lake = Lake(str(tmp_path), {}, clock)
    writer = Collections(lake, clock).create(definition())
    reader = Collections(lake, clock).get("things")
    writer.write([{"id": "1"}])
    held = reader.snapshot()
    assert held.rows == 0
    clock.advance(timedelta(seconds=1))
    assert reader.snapshot().rows == 1
    assert held.rows == 0
    assert held.view().rows == 0


def test_a_deleted_index_is_gone_everywhere_and_its_files_too(things, tmp_path):
    things.write([{"id": "1"}])
    collections = opened(tmp_path)
    collections.delete("things")
    assert collections.names() == []
    with pytest.raises(ApiError) as caught:
        things.write([{"id": "2"}])
    assert caught.value.status == 404
    assert not things.exists
    assert len(Lake(str(tmp_path), {}, SystemClock()).files.list("collections")) == 1
    again = collections.create(definition())
    assert content(again) == {}
    things.refresh()
    assert things.write([{"id": "3"}])[0].status == 201


def test_a_batch_is_checked_anew_when_the_index_became_another_meanwhile(
    things, monkeypatch, tmp_path
):
    other = opened(tmp_path)
    files = things._log._files
    put_new = files.put_new

    def first_another(path: str, data: bytes) -> bool:
        monkeypatch.undo()
        other.delete("things")
        text = definition().raw["fields"][1] | {"type": "Edm.String"}
        fields = [text if each["name"] == "x" else each for each in definition().raw["fields"]]
        other.create(definition_of({**definition().raw, "fields": fields}))
        return put_new(path, data)

    things.write([{"id": "0"}])
    monkeypatch.setattr(files, "put_new", first_another)
    results = things.write([{"id": "1", "x": 1}, {"id": "2", "x": None}])
    # As if it had come before the deletion, or else judged by the index that there is now.
    assert [each.status for each in results] in ([201, 201], [400, 201])
    assert set(content(things)) <= {"2"}


def test_an_alias_moves_at_once_here_and_elsewhere_when_it_is_time(tmp_path):
    clock = ManualClock(NOON)
    one, other = (Collections(Lake(str(tmp_path), {}, clock), clock) for _ in range(2))
    assert other.alias("stay") is None
    one.put_alias("stay", "things")
    assert one.alias("stay") == "things"
    assert other.alias("stay") is None
    clock.advance(timedelta(seconds=1))
    assert other.alias("stay") == "things"
    with pytest.raises(ApiError):
        one.create(definition(name="stay"))
    other.delete_alias("stay")
    assert other.alias("stay") is None
    assert other.put_alias("stay", "things")[1]


def test_names_that_are_none_are_found_nowhere(tmp_path):
    collections = opened(tmp_path)
    for name in ("", "..", "a/b", "../lake", "A", "x" * 500, "things"):
        assert collections.get(name) is None
        assert collections.alias(name) is None
        with pytest.raises(ApiError) as caught:
            collections.delete(name)
        assert caught.value.status == 404


@pytest.mark.parametrize(
    ("etag", "match", "none_match", "holds"),
    [
        (None, None, None, True), (None, "*", None, False), (None, '"a"', None, False),
        (None, None, "*", True), ('"a"', '"a"', None, True), ('"a"', "*", None, True),
        ('"a"', '"b"', None, False), ('"a"', '"b", W/"a"', None, True), ('"a"', None, "*", False),
        ('"a"', None, '"a"', False), ('"a"', None, '"b"', True), ('"a"', "a", None, True),
    ],
)  # fmt: skip
def test_conditions(etag, match, none_match, holds):
    if holds:
        check_conditions(etag, match, none_match)
    else:
        with pytest.raises(ApiError) as caught:
            check_conditions(etag, match, none_match)
        assert caught.value.status == 412


actions = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["a", "b", "c"]),
        "@search.action": st.sampled_from(["upload", "merge", "mergeOrUpload", "delete"]),
    },
    optional={
        "x": st.none() | st.integers(0, 9),
        "p": st.none() | st.fixed_dictionaries({}, optional={"a": st.sampled_from(["m", "n"])}),
        "v": st.none() | st.just([1, 0]) | st.just([1]),
    },
)


class Model(dict):
    has = dict.__contains__
    load = dict.__getitem__


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.integers(0, 1), st.lists(actions, min_size=1, max_size=4)), max_size=6)
)
@settings(max_examples=40)
def test_two_writers_that_do_not_wait_for_each_other_are_as_one(tmp_path_factory, batches):
    root = tmp_path_factory.mktemp("lake")
    opened(root).create(definition())
    writers = [opened(root).get("things") for _ in range(2)]
    model = Model()
    for who, batch in batches:
        done = [action_of(writers[who].definition, each) for each in batch]
        expected, changed = resolve(writers[who].definition, done, model)
        model.update(changed)
        for key in [key for key, document in model.items() if document is None]:
            del model[key]
        assert writers[who].write(batch) == expected
    found = content(opened(root).get("things"))
    assert found.keys() == model.keys()
    for key, document in model.items():
        vector = document.pop("v")
        assert found[key].pop("v") == (None if vector is None else vector.tolist())
        assert found[key] == document


def write_field(root: str, name: str, times: int) -> None:
    """Set a field of a shared document again and again, and add documents of one's own."""
    collection = Collections(Lake(root, {}, SystemClock()), SystemClock()).get("things")
    for number in range(times):
        results = collection.write(
            [
                {"id": "shared", name: number, "@search.action": "mergeOrUpload"},
                {"id": f"{name}{number}", name: number},
            ]
        )
        assert [each.succeeded for each in results] == [True, True]


@pytest.mark.slow
def test_two_processes_that_write_at_once_lose_nothing(things, tmp_path):
    spawn = multiprocessing.get_context("spawn")
    children = [spawn.Process(target=write_field, args=(str(tmp_path), n, TIMES)) for n in "xy"]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0
    found = content(things)
    assert found.keys() == {"shared", *(f"{name}{n}" for name in "xy" for n in range(TIMES))}
    assert (found["shared"]["x"], found["shared"]["y"]) == (TIMES - 1, TIMES - 1)


def test_threads_of_one_process_lose_nothing_while_others_read(things):
    wrong: list[Any] = []
    stop = threading.Event()

    def write(name: str) -> None:
        for number in range(15):
            things.write([{"id": f"{name}{number}", "x": number},
                          {"id": f"{name}{number}-b", "x": number}])  # fmt: skip

    def read() -> None:
        while not stop.is_set():
            view = things.snapshot().view()
            if view.rows % 2:  # a batch is seen whole or not at all
                wrong.append(view.rows)

    reader = threading.Thread(target=read)
    reader.start()
    writers = [threading.Thread(target=write, args=(name,)) for name in "mno"]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    stop.set()
    reader.join()
    assert not wrong
    assert len(content(things)) == 3 * 15 * 2
