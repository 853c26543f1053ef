"""Tables: appended rows stay, whatever is compacted; text of any kind is an id."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freshground.core.clock import ManualClock
from freshground.lake import tables
from freshground.lake.lake import Lake
from freshground.lake.schemas import VECTORS
from freshground.lake.tables import quoted, records
from tests.project import NOON

HOSTILE = [
    "'", "''", "a'b", "\\", "\\'", "--", "/* */", "; DROP TABLE t", "%", "_", "${x}", "{}", "\n",
    "\t", "\x00", "\xe9", "e\u0301", "\U0001d518", "\u202e", "\ufeff", "NULL", "", " ", '"', "`",
    "?", ":x", "$1", "@x",
]  # fmt: skip


def _rows(hashes: list[str], value: float = 1.0) -> pa.Table:
    count = len(hashes)
    return pa.table(
        [["space"] * count, hashes, [[value, 0.0]] * count, ["run"] * count], schema=VECTORS
    )


def _stored(lake: Lake) -> list[str]:
    return sorted(lake.vectors.rows("SELECT embed_hash FROM t").column(0).to_pylist())


def test_appending_nothing_commits_nothing(lake: Lake) -> None:
    lake.vectors.append(_rows(["a"]))
    version = lake.vectors.version
    lake.vectors.append(_rows([]))
    assert lake.vectors.version == version


def test_compaction_keeps_every_row_and_leaves_few_files(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "COMPACT_AFTER", 4)
    wanted = []
    most = 0
    for number in range(14):
        lake.vectors.append(_rows([f"h{number}a", f"h{number}b"], float(number)))
        wanted += [f"h{number}a", f"h{number}b"]
        files = lake.vectors._open().file_uris()
        most = max(most, len(files))
        assert _stored(lake) == sorted(wanted)
    assert most <= 5
    vectors = lake.vectors.rows("SELECT embed_hash, vector FROM t").to_pylist()
    assert {row["embed_hash"]: row["vector"][0] for row in vectors}["h13b"] == 13.0


def test_two_writers_and_a_compaction_lose_no_row(lake: Lake) -> None:
    other = Lake(lake.url, {}, ManualClock(NOON))
    lake.vectors.append(_rows(["first"]))

    def write(number: int) -> None:
        mine = (lake, other)[number % 2]
        Lake(mine.url, {}, ManualClock(NOON)).vectors.append(_rows([f"w{number}"]))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(12)))
        compaction = pool.submit(other.vectors.compact)
        list(pool.map(write, range(12, 16)))
        compaction.result()
    assert _stored(lake) == sorted(["first", *(f"w{n}" for n in range(16))])


def test_times_come_back_aware_and_exact(lake: Lake) -> None:
    at = datetime(2026, 3, 29, 1, 59, 59, 123456, tzinfo=UTC)
    lake.journal.add("run", "kind", "subject", {"n": 1})
    lake.journal.commit()
    table = pa.table({"at": pa.array([at, None], pa.timestamp("us", "UTC")), "n": [1, 2]})
    assert records(table) == [{"at": at, "n": 1}, {"at": None, "n": 2}]
    stored = records(lake.journal.table.rows("SELECT at FROM t"))
    assert stored == [{"at": NOON}]
    assert stored[0]["at"].tzinfo is UTC


def test_hostile_ids_are_found_and_find_nothing_else(lake: Lake) -> None:
    lake.vectors.append(_rows(HOSTILE))
    for name in HOSTILE:
        query = f"SELECT embed_hash FROM t WHERE embed_hash IN ({quoted([name])})"
        assert lake.vectors.rows(query).column(0).to_pylist() == [name]
    query = f"SELECT count(*) AS n FROM t WHERE embed_hash IN ({quoted(HOSTILE)})"
    assert lake.vectors.rows(query).column(0)[0].as_py() == len(HOSTILE)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
def test_any_text_survives_quoting(lake: Lake, text: str) -> None:
    if lake.vectors.version == 0:
        lake.vectors.append(_rows(["row"]))
    query = f"SELECT {quoted([text])} AS it FROM t LIMIT 1"
    assert lake.vectors.rows(query).column(0)[0].as_py() == text
