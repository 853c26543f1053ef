"""The contract of an engine as tests. Subclass `EngineConformance` and say how to make yours.

    class TestMine(EngineConformance):
        def make(self, root, schema, clock): return MyEngine(root, schema, clock)

Every version must open in an engine made anew on the same root. Needs pytest and hypothesis.
"""

# ruff: noqa: D102, PLR2004, S311 - tests: their names and values speak, their chance is seeded
from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshground.core.clock import ManualClock
from freshground.core.errors import ConfigError, Fatal
from freshground.core.ids import digest
from freshground.core.settings import IndexField
from indexes.engines.memory import MemoryEngine
from indexes.filters.parse import parse
from indexes.schema import row_schema

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from indexes.engines.contract import Engine, Hit, Reader

DIMENSIONS = 8
START = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS = {
    "team": IndexField(type="string"),
    "year": IndexField(type="int"),
    "ratio": IndexField(type="float"),
    "draft": IndexField(type="bool"),
    "due": IndexField(type="datetime"),
    "tags": IndexField(type="strings"),
}
SCHEMA = row_schema(DIMENSIONS, FIELDS)
GROUPS = ("claims", "sales", "legal", "o'neil")
_VOCABULARY = (  # noqa: SIM905
    "policy claim insurance fire water damage premium invoice broker vehicle theft storm report "
    "coverage deductible renewal customer contract liability travel"
).split()
_read_only = settings(max_examples=15, deadline=None)


@dataclass
class Row:
    """What a test says of one row; everything else is filled in."""

    chunk_id: str
    text: str = "fire insurance policy"
    vector: np.ndarray | None = None
    groups: tuple[str, ...] = ("*",)
    doc_id: str = "doc"
    ordinal: int = 0
    fields: dict[str, Any] = field(default_factory=dict)


