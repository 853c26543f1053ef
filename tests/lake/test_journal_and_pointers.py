"""The journal is one commit a run; of many publishers of one generation exactly one wins."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from freshground.core.clock import ManualClock
from freshground.core.errors import ConfigError, Fatal
from freshground.core.ids import content_hash
from freshground.lake.lake import Lake
from tests.project import NOON


def _move(lake: Lake, release: int, seen=None):
    return lake.pointers.swap(
        seen,
        {
            "index": "docs",
            "release": release,
            "candidate": f"c{release}",
            "action": "publish",
            "at": "2026-11-20T12:00:00Z",
            "by": "tester",
        },
    )


def test_rows_of_a_run_are_one_commit_and_readable_before(lake: Lake) -> None:
    before = lake.journal.table.version
    for number in range(5):
        lake.clock.advance(timedelta(seconds=1))
        lake.journal.add("run1", "check" if number % 2 else "stage", "docs", {"n": number})
    assert [e.body["n"] for e in lake.journal.entries("check", "stage")] == [0, 1, 2, 3, 4]
    assert lake.journal.latest("stage")["docs"].body == {"n": 4}
    assert lake.journal.table.version == before
    lake.journal.commit()
    lake.journal.commit()
    assert lake.journal.table.version == before + 1
    other = Lake(lake.url, {}, ManualClock(NOON)).journal
    assert [e.body["n"] for e in other.entries("check", "stage")] == [0, 1, 2, 3, 4]
    assert [e.body["n"] for e in other.entries("check", subject="docs", run_id="run1")] == [1, 3]
    assert other.entries("check", subject="it's") == []
    assert other.latest("stage")["docs"].body == {"n": 4}


def test_pointers_start_empty_and_move_on(lake: Lake) -> None:
    assert lake.pointers.live("docs") is None
    first = _move(lake, 1)
    second = _move(lake, 2, first)
    assert (second.generation, second.release) == (2, 2)
    assert lake.pointers.live("docs") == second
    assert Lake(lake.url, {}, ManualClock(NOON)).pointers.history("docs") == [first, second]
    assert _move(lake, 3, first) is None, "a stale writer loses"
    assert lake.pointers.live("docs") == second
    assert lake.pointers.live("other") is None


def test_of_many_publishers_exactly_one_wins(lake: Lake) -> None:
    lakes = [Lake(lake.url, {}, ManualClock(NOON)) for _ in range(8)]
    seen = None
    for generation in range(1, 11):
        with ThreadPoolExecutor(8) as pool:
            won = [
                pointer
                for pointer in pool.map(lambda n: _move(lakes[n], n, seen), range(8))  # noqa: B023
                if pointer is not None
            ]
        assert len(won) == 1
        assert won[0].generation == generation
        seen = lake.pointers.live("docs")
        assert seen == won[0]
    assert [p.generation for p in lake.pointers.history("docs")] == list(range(1, 11))


def test_more_generations_than_nine_keep_their_order(lake: Lake) -> None:
    seen = None
    for release in range(1, 13):
        seen = _move(lake, release, seen)
    assert lake.pointers.live("docs").release == 12


def test_blobs_are_kept_once_and_damage_is_noticed(lake: Lake) -> None:
    digest = lake.blobs.put(b"a policy")
    assert digest == content_hash(b"a policy") == lake.blobs.put(b"a policy")
    assert lake.blobs.get(digest) == b"a policy"
    place = Path(lake.url) / lake.blobs.path(digest)
    place.write_bytes(b"a polic?")
    with pytest.raises(Fatal, match="is damaged in the lake"):
        lake.blobs.get(digest)
    place.unlink()
    with pytest.raises(Fatal, match="is missing from the lake"):
        lake.blobs.get(digest)
    with pytest.raises(Fatal):
        lake.blobs.get(content_hash(b"never kept"))
    assert lake.blobs.get(lake.blobs.put(b"")) == b""


def test_files_are_put_only_if_absent(lake: Lake) -> None:
    assert lake.files.put_new("a/b.txt", b"1")
    assert not lake.files.put_new("a/b.txt", b"2")
    assert lake.files.get("a/b.txt") == b"1"
    lake.files.put("a/b.txt", b"3")
    assert lake.files.get("a/b.txt") == b"3"
    assert lake.files.list("a") == ["a/b.txt"]
    assert lake.files.has("a/b.txt")
    lake.files.delete(["a/b.txt", "a/none"])
    assert not lake.files.has("a/b.txt")
    assert lake.files.get("a/b.txt") is None
    assert lake.files.list("nowhere") == []


def test_a_lake_is_refused_where_none_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="cannot be"):
        Lake(str(tmp_path / "file" / "lake"), {}, ManualClock(NOON))


@pytest.mark.parametrize(
    ("mark", "error"), [({"format": 0}, Fatal), ({"format": "x"}, ConfigError)]
)
def test_marks_of_other_lakes_are_refused(tmp_path: Path, mark: dict, error: type) -> None:
    (tmp_path / "lake.json").write_text(json.dumps(mark))
    with pytest.raises(error):
        Lake(str(tmp_path), {}, ManualClock(NOON))
