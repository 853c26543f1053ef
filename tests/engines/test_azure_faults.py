"""Between the engine and the service everything goes wrong: nothing is lost, nothing half shown."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from freshground.core.errors import ConfigError, Fatal, Retriable
from indexes.engines.conformance import Row, ids_of, table
from tests.engines.azure_fake import KEY, FakeIndex
from tests.engines.azure_proxy import (
    Edit,
    Fault,
    Garble,
    Items,
    Never,
    Request,
    ResetAfter,
    ResetBefore,
    Status,
    Truncate,
    times,
)
from tests.engines.azure_scene import Scene, keys, scene, several


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Status(429), id="429"),
        pytest.param(Status(429, {"Retry-After": "7"}), id="429 with Retry-After"),
        pytest.param(Status(503), id="503"),
        pytest.param(Status(500), id="500"),
        pytest.param(ResetBefore(), id="reset before"),
        pytest.param(ResetAfter(), id="reset after"),
        pytest.param(Truncate(), id="truncated"),
        pytest.param(Garble(), id="garbled"),
    ],
)
def test_every_second_request_fails(at: Scene, fault: Fault) -> None:
    asked = [0]

    def rule(_: Request) -> Fault | None:
        asked[0] += 1
        return fault if asked[0] % 2 else None

    at.proxy.rule = rule
    engine = at.engine(batch_rows=20)
    version = at.release(engine, 70)
    engine.publish("i", version)
    assert at.held(version) == keys(70)
    assert at.service.aliases == {"i": version}
    assert ids_of(engine.open("i", version)) == sorted(keys(70))
    assert len(at.slept) > 10
    if isinstance(fault, Status) and fault.headers:
        assert all(7 <= s <= 7.7 for s in at.slept if s not in (10.0, 0.25))


def test_half_of_the_items_are_put_off_until_they_are_taken(at: Scene) -> None:
    at.proxy.rule = times(9, Items(lambda n: n % 2 == 1), lambda r: r.writes)
    version = at.release(at.engine(), 300)
    assert at.held(version) == keys(300)
    sizes = [len(json.loads(r.body)["value"]) for r in at.proxy.seen if r.writes]
    assert sizes == [300, 150, 75, 37, 18, 9, 4, 2, 1]


@pytest.mark.parametrize("status", [409, 422, 503])
def test_items_that_stay_busy_end_as_retriable(at: Scene, status: int) -> None:
    at.proxy.rule = lambda r: Items(lambda n: n == 0, status) if r.writes else None
    with pytest.raises(Retriable, match="put off"):
        at.release(at.engine(attempts=4), 3)
    assert at.service.indexes == {}
    at.proxy.rule = lambda _: None
    assert at.held(at.release(at.engine(), 3)) == keys(3)


def test_mixed_results_bury_what_is_refused_and_fail_the_release(at: Scene) -> None:
    at.service.refused = ("c0002", "c0005")
    at.proxy.rule = times(1, Items(lambda n: n in (1, 2)), lambda r: r.writes)
    with pytest.raises(Fatal, match=r"refused 2 documents .*c0002 \(400\), c0005 \(400\)"):
        at.release(at.engine(), 8)
    (letters,) = (at.root / "lake").rglob("dead/*.json")
    assert [(x["key"], x["status"]) for x in json.loads(letters.read_text())] == [
        ("c0002", 400),
        ("c0005", 400),
    ]
    assert (at.service.indexes, at.service.aliases) == ({}, {})


def test_storm_that_does_not_end_is_retriable_and_leaves_nothing_shown(at: Scene) -> None:
    engine = at.engine(attempts=3)
    first = at.release(engine, 5)
    engine.publish("i", first)
    at.proxy.rule = lambda r: Status(429) if r.writes else None
    with pytest.raises(Retriable, match="3 times with status 429"):
        at.release(engine, 6, "000002-y", first)
    assert at.service.aliases == {"i": first}
    at.proxy.rule = lambda _: None
    second = at.release(engine, 6, "000002-y", first)
    engine.publish("i", second)
    assert (at.held(second), at.held(first)) == (keys(6), keys(5))
    assert at.service.aliases == {"i": second}


def test_wait_of_hours_is_not_waited_for(at: Scene) -> None:
    at.proxy.rule = lambda _: Status(429, {"Retry-After": "7200"})
    with pytest.raises(Retriable):
        at.release(at.engine(), 1)
    assert at.slept == []


def test_request_that_is_too_large_is_halved(at: Scene) -> None:
    at.service.max_bytes = 20_000
    version = at.release(at.engine(), 100)
    assert at.held(version) == keys(100)
    assert max(at.service.batches) < 60
    at.service.batches.clear()
    at.release(at.engine(batch_bytes=20_000), 100, "000002-y")
    assert at.service.batches
    assert not any(len(r.body) > 20_000 for r in at.proxy.seen[-6:])


def test_document_that_is_too_large_alone_is_a_dead_letter(at: Scene) -> None:
    at.service.max_bytes = 20_000
    rows = [*several(5), Row("huge", "x" * 30_000)]
    with pytest.raises(Fatal, match=r"huge \(413\)"):
        at.release(at.engine(), rows)


def test_answer_that_never_comes_is_asked_for_again(at: Scene) -> None:
    at.proxy.rule = times(2, Never(), lambda r: r.writes)
    version = at.release(at.engine(timeout="200ms"), 5)
    assert at.held(version) == keys(5)


def test_counts_that_lag_are_waited_for_and_losses_are_seen(at: Scene) -> None:
    at.service.lag = 4
    version = at.release(at.engine(), 5)
    assert at.slept[-3:] == [0.25, 0.5, 1.0]
    assert at.held(version) == keys(5)
    # A service that says it took everything, and lost two.
    at.service.lag = 0

    def lose(answer: bytes) -> bytes:
        newest = next(reversed(at.service.indexes.values()))
        for key in list(newest.documents)[:2]:
            del newest.documents[key]
        return answer

    at.proxy.rule = times(1, Edit(lose), lambda r: r.writes)
    with pytest.raises(Retriable, match="holds 3 documents by its own count, and 5"):
        at.release(at.engine(), 5, "000002-y")
    assert list(at.service.indexes) == [version]


def test_making_an_index_whose_answer_is_lost_makes_one(at: Scene) -> None:
    at.proxy.rule = times(1, ResetAfter(), lambda r: r.method == "PUT")
    assert at.release(at.engine(), 2) == "i-v1"
    assert list(at.service.indexes) == ["i-v1"]


def test_index_of_somebody_else_is_neither_written_nor_deleted(at: Scene) -> None:
    at.service.indexes["i-v1"] = FakeIndex({"name": "i-v1", "fields": []})
    engine = at.engine()
    version = at.release(engine, 2)
    assert version.startswith("i-v1-")
    at.clock.advance(timedelta(days=9))
    assert engine.retire("i", [], timedelta(days=1)) == [version]
    assert list(at.service.indexes) == ["i-v1"]


def test_aliases_are_looked_for_in_two_versions(at: Scene) -> None:
    at.service.aliases_for = ("2025-11-01-preview",)
    engine = at.engine()
    version = at.release(engine, 2)
    engine.publish("i", version)
    assert at.service.aliases == {"i": version}
    at.service.aliases_for = ()
    with pytest.raises(ConfigError, match="no aliases"):
        at.release(at.engine(), 2, "000002-y")
    with pytest.raises(ConfigError, match="no aliases"):
        at.engine().publish("i", version)
    assert list(at.service.indexes) == [version]


def test_alias_moves_once_settles_and_is_read_back(at: Scene) -> None:
    engine = at.engine()
    first, second = at.release(engine, 1), at.release(engine, 2, "000002-y")
    engine.publish("i", first)
    assert at.slept == [10.0]
    engine.publish("i", first)
    assert at.slept == [10.0]
    engine.publish("i", second)
    engine.publish("i", first)
    assert at.service.moves == [("i", first), ("i", second), ("i", first)]
    at.proxy.rule = times(
        1, Status(200, body={"name": "i", "indexes": [second]}), lambda r: r.method == "PUT"
    )
    with pytest.raises(Retriable, match="was moved"):
        engine.publish("i", second)


def test_what_an_alias_means_is_never_retired(at: Scene) -> None:
    engine = at.engine()
    first, second = at.release(engine, 1), at.release(engine, 2, "000002-y")
    at.service.aliases = {"own": first}
    at.clock.advance(timedelta(days=9))
    assert engine.retire("i", [], timedelta(days=1)) == [second]
    assert list(at.service.indexes) == [first]
    assert engine.open("i", first).count() == 1


def test_wrong_key_and_lost_index_are_said(at: Scene) -> None:
    engine = at.engine()
    version = at.release(engine, 1)
    with pytest.raises(ConfigError, match="credential"):
        at.engine(key="wrong").open("i", version).count()
    del at.service.indexes[version]
    with pytest.raises(Fatal, match="does not have it"):
        engine.open("i", version).text("fire", 3)
    with pytest.raises(Fatal, match="lies in"):
        at.engine(endpoint=at.service.url).open("i", version)
    assert KEY not in repr(engine._settings)


_WRITER = """
import sys
from freshground.core.clock import SystemClock
from freshground.core.settings import AzureSearch
from indexes.engines import make
from indexes.engines.conformance import SCHEMA
from tests.engines.azure_scene import several
from indexes.engines.conformance import table
root, url, key, update, parent = sys.argv[1:]
settings = AzureSearch(endpoint=url, key=key, settle="0s", batch_rows=10, update=update)
engine = make("azure", root, SCHEMA, SystemClock(), settings=settings)
candidate = engine.begin("i", "000002-y", parent or None)
candidate.upsert(table(several(60)))
engine.publish("i", candidate.finish())
"""


def killed_at(at: Scene, write: int, update: str, parent: str) -> None:
    """Run a writer that is killed when its `write`-th batch has been taken."""
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(at.root / "lake"), at.proxy.url, KEY, update, parent]
    ) as child:
        seen = [0]

        def rule(request: Request) -> Fault | None:
            seen[0] += request.writes
            if seen[0] == write:
                os.kill(child.pid, signal.SIGKILL)
                return ResetAfter()
            return None

        at.proxy.rule = rule
        assert child.wait() == -signal.SIGKILL
    at.proxy.rule = lambda _: None


@pytest.mark.slow
def test_kill_while_writing_leaves_the_old_release(at: Scene) -> None:
    engine = at.engine()
    first = at.release(engine, 5)
    engine.publish("i", first)
    killed_at(at, 3, "side_by_side", first)
    assert at.service.aliases == {"i": first}
    assert set(at.service.indexes) == {first, "i-v2"}
    second = at.release(engine, 60, "000002-y", first)
    engine.publish("i", second)
    assert at.held(second) == keys(60)
    at.clock.advance(timedelta(days=3000))
    assert engine.retire("i", [second], timedelta(days=1)) == [first, "i-v2"]
    assert set(at.service.indexes) == {second}


@pytest.mark.slow
def test_kill_while_applying_in_place_is_mended_by_the_next(at: Scene) -> None:
    engine = at.engine(update="in_place")
    first = at.release(engine, 5)
    engine.publish("i", first)
    killed_at(at, 3, "in_place", first)
    assert 5 < len(at.held(first)) < 60
    # Both are read as they should be, whatever the index holds.
    anew = at.engine(update="in_place")
    assert ids_of(anew.open("i", "i-v2")) == sorted(keys(60))
    assert ids_of(anew.open("i", first)) == sorted(keys(5))
    anew.publish("i", "i-v2")
    assert at.held(first) == keys(60)
    anew.publish("i", first)
    assert at.held(first) == keys(5)


def test_in_place_changes_the_live_index_at_publishing_alone(at: Scene) -> None:
    engine = at.engine(update="in_place")
    first = at.release(engine, 30)
    engine.publish("i", first)
    before = engine.open("i", first)
    candidate = engine.begin("i", "000002-y", first)
    candidate.upsert(table([Row("c0001", "storm"), Row("new", "storm")]))
    candidate.delete(["c0002"])
    second = candidate.finish()
    assert at.held(first) == keys(30)
    wanted = sorted({*keys(30), "new"} - {"c0002"})
    assert ids_of(engine.open("i", second)) == wanted
    at.service.batches.clear()
    engine.publish("i", second)
    assert (at.service.batches, sorted(at.held(first))) == ([3], wanted)
    assert [h.chunk_id for h in engine.open("i", second).text("storm", 9)] == ["c0001", "new"]
    with pytest.raises(Retriable, match="in place"):
        before.count()
    assert engine.open("i", first).text("storm", 9) == []
    # Back again, by what was kept.
    engine.publish("i", first)
    assert at.held(first) == keys(30)
    assert ids_of(engine.open("i", first)) == sorted(keys(30))
    assert at.service.moves == [("i", first)]


def test_versions_in_place_retire_without_losing_the_way_back(at: Scene) -> None:
    engine = at.engine(update="in_place")
    versions = [at.release(engine, 20)]
    engine.publish("i", versions[0])
    for n in range(2, 8):
        at.clock.advance(timedelta(hours=1))
        rows = [Row("c0000", f"storm {n}"), Row(f"n{n}")]
        versions.append(at.release(engine, rows, f"{n:06}-x", versions[-1]))
        engine.publish("i", versions[-1])
        engine.retire("i", versions[-3:], timedelta(minutes=10))
    files = list((at.root / "lake").rglob("versions/*.json"))
    assert len(files) <= 5
    for back in (versions[-3], versions[-1], versions[-2]):
        n = versions.index(back) + 1
        assert engine.open("i", back).count() == 20 + n - 1
        engine.publish("i", back)
        held = at.service.indexes[versions[0]].documents
        assert (len(held), held["c0000"]["text"]) == (20 + n - 1, f"storm {n}")
    with pytest.raises(Fatal):
        engine.open("i", versions[0])
    assert list(at.service.indexes) == [versions[0]]