def table(rows: Iterable[Row], schema: pa.Schema = SCHEMA) -> pa.Table:
    """Return rows as an Arrow table. A row without a vector gets one made from its id."""
    width = schema.field("vector").type.list_size
    return pa.Table.from_pylist(
        [
            {
                "chunk_id": row.chunk_id,
                "doc_id": row.doc_id,
                "source_id": "source",
                "key": f"{row.doc_id}.md",
                "uri": f"file:///{row.doc_id}.md",
                "headings": ["Part"],
                "text": row.text,
                "embed_text": row.text,
                "ordinal": row.ordinal,
                "start": 0,
                "end": len(row.text),
                "tokens": 3,
                "stale": False,
                "groups": list(row.groups),
                "metadata": "{}",
                "row_hash": digest(row.chunk_id, row.text),
                "indexed_at": START,
                "vector": unit(row.chunk_id, width) if row.vector is None else row.vector,
                **row.fields,
            }
            for row in rows
        ],
        schema=schema,
    )


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with empty collections for null ones: the contract takes them for the same."""
    lists = [f.name for f in SCHEMA if pa.types.is_list(f.type)]
    return {**row, **{name: row[name] or [] for name in lists}}


def unit(seed: str, width: int = DIMENSIONS) -> np.ndarray:
    """Return a unit vector that depends on the seed alone, float32."""
    vector = np.random.default_rng(int(digest(seed), 16)).normal(size=width)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def random_row(chance: random.Random, chunk_id: str) -> Row:
    """Return a row with text, groups and fields drawn at random, many of them null."""

    def maybe(value: Any) -> Any:
        return None if chance.random() < 0.3 else value

    return Row(
        chunk_id,
        text=" ".join(chance.choices(_VOCABULARY, k=chance.randint(1, 12))),
        vector=unit(f"{chunk_id} {chance.random()}"),
        groups=tuple(chance.sample((*GROUPS, "*"), chance.randint(0, 2))),
        doc_id=f"d{chance.randint(0, 9)}",
        ordinal=chance.randint(0, 50),
        fields={
            "team": maybe(chance.choice(["a", "b", "it's"])),
            "year": maybe(chance.randint(2020, 2026)),
            "ratio": maybe(chance.choice([-1.5, 0.0, -0.0, 2.5])),
            "draft": maybe(chance.random() < 0.5),
            "due": maybe(START + timedelta(days=chance.randint(-5, 5))),
            "tags": maybe(chance.sample(["x", "y", "z"], chance.randint(0, 2))),
        },
    )


def same_ranking(found: list[Hit], expected: list[Hit]) -> bool:
    """Return whether two rankings agree, near-equal scores (1e-5) being free to change places."""
    if len(found) != len(expected):
        return False
    scores = {hit.chunk_id: hit.score for hit in expected}
    last = expected[-1].score if expected else 0.0
    return all(
        abs(hit.score - other.score) < 1e-5
        and abs(scores.get(hit.chunk_id, last) - hit.score) < 1e-5
        for hit, other in zip(found, expected, strict=True)
    )


def ids_of(reader: Reader) -> list[str]:
    """Return all chunk ids of a version, sorted."""
    found: list[str] = []
    for batch in reader.scan(["chunk_id"]):
        found += batch.column("chunk_id").to_pylist()
    return sorted(found)


class EngineConformance:
    """Tests that every engine passes."""

    def make(self, root: str, schema: pa.Schema, clock: ManualClock) -> Engine:
        """Return an engine that keeps its versions under `root`. Overridden by each engine."""
        raise NotImplementedError

    def made_elsewhere(self, engine: Engine) -> str:
        """Return Python that makes the engine in another process; sys.argv[1] is its root."""
        return f"make({engine.name!r}, sys.argv[1], SCHEMA, SystemClock())"

    @pytest.fixture
    def root(self, tmp_path: Path) -> str:
        """Return a folder that is not there yet."""
        return str(tmp_path / "lake")

    @pytest.fixture
    def clock(self) -> ManualClock:
        """Return a clock that stands still."""
        return ManualClock(START)

    @pytest.fixture
    def engine(self, root: str, clock: ManualClock) -> Engine:
        """Return an empty engine."""
        return self.make(root, SCHEMA, clock)

    @pytest.fixture
    def pair(self, engine: Engine, clock: ManualClock) -> tuple[Reader, Reader]:
        """Return readers of engine and oracle after three releases of the same random rows."""
        return self.beside_the_oracle(engine, clock)

    def beside_the_oracle(self, engine: Engine, clock: ManualClock) -> tuple[Reader, Reader]:
        """Release the same random rows in an engine and in the oracle; return both readers."""
        oracle = MemoryEngine(None, SCHEMA, clock)
        readers = []
        for each in (engine, oracle):
            chance = random.Random(7)
            version = None
            for step in range(3):
                candidate = each.begin("i", f"r{step}", version)
                first = range(120) if not step else chance.sample(range(140), 8)
                candidate.upsert(table(random_row(chance, f"c{n:03}") for n in first))
                candidate.delete([f"c{n:03}" for n in chance.sample(range(120), 4)])
                version = candidate.finish()
            assert version is not None
            readers.append(each.open("i", version))
        return readers[0], readers[1]

    def release(self, engine: Engine, rows: Iterable[Row], parent: str | None = None) -> str:
        """Finish a version that holds the parent's rows and these."""
        candidate = engine.begin("i", "r", parent)
        candidate.upsert(table(rows))
        return candidate.finish()

    def test_empty_version_answers_every_question(self, engine: Engine) -> None:
        reader = engine.open("i", engine.begin("i", "r1", None).finish())
        assert reader.count() == 0
        assert reader.vector(unit("q"), 5) == []
        assert reader.text("fire", 5) == []
        assert list(ids_of(reader)) == []
        assert reader.rows(["chunk_id", "team"]).num_rows == 0
        assert reader.rows(["text"], chunk_ids=["x"]).column_names == ["text"]

    def test_single_row_is_found_by_everything(self, engine: Engine) -> None:
        reader = engine.open("i", self.release(engine, [Row("only", "storm over the coast")]))
        assert reader.count() == 1
        (by_vector,) = reader.vector(unit("only"), 10)
        assert by_vector.chunk_id == "only"
        assert by_vector.score == pytest.approx(1.0, abs=1e-5)
        assert [hit.chunk_id for hit in reader.text("storms", 10)] == ["only"]
        assert reader.vector(unit("only"), 0) == []
        assert reader.text("storm", 0) == []

    def test_row_comes_back_as_it_was_written(self, engine: Engine) -> None:
        chance = random.Random(1)
        written = table(random_row(chance, f"c{n}") for n in range(20))
        candidate = engine.begin("i", "r", None)
        candidate.upsert(written.select(list(reversed(SCHEMA.names))))
        reader = engine.open("i", candidate.finish())
        found = reader.rows(SCHEMA.names, chunk_ids=written.column("chunk_id").to_pylist())
        assert [plain(row) for row in found.to_pylist()] == [
            plain(row) for row in written.to_pylist()
        ]

    def test_upsert_replaces_and_delete_removes(self, engine: Engine) -> None:
        first = self.release(engine, [Row("a", "old words"), Row("b"), Row("c")])
        candidate = engine.begin("i", "r2", first)
        candidate.upsert(table([Row("a", "new storm"), Row("d")]))
        candidate.upsert(table([Row("d", "theft")]))
        candidate.delete(["b", "never there"])
        candidate.delete([])
        candidate.upsert(table([]))
        reader = engine.open("i", candidate.finish())
        assert ids_of(reader) == ["a", "c", "d"]
        assert [h.chunk_id for h in reader.text("old", 9)] == []
        assert [h.chunk_id for h in reader.text("storm", 9)] == ["a"]
        assert [h.chunk_id for h in reader.text("theft", 9)] == ["d"]
        assert "b" not in [h.chunk_id for h in reader.vector(unit("b"), 9)]

    def test_unfinished_candidate_is_seen_by_nobody(self, engine: Engine) -> None:
        first = self.release(engine, [Row("a"), Row("b")])
        before = engine.open("i", first)
        candidate = engine.begin("i", "r2", first)
        candidate.upsert(table([Row("c")]))
        candidate.delete(["a"])
        assert ids_of(before) == ids_of(engine.open("i", first)) == ["a", "b"]
        second = candidate.finish()
        assert ids_of(before) == ids_of(engine.open("i", first)) == ["a", "b"]
        assert ids_of(engine.open("i", second)) == ["b", "c"]

    def test_candidates_of_one_parent_do_not_meet(self, engine: Engine) -> None:
        base = [Row(f"base{n:03}") for n in range(100)]
        first = self.release(engine, base)
        one, two = engine.begin("i", "same", first), engine.begin("i", "same", first)
        one.upsert(table([Row("one"), Row("base000", "storm")]))
        two.upsert(table([Row("two")]))
        two.delete(["base001"])
        names = {row.chunk_id for row in base}
        reader_one, reader_two = engine.open("i", one.finish()), engine.open("i", two.finish())
        assert set(ids_of(reader_one)) == names | {"one"}
        assert set(ids_of(reader_two)) == (names | {"two"}) - {"base001"}
        assert [h.chunk_id for h in reader_one.text("storm", 5)] == ["base000"]
        assert reader_two.text("storm", 5) == []

    def test_indexes_do_not_meet(self, engine: Engine) -> None:
        version = self.release(engine, [Row("a")])
        other = engine.begin("other", "r", None)
        other.upsert(table([Row("b")]))
        assert ids_of(engine.open("other", other.finish())) == ["b"]
        with pytest.raises(Fatal):
            engine.open("other", version)

    def test_abandoned_candidate_leaves_the_parent(self, engine: Engine) -> None:
        first = self.release(engine, [Row("a")])
        for parent in (None, first):
            candidate = engine.begin("i", "r2", parent)
            candidate.upsert(table([Row("b")]))
            candidate.abandon()
            candidate.abandon()
            with pytest.raises(Fatal):
                candidate.upsert(table([Row("c")]))
            with pytest.raises(Fatal):
                candidate.finish()
        assert ids_of(engine.open("i", first)) == ["a"]

    def test_finished_candidate_is_closed_and_abandoning_it_keeps_it(self, engine: Engine) -> None:
        candidate = engine.begin("i", "r", None)
        candidate.upsert(table([Row("a")]))
        version = candidate.finish()
        candidate.abandon()
        with pytest.raises(Fatal):
            candidate.delete(["a"])
        assert ids_of(engine.open("i", version)) == ["a"]

    def test_rows_that_do_not_fit_are_refused_whole(self, engine: Engine) -> None:
        candidate = engine.begin("i", "r", None)
        candidate.upsert(table([Row("a")]))
        wider = row_schema(DIMENSIONS + 1, FIELDS)
        nan = unit("x").copy()
        nan[0] = np.nan
        with pytest.raises(Fatal):
            candidate.upsert(table([Row("b"), Row("b", "twice")]))
        with pytest.raises(Fatal):
            candidate.upsert(table([Row("b"), Row("c", vector=nan)]))
        with pytest.raises(Fatal):
            candidate.upsert(table([Row("b", vector=np.zeros(DIMENSIONS, np.float32))]))
        with pytest.raises(Fatal):
            candidate.upsert(table([Row("b", fields={"row_hash": None})]))
        with pytest.raises(ConfigError):
            candidate.upsert(table([Row("b")], wider))
        with pytest.raises(ConfigError):
            candidate.upsert(table([Row("b")]).drop_columns(["team"]))
        assert ids_of(engine.open("i", candidate.finish())) == ["a"]

    def test_query_vectors_that_do_not_fit_are_refused(self, engine: Engine) -> None:
        reader = engine.open("i", self.release(engine, [Row("a")]))
        for query in (unit("q", 7), np.zeros(DIMENSIONS), np.full(DIMENSIONS, np.inf)):
            with pytest.raises(ConfigError):
                reader.vector(query, 3)

    def test_parent_of_another_schema_is_refused(
        self, root: str, clock: ManualClock, engine: Engine
    ) -> None:
        version = self.release(engine, [Row("a")])
        changed = self.make(root, row_schema(DIMENSIONS, {"extra": IndexField()}), clock)
        with pytest.raises(ConfigError):
            changed.begin("i", "r2", version)
        assert changed.open("i", version).schema.names == SCHEMA.names

    def test_version_opens_in_an_engine_made_anew(
        self, root: str, clock: ManualClock, engine: Engine
    ) -> None:
        first = self.release(engine, [Row(f"a{n:03}") for n in range(60)])
        second = self.release(engine, [Row("b", "storm")], first)
        anew = self.make(root, SCHEMA, clock)
        assert len(ids_of(anew.open("i", first))) == 60
        assert [h.chunk_id for h in anew.open("i", second).text("storm", 3)] == ["b"]
        third = self.release(anew, [Row("c")], second)
        assert len(ids_of(engine.open("i", third))) == 62

    @pytest.mark.slow
    def test_version_opens_in_another_process(self, root: str, engine: Engine) -> None:
        first = self.release(engine, [Row(f"a{n:03}") for n in range(60)])
        version = self.release(engine, [Row("b", "storm")], first)
        code = (
            "import sys\n"
            "from freshground.core.clock import SystemClock\n"
            "from indexes.engines import make\n"
            "from indexes.engines.conformance import SCHEMA, ids_of\n"
            f"engine = {self.made_elsewhere(engine)}\n"
            "reader = engine.open('i', sys.argv[2])\n"
            "print(len(ids_of(reader)), reader.text('storm', 3)[0].chunk_id)\n"
        )
        ran = subprocess.run(  # noqa: S603
            [sys.executable, "-c", code, root, version], capture_output=True, text=True, check=False
        )
        assert (ran.returncode, ran.stdout.split()) == (0, ["61", "b"]), ran.stderr

    @pytest.mark.parametrize("version", ["", "nope", "../../x", "c-1/main@1"])
    def test_unknown_version_is_fatal(self, engine: Engine, version: str) -> None:
        self.release(engine, [Row("a")])
        for use in (engine.open, lambda i, v: engine.begin(i, "r", v)):
            with pytest.raises(Fatal):
                use("i", version)

    def test_vector_order_equals_the_oracle(self, pair: tuple[Reader, Reader]) -> None:
        reader, oracle = pair
        assert ids_of(reader) == ids_of(oracle)
        for n in range(15):
            query, k = unit(f"q{n}") * 3, (1, 5, 300)[n % 3]
            for exact in (True, False):
                assert same_ranking(reader.vector(query, k, exact=exact), oracle.vector(query, k))

    def test_text_matches_equal_the_oracle(self, pair: tuple[Reader, Reader]) -> None:
        reader, oracle = pair
        chance = random.Random(3)
        queries = [" ".join(chance.sample(_VOCABULARY, n)) for n in (1, 1, 1, 2, 2, 3, 5)]
        for query in (*queries, "claims", "Insured POLICIES!", "the of and", "unheard", "fire."):
            found, expected = reader.text(query, 500), oracle.text(query, 500)
            assert {h.chunk_id for h in found} == {h.chunk_id for h in expected}, query
            assert found == sorted(found, key=lambda h: (-h.score, h.chunk_id))

    def test_access_is_trimmed_before_ranking(self, pair: tuple[Reader, Reader]) -> None:
        reader, oracle = pair
        everything = oracle.rows(["chunk_id", "groups"]).to_pylist()

        @given(groups=st.frozensets(st.sampled_from([*GROUPS, "*", "x') OR (1=1", ""])))
        @_read_only
        def trimmed(groups: frozenset[str]) -> None:
            allowed = {r["chunk_id"] for r in everything if set(r["groups"]) & (groups | {"*"})}
            assert 0 < len(allowed) < len(everything)
            assert reader.count(None, groups) == len(allowed)
            found = reader.rows(["chunk_id"], groups=groups).column("chunk_id").to_pylist()
            assert set(found) == allowed
            hits = reader.vector(unit("q"), len(allowed), None, groups)
            assert {hit.chunk_id for hit in hits} == allowed
            assert len(reader.vector(unit("q"), 3, None, groups)) == min(3, len(allowed))
            matching = {hit.chunk_id for hit in oracle.text("fire policy", 500)} & allowed
            assert {h.chunk_id for h in reader.text("fire policy", 500, None, groups)} == matching

        trimmed()

    def test_row_without_groups_is_served_to_nobody_but_the_owner(self, engine: Engine) -> None:
        rows = [Row("none", groups=()), Row("all"), Row("legal", groups=("legal",))]
        reader = engine.open("i", self.release(engine, rows))
        assert reader.count() == len(rows)
        seen = {
            groups: reader.rows(["chunk_id"], groups=frozenset(groups)).column(0).to_pylist()
            for groups in ((), ("legal",), ("*",))
        }
        assert seen == {(): ["all"], ("legal",): ["all", "legal"], ("*",): ["all"]}

    @pytest.mark.parametrize(
        "text",
        [
            "team eq 'it''s'",
            "team ne 'a'",
            "not (team eq 'a')",
            "year gt 2022 and (draft or ratio le 0)",
            "ratio eq 0",
            "due ge 2026-01-01T00:00:00Z",
            "tags/any(t: t eq 'x' or search.in(t, 'y'))",
            "tags/all(t: t ne 'x')",
            "not tags/any()",
            "team eq null or year ne null",
            "search.in(team, 'a|it''s', '|')",
        ],
    )
    def test_filters_equal_the_oracle(self, pair: tuple[Reader, Reader], text: str) -> None:
        reader, oracle = pair
        where = parse(text, SCHEMA, FIELDS)
        total = oracle.count(where)
        assert 0 < total < oracle.count()
        assert reader.count(where) == total
        assert reader.rows(["chunk_id"], where=where) == oracle.rows(["chunk_id"], where=where)
        assert same_ranking(reader.vector(unit("q"), 7, where), oracle.vector(unit("q"), 7, where))
        groups = frozenset({"legal"})
        found, expected = (each.text("fire policy", 500, where, groups) for each in pair)
        assert {h.chunk_id for h in found} == {h.chunk_id for h in expected}

    def test_rows_are_chosen_and_ordered(self, pair: tuple[Reader, Reader]) -> None:
        reader, oracle = pair
        some = ["c100", "nope", "c005", "c119", "c005", "c050"]
        for each in pair:
            found = each.rows(["text", "chunk_id"], chunk_ids=some)
            kept = [i for i in dict.fromkeys(some) if i in set(ids_of(oracle))]
            assert found.column("chunk_id").to_pylist() == kept
            assert found.column_names == ["text", "chunk_id"]
        assert reader.rows(["uri"], doc_ids=["d3", "d1"]) == oracle.rows(
            ["uri"], doc_ids=["d3", "d1"]
        )
        assert reader.rows(["uri"], chunk_ids=[]).num_rows == 0
        assert reader.rows(["text"]) == oracle.rows(["text"])
        found, expected = (
            each.rows(["chunk_id"], chunk_ids=ids_of(oracle), doc_ids=["d3"]) for each in pair
        )
        assert found == expected
        assert 0 < found.num_rows < oracle.count()
        with pytest.raises(ConfigError):
            reader.rows(["nope"])

    def test_equal_scores_are_ordered_by_id(self, engine: Engine) -> None:
        same = unit("same")
        rows = [Row(f"t{n:02}", vector=same) for n in range(40)]
        random.Random(5).shuffle(rows)
        first = self.release(engine, [*rows, *(Row(f"o{n:03}", "storm") for n in range(60))])
        second = self.release(engine, [Row("t005", vector=same)], first)
        reader = engine.open("i", second)
        expected = sorted([*(f"t{n:02}" for n in range(40)), "t005"])
        for k in (1, 7, 41):
            assert [hit.chunk_id for hit in reader.vector(same, k)] == expected[:k]
            assert [hit.chunk_id for hit in reader.text("fire", k)][:k] == [
                hit.chunk_id for hit in reader.text("fire", 500)
            ][:k]

    def test_everything_deleted_then_written_again(self, engine: Engine) -> None:
        rows = [Row(f"c{n:03}") for n in range(50)]
        first = self.release(engine, rows)
        candidate = engine.begin("i", "r2", first)
        candidate.delete([row.chunk_id for row in rows])
        second = candidate.finish()
        empty = engine.open("i", second)
        assert (empty.count(), empty.text("fire", 5), empty.vector(unit("q"), 5)) == (0, [], [])
        third = self.release(engine, rows[:3], second)
        reader = engine.open("i", third)
        assert ids_of(reader) == ["c000", "c001", "c002"]
        assert [h.chunk_id for h in reader.text("fire", 5)] == ["c000", "c001", "c002"]

    def test_any_script_is_kept_and_found(self, engine: Engine) -> None:
        texts = {
            "ü'; --": "Größe der Versicherung",
            "日本": "保険 契約",
            "emoji 🧯": "fire 🧯 extinguisher\nwith\ttabs",
            "rtl": "تأمين الحريق",
            "quote\"'\\": "back\\slash and 'quotes' \"here\"",
        }
        rows = [Row(i, text, fields={"team": i}, doc_id=i) for i, text in texts.items()]
        reader = engine.open("i", self.release(engine, rows))
        for chunk_id, text in texts.items():
            (row,) = reader.rows(["text"], chunk_ids=[chunk_id]).to_pylist()
            assert row == {"text": text}
            where = parse("team eq '" + chunk_id.replace("'", "''") + "'", SCHEMA, FIELDS)
            (found,) = reader.rows(["chunk_id"], where=where, doc_ids=[chunk_id]).to_pylist()
            assert found == {"chunk_id": chunk_id}
        for query, chunk_id in (("größe", "ü'; --"), ("契約", "日本"), ("الحريق", "rtl")):
            assert [h.chunk_id for h in reader.text(query, 3)] == [chunk_id]

    def test_no_text_is_a_syntax_error(self, pair: tuple[Reader, Reader]) -> None:
        reader, _ = pair

        @given(query=st.text(max_size=40))
        @_read_only
        def found(query: str) -> None:
            for text in (query, f"fire {query}", f'"{query}" AND NOT (fire^2 ~ *'):
                reader.text(text, 5)
            assert reader.text(f"\ud800 {query} \x00 fire", 500)

        found()

    def test_retirement_takes_what_is_old_and_not_kept(
        self, root: str, clock: ManualClock, engine: Engine
    ) -> None:
        versions = [self.release(engine, [Row(f"b{n:03}") for n in range(100)])]
        for n in range(4):
            clock.advance(timedelta(hours=1))
            versions.append(self.release(engine, [Row(f"n{n}")], versions[-1]))
        progress = engine.begin("i", "young", versions[-1])
        progress.upsert(table([Row("young")]))
        held = engine.open("i", versions[-1])
        clock.advance(timedelta(minutes=1))
        assert engine.retire("i", [versions[-1]], timedelta(hours=2, minutes=30))
        with pytest.raises(Fatal):
            self.make(root, SCHEMA, clock).open("i", versions[1])
        for n, version in enumerate(versions[2:]):
            assert engine.open("i", version).count() == 102 + n
        assert ids_of(engine.open("i", progress.finish()))[-1] == "young"
        clock.advance(timedelta(days=30))
        engine.retire("i", [versions[-1]], timedelta(hours=1))
        with pytest.raises(Fatal):
            self.make(root, SCHEMA, clock).open("i", versions[-2])
        assert held.text("fire", 500) == engine.open("i", versions[-1]).text("fire", 500)
        assert held.count() == 104
        assert engine.retire("i", [versions[-1]], timedelta(hours=1)) == []
        assert engine.retire("never", [], timedelta(0)) == []

    def test_retirement_takes_unfinished_candidates(
        self, clock: ManualClock, engine: Engine
    ) -> None:
        version = self.release(engine, [Row(f"b{n:03}") for n in range(100)])
        for parent in (None, version):
            engine.begin("i", "lost", parent).upsert(table([Row("lost")]))
        clock.advance(timedelta(days=2))
        engine.retire("i", [version], timedelta(days=1))
        assert engine.open("i", version).count() == 100
        assert engine.retire("i", [version], timedelta(days=1)) == []

    @pytest.mark.parametrize("steps", [12, pytest.param(60, marks=pytest.mark.slow)])
    def test_chain_of_releases_equals_a_dictionary(
        self, engine: Engine, clock: ManualClock, steps: int
    ) -> None:
        chance = random.Random(steps)
        model = {f"c{n:04}": random_row(chance, f"c{n:04}") for n in range(150)}
        version = self.release(engine, model.values())
        kept = [(version, dict(model))]
        for step in range(steps):
            clock.advance(timedelta(hours=1))
            candidate = engine.begin("i", f"r{step}", version)
            for _ in range(chance.randint(1, 3)):
                ids = [*chance.sample(sorted(model), 3), f"n{chance.randint(0, 400):04}"]
                changed = {i: random_row(chance, i) for i in dict.fromkeys(ids)}
                candidate.upsert(table(changed.values()))
                model.update(changed)
                gone = chance.sample(sorted(model), chance.choice([0, 2, 2, 60]))
                candidate.delete(gone)
                model = {i: row for i, row in model.items() if i not in set(gone)}
                if len(model) < 100:
                    more = {f"m{n}{step}": random_row(chance, f"m{n}{step}") for n in range(80)}
                    candidate.upsert(table(more.values()))
                    model.update(more)
            version = candidate.finish()
            kept = [*kept[-4:], (version, dict(model))]
            engine.retire("i", [v for v, _ in kept], timedelta(hours=2))
        for version, rows in kept:
            reader = engine.open("i", version)
            found = reader.rows(["chunk_id", "text"]).to_pylist()
            assert {r["chunk_id"]: r["text"] for r in found} == {i: r.text for i, r in rows.items()}
            with_fire = {i for i, row in rows.items() if "fire" in row.text.split()}
            assert {h.chunk_id for h in reader.text("fire", 999)} == with_fire
            assert len(reader.vector(unit("q"), 999)) == len(rows)
